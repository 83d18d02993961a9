"""``python -m portal.demo.emulator --port N --database FILE``."""

from portal.demo.emulator.commands import emulator_command

emulator_command()
