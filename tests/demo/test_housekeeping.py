from pathlib import Path

import click
import pytest

from portal.config import is_loopback
from portal.demo.housekeeping import DemoFolder


@pytest.fixture
def home(tmp_path: Path) -> DemoFolder:
    return DemoFolder(tmp_path / "demo", 8000, 8001, 8002)


def test_one_folder_is_held_by_one_demo(home: DemoFolder) -> None:
    with home.alone(), pytest.raises(click.ClickException) as error, home.alone():
        pass

    assert error.value.message == (
        f"A demo is running already in {home.folder}. Stop it first, with Ctrl-C where it runs."
    )


def test_the_folder_is_free_again_after_a_demo(home: DemoFolder) -> None:
    with home.alone():
        pass
    with home.alone():
        assert home.is_new()


def test_keys_are_made_once_and_kept(home: DemoFolder) -> None:
    first = home.environment()["PORTAL_SECRET_KEY"]

    assert home.environment()["PORTAL_SECRET_KEY"] == first
    assert oct((home.folder / "secrets.json").stat().st_mode & 0o777) == "0o600"


def test_everything_the_demo_reaches_is_on_this_machine(home: DemoFolder) -> None:
    settings = home.environment()

    assert settings["PORTAL_MODE"] == "demo"
    assert is_loopback(settings["PORTAL_SMTP_HOST"])
    assert settings["PORTAL_HUBSPOT_URL"].startswith("http://127.0.0.1:")


def test_a_half_filled_demo_is_cleared_and_keeps_its_keys(home: DemoFolder) -> None:
    key = home.environment()["PORTAL_SECRET_KEY"]
    (home.folder / "portal.db-wal").touch()
    home.forget_half_filled()

    assert not (home.folder / "portal.db-wal").exists()
    assert home.environment()["PORTAL_SECRET_KEY"] == key
