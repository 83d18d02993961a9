import pytest

from portal.core.email_addresses import Doubt
from portal.replies import limits, reader
from portal.replies.facts import Attachment, FoundList, JobRoleWords, ListProblem, Unpacked
from portal.replies.lists import read_list
from portal.replies.roles import RoleFinder
from tests.factories import lists

JOB_ROLES = (JobRoleWords("sales_rep", ("Sales",)), JobRoleWords("marketer", ("Marketing",)))


def found_in(content: str | bytes, name: str = "people.csv") -> FoundList:
    """Read a list here, without a child."""
    data = content.encode() if isinstance(content, str) else content
    return read_list(Attachment(name, "text/csv", data), RoleFinder(JOB_ROLES))


def people_in(content: str | bytes, name: str = "people.csv") -> list[tuple[str, str, str, str]]:
    return [
        (one.first_name, one.last_name, one.email, one.job_role.key if one.job_role else "")
        for one in found_in(content, name).people
    ]


def opened(content: bytes, name: str = "people.xlsx") -> FoundList:
    """Read a list as the portal does."""
    mail = Unpacked(attachments=(Attachment(name, "application/octet-stream", content),))
    [found] = reader.read_lists(mail, JOB_ROLES)
    return found


@pytest.mark.parametrize(
    "content",
    [
        "First name,Last name,Email,Job role\nJörg,Müller,jorg@maple.example,Sales rep\n",
        "Prénom;Nom;Courriel;Fonction\nJörg;Müller;jorg@maple.example;Commercial\n",
        "Voornaam\tAchternaam\tE-mailadres\tFunctie\nJörg\tMüller\tjorg@maple.example\tverkoop\n",
        "Name;Vorname;E-Mail-Adresse;Rolle\nMüller;Jörg;Jorg@maple.example;Vertrieb\n",
        "NOMBRE|APELLIDOS|CORREO ELECTRÓNICO|PUESTO\nJörg|Müller|jorg@maple.example|ventas\n",
    ],
)
def test_columns_are_found_by_what_they_are_called_in_five_languages(content: str) -> None:
    assert people_in(content) == [("Jörg", "Müller", "jorg@maple.example", "sales_rep")]


def test_a_whole_name_is_taken_apart_and_turned_round_at_its_comma() -> None:
    rows = 'Full name,Mail\nAna Silva Reyes,ana@maple.example\n"Ode, Ben",ben@maple.example\n'

    assert people_in(rows) == [
        ("Ana", "Silva Reyes", "ana@maple.example", ""),
        ("Ben", "Ode", "ben@maple.example", ""),
    ]


def test_a_job_role_that_nobody_knows_is_kept_in_their_words() -> None:
    [one] = found_in("Name,Email,Job title\nAna,ana@maple.example,Purchasing\n").people

    assert (one.job_role, one.wanted) == (None, "Purchasing")


def test_without_headings_what_a_column_holds_says_what_it_is() -> None:
    rows = "1,ben@maple.example,Ben,Ode,marketing\n2,ana@maple.example,Ana,Silva,sales\n"

    assert people_in(rows) == [
        ("Ben", "Ode", "ben@maple.example", "marketer"),
        ("Ana", "Silva", "ana@maple.example", "sales_rep"),
    ]


def test_a_title_above_the_headings_does_not_matter() -> None:
    assert people_in("Access 2026,\n,\nName,Email\nAna,ana@maple.example\n") == [
        ("Ana", "", "ana@maple.example", "")
    ]


def test_a_column_that_is_called_addresses_and_holds_none_is_not_taken_for_one() -> None:
    rows = "Name,Mail,Login\nAna,yes,ana@maple.example\n"

    assert people_in(rows) == [("Ana", "", "ana@maple.example", "")]


def test_whoever_has_no_address_counts_below_the_heading_of_a_name_and_an_address_counts_once() -> None:
    rows = "Name,Email\nAna,\nBen,ben@maple.example\nBen again,BEN@maple.example\n,\n"

    assert [(one.first_name, one.email, one.row) for one in found_in(rows).people] == [
        ("Ana", "", 2),
        ("Ben", "ben@maple.example", 3),
    ]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_is_read_in_whatever_charset_it_was_saved(charset: str) -> None:
    rows = "Name;Email\nZoë;zoe@maple.example\n"

    assert people_in(rows.encode(charset)) == [("Zoë", "", "zoe@maple.example", "")]


def test_the_sheets_of_a_workbook_are_read_but_not_the_hidden_ones() -> None:
    heads = ["Name", "Email", "Role"]
    book = lists.with_hidden_sheet(
        North=[heads, ["Ana", "ana@maple.example", "sales"]],
        South=[[], heads, ["Ben", "ben@maple.example", "marketing"]],
        Old=[heads, ["Eve", "eve@maple.example", "sales"]],
    )

    found = found_in(book, "people.xlsx")
    assert [(one.email, one.sheet, one.row) for one in found.people] == [
        ("ana@maple.example", "North", 2),
        ("ben@maple.example", "South", 3),
    ]


def test_a_formula_is_not_worked_out_and_text_that_is_one_is_left_out() -> None:
    book = lists.workbook(
        People=[["Name", "Email"], ['=HYPERLINK("http://evil.example")', "ana@maple.example"]]
    )
    text = 'Name,Email\n"=cmd|calc",ana@maple.example\n'

    expected = [("", "", "ana@maple.example", "")]
    assert (people_in(book, "people.xlsx"), people_in(text)) == (expected, expected)


def test_signs_that_nobody_sees_are_left_out_and_long_cells_cut() -> None:
    rows = f"Name,Email\nA\u202en\u200ba\x07 {'x' * 600},ana\u200b@maple.example\n"
    [one] = found_in(rows).people

    assert (one.first_name, len(one.last_name) < 120, one.email) == ("Ana", True, "ana@maple.example")
    assert len(one.words) == limits.LIST_CELL


ODD_ADDRESSES = """sep=;
First name;Last name;E-mail
Erin;O’Dowd;erin.o’dowd@maple.example
P;L;p&l@maple.example
Zed;W;\u200bzed@maple.example
Mel;To;mailto:Mel@MAPLE.example
Quin;T;'quin@maple.example'
Ida;N;ida@grünfarn.example
Two;X;ana@maple.example; bob@maple.example
Uma;L;ümit@maple.example
"""  # noqa: RUF001 - as people type them


def test_addresses_are_read_whole_and_doubted_where_they_are_not_certain() -> None:
    assert [(one.first_name, one.email, one.doubt, one.row) for one in found_in(ODD_ADDRESSES).people] == [
        ("Erin", "erin.o'dowd@maple.example", Doubt.APOSTROPHE, 3),
        ("P", "p&l@maple.example", None, 4),
        ("Zed", "zed@maple.example", None, 5),
        ("Mel", "mel@maple.example", None, 6),
        ("Quin", "quin@maple.example", None, 7),
        ("Ida", "ida@xn--grnfarn-o2a.example", None, 8),
        ("Two", "ana@maple.example", Doubt.SHARED, 9),
        ("Two", "bob@maple.example", Doubt.SHARED, 9),
        ("Uma", "ümit@maple.example", Doubt.LETTERS, 10),
    ]


def test_a_name_beside_the_address_counts_where_no_column_holds_one() -> None:
    rows = "Zoë zoe@maple.example\nOde, Ben <ben@maple.example>\nPlease ask info@maple.example first\n"

    assert people_in(rows, "people.txt") == [
        ("Zoë", "", "zoe@maple.example", ""),
        ("Ben", "Ode", "ben@maple.example", ""),
        ("", "", "info@maple.example", ""),
    ]
    assert [one.doubt for one in found_in(rows, "people.txt").people] == [None, None, Doubt.WORDS]


def test_last_names_first_without_headings_are_turned_round() -> None:
    rows = "Ode, Ben <ben@maple.example>\nSilva, Ana <ana@maple.example>\n"

    assert people_in(rows, "people.txt") == [
        ("Ben", "Ode", "ben@maple.example", ""),
        ("Ana", "Silva", "ana@maple.example", ""),
    ]


def test_addresses_below_another_heading_are_not_those_of_the_people() -> None:
    rows = "Name,Email,Manager\nAna,ana@maple.example,boss@maple.example\n"

    assert people_in(rows) == [("Ana", "", "ana@maple.example", "")]


@pytest.mark.parametrize("name", ["people.csv", "people.tsv", "PEOPLE.TXT"])
def test_text_with_separators_is_read_whatever_its_ending(name: str) -> None:
    assert people_in("Name\tE-mail\nZoë\tzoe@maple.example\n", name) == [("Zoë", "", "zoe@maple.example", "")]


def test_a_text_file_without_people_was_not_meant_as_a_list() -> None:
    files = (
        Attachment("licence.txt", "text/plain", b"All rights reserved."),
        Attachment("people.txt", "text/plain", b"ana@maple.example"),
    )

    assert [found.name for found in reader.read_lists(Unpacked(attachments=files), JOB_ROLES)] == [
        "people.txt"
    ]


def test_of_a_long_list_the_first_fifty_are_kept_and_all_are_counted() -> None:
    rows = "Email\n" + "".join(f"p{number}@maple.example\n" for number in range(70))
    found = found_in(rows)

    assert (len(found.people), found.total) == (50, 70)


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "a.csv", ListProblem.NOBODY),
        (b"Name,Email\n", "a.csv", ListProblem.NOBODY),
        (b"\x89PNG\r\n" + bytes(range(256)), "a.csv", ListProblem.NOBODY),
        (b"a,b\n" * 5001, "a.csv", ListProblem.TOO_MANY_ROWS),
        (b"a" * 200_000, "a.csv", ListProblem.BROKEN),
        (b"x" * (limits.LIST_BYTES + 1), "a.csv", ListProblem.TOO_LARGE),
        (b"Name,Email\nAna,ana@maple.example\n", "a.xlsx", ListProblem.BROKEN),
        (b"PK\x03\x04 and no more", "a.xlsx", ListProblem.BROKEN),
        (b"\xd0\xcf\x11\xe0 of old", "a.xlsx", ListProblem.LOCKED),
        (lists.workbook(A=[["x"]] * 5001), "a.xlsx", ListProblem.TOO_MANY_ROWS),
        (lists.bomb(), "a.xlsx", ListProblem.TOO_LARGE),
        (lists.lying_bomb(), "a.xlsx", ListProblem.BROKEN),
        (lists.laughing(), "a.xlsx", ListProblem.BROKEN),
        (lists.looking_around(), "a.xlsx", ListProblem.BROKEN),
    ],
)
def test_what_is_no_list_or_a_hostile_one_says_why_it_cannot_be_read(
    content: bytes, name: str, problem: ListProblem
) -> None:
    assert opened(content, name) == FoundList(name, problem=problem)


def test_a_list_that_takes_too_long_spends_its_child_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIST_SECONDS", 0.5)
    slow = opened(lists.nested())
    monkeypatch.undo()

    assert slow == FoundList("people.xlsx", problem=ListProblem.TOO_SLOW)
    assert opened(b"ana@maple.example\n", "a.csv").total == 1


def test_of_many_lists_five_are_opened() -> None:
    files = tuple(Attachment(f"{number}.csv", "text/csv", b"a@maple.example") for number in range(6))
    found = reader.read_lists(Unpacked(attachments=files), JOB_ROLES)

    assert [(one.total, one.problem) for one in found] == [
        *[(1, None)] * 5,
        (0, ListProblem.TOO_MANY_LISTS),
    ]


def test_other_files_are_not_opened() -> None:
    files = (Attachment("people.pdf", "text/csv", b"a@maple.example"),)

    assert reader.read_lists(Unpacked(attachments=files), JOB_ROLES) == ()
