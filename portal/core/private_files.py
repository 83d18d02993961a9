"""Files that only the portal's own user may read: they hold clients' data."""

from contextlib import suppress
from pathlib import Path
from typing import Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600
_SQLITE: Final = "sqlite:///"


def make_folder(folder: Path) -> None:
    """Make the data folder, or close one that is ours and stood open to others."""
    folder.mkdir(parents=True, exist_ok=True)
    _close(folder, _FOLDER)


def make_database_file(url: str) -> None:
    """Make the file of a SQLite database before SQLite does; its journals take over who may read it."""
    name = url.partition("?")[0].removeprefix(_SQLITE)
    if url.startswith(_SQLITE) and name and name != ":memory:":
        make_file(Path(name))


def make_file(file: Path) -> None:
    """Make an empty file, or close one that is there, to everybody else."""
    file.touch(_FILE)
    _close(file, _FILE)


def _close(path: Path, mode: int) -> None:
    with suppress(PermissionError):  # it belongs to another user, who decides
        path.chmod(mode)
