from pathlib import Path

from portal.core import private_files


def mode(path: Path) -> str:
    return f"{path.stat().st_mode & 0o777:o}"


def test_the_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"

    private_files.make_folder(folder)

    assert mode(folder) == "700"


def test_a_database_is_closed_to_others_also_where_it_stood_open(tmp_path: Path) -> None:
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    old.write_bytes(b"data")
    old.chmod(0o644)

    for file in (new, old):
        private_files.make_database_file(f"sqlite:///{file}")

    assert (mode(new), mode(old), old.read_bytes()) == ("600", "600", b"data")


def test_other_databases_have_no_file(tmp_path: Path) -> None:
    for url in ("postgresql://localhost/portal", "sqlite://", "sqlite:///:memory:", "memory://"):
        private_files.make_database_file(url)

    assert list(tmp_path.iterdir()) == []
