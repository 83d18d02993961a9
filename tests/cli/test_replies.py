import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from portal.cli import without_settings
from portal.replies import children
from tests.replies.mails import mail


@pytest.fixture(autouse=True)
def _children() -> Iterator[None]:
    yield
    children.end_all()


def read(*arguments: str | Path) -> list[dict[str, object]]:
    ran = CliRunner().invoke(without_settings("").cli, ["read-reply", *map(str, arguments)])
    assert ran.exit_code == 0, ran.output
    return [json.loads(line) for line in ran.output.splitlines()]


def test_each_mail_becomes_a_line(tmp_path: Path) -> None:
    files = [tmp_path / "one.eml", tmp_path / "two.eml"]
    files[0].write_bytes(mail("Sales, please.\n\nOn 1 March 2027, Tom wrote:\n> Who is Ana?\n"))
    files[1].write_bytes(b"\x00")

    one, two = read(*files)

    assert (one["file"], one["verdict"], one["answer"]) == (str(files[0]), "answer", "Sales, please.")
    assert (two["verdict"], two["why"], two["answer"]) == ("unreadable", "broken", "")
