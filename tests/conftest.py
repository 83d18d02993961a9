"""What every test stands on: one portal a process, an empty database a test, two agencies."""

import pytest

# Each after those it imports from, so that pytest can rewrite the asserts of all of them.
pytest_plugins = [
    "tests.fixtures.postgres",
    "tests.fixtures.databases",
    "tests.fixtures.lock_order",
    "tests.fixtures.portal",
    "tests.fixtures.emulator",
    "tests.fixtures.crm_account",
    "tests.fixtures.smtp",
    "tests.fixtures.dns",
    "tests.fixtures.mailbox",
    "tests.fixtures.tokens",
    "tests.fixtures.dovecot",
    "tests.fixtures.certificates",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the whole suite run on either database."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")
