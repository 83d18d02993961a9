import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from portal.cli import without_settings
from tests.replies.mails import mail


def read(*arguments: str | Path) -> list[dict[str, Any]]:
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


def test_people_and_job_roles_are_told_with_the_words_they_came_from(tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(mail("Ana: Vertrieb"))

    [line] = read(file, "--asked", "Ana Silva <ana@maple.example>")

    [person] = line["people"]
    assert (person["name"], person["email"], person["words"]) == (
        "Ana Silva",
        "ana@maple.example",
        "Ana: Vertrieb",
    )
    assert [(role["key"], role["words"]) for role in person["job_roles"]] == [("sales_rep", "Vertrieb")]


def test_our_own_mail_tells_what_is_quoted(tmp_path: Path) -> None:
    ours = "We are preparing access to your account. Who will use it, and what does the work involve?"
    sent, answer = tmp_path / "sent.eml", tmp_path / "answer.eml"
    sent.write_bytes(mail(ours, Message_ID="<ours@portal.example>"))
    answer.write_bytes(mail(f"Ana does.\n\n{ours}"))

    [line] = read(answer, "--sent", sent)

    assert (line["answer"], line["rest"], line["cut_by"]) == ("Ana does.", ours, "own_text")
