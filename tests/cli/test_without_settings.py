import pytest
from click.testing import CliRunner
from flask import Flask

from portal.cli import without_settings


@pytest.fixture
def unsettled() -> Flask:
    return without_settings("PORTAL_SECRET_KEY is missing")


def test_a_key_can_be_made_before_there_are_settings(unsettled: Flask) -> None:
    made = CliRunner().invoke(unsettled.cli, ["make-key"])

    assert (made.exit_code, len(made.output)) == (0, 45)


@pytest.mark.parametrize("command", [["worker", "--workers", "3"], ["db", "upgrade"], ["create-owner"]])
def test_every_other_command_says_which_settings_are_missing(unsettled: Flask, command: list[str]) -> None:
    refused = CliRunner().invoke(unsettled.cli, command)

    assert (refused.exit_code, refused.output) == (1, "Error: PORTAL_SECRET_KEY is missing\n")
