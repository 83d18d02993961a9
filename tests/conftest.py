"""What every test stands on: one portal a process, an empty database a test, two agencies."""

pytest_plugins = ["tests.fixtures.portal", "tests.fixtures.emulator", "tests.fixtures.smtp"]
