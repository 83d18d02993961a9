import contextlib
import gc
import random
import time

import pytest

from portal.mail.templating import (
    MAX_BODY,
    MAX_PROBLEMS,
    MAX_SUBJECT,
    Condition,
    Part,
    Rules,
    Shape,
    Slot,
    TemplateRefused,
    Words,
    read_template,
)

DECLARED = {
    "name": Rules(),
    "note": Rules(optional=True),
    "people": Rules(Shape.LIST),
    "answer_link": Rules(Shape.LINK),
}


def places(subject: str, body: str) -> list[tuple[Part, int, int, str]]:
    with pytest.raises(TemplateRefused) as refused:
        read_template(subject, body, DECLARED)
    return [(found.part, found.line, found.column, str(found.message)) for found in refused.value.problems]


def test_a_template_is_read_into_words_slots_and_conditions() -> None:
    template = read_template("For ((name))", "((note??See: ((note))!)) Bye", DECLARED)

    assert template.subject == (Words("For "), Slot("name", 4))
    inside = (Words("See: "), Slot("note", 13), Words("!"))
    assert template.body == (Condition("note", 0, inside), Words(" Bye"))


def test_a_name_may_be_written_with_spaces_and_capitals() -> None:
    template = read_template("(( Answer by-hand ))", "x", {"answer_by_hand": Rules()})

    assert template.subject == (Slot("answer_by_hand", 0),)


def test_single_brackets_are_text_inside_and_outside_a_condition() -> None:
    template = read_template("x", "(((note??(of ((name))))))", DECLARED)

    inside = (Words("("), Words("of "), Slot("name", 13), Words(")"))
    assert template.body == (Words("("), Condition("note", 1, inside), Words(")"))


def test_an_unknown_name_is_found_with_its_place_and_the_name_meant(app_texts: None) -> None:
    assert places("Hi", "Dear ((name)),\r\n\r\nSee ((pepole))") == [
        (Part.BODY, 3, 5, "There is no ((pepole)) in this mail. Did you mean ((people))?")
    ]


def test_an_unknown_name_inside_or_as_a_condition_is_found(app_texts: None) -> None:
    assert places("Hi", "((zzz??a ((yyy))))") == [
        (Part.BODY, 1, 1, "There is no ((zzz)) in this mail."),
        (Part.BODY, 1, 10, "There is no ((yyy)) in this mail."),
    ]


@pytest.mark.parametrize("body", ["((", "a ((", "(()) b", "((na(me))", "((name", "((name?))", "((\nname))"])
def test_an_opening_without_a_proper_name_is_refused(body: str, app_texts: None) -> None:
    found = places("Hi", body)

    expected = "After (( comes a name, and after the name )) or ??."
    assert found[0] == (Part.BODY, 1, body.index("((") + 1, expected)


def test_a_condition_that_is_never_closed_is_refused_where_it_opens(app_texts: None) -> None:
    assert places("Hi", "a\nb ((note??c") == [
        (Part.BODY, 2, 3, "This condition is never closed: )) is missing.")
    ]


def test_a_condition_inside_a_condition_is_refused(app_texts: None) -> None:
    assert places("Hi", "((note??((name??x))))") == [
        (Part.BODY, 1, 9, "A condition cannot stand inside another condition.")
    ]


def test_a_subject_must_be_there_in_one_line_and_without_links(app_texts: None) -> None:
    assert places(" ", "x") == [(Part.SUBJECT, 1, 1, "A mail needs a subject.")]
    assert places("a\nb", "x") == [(Part.SUBJECT, 1, 2, "A subject is a single line.")]
    assert places("((answer_link))", "x") == [(Part.SUBJECT, 1, 1, "A link cannot stand in a subject.")]


@pytest.mark.parametrize("body", ["Hello", "((link??((link))))"])
def test_a_name_that_must_appear_may_not_be_left_out_or_made_conditional(body: str, app_texts: None) -> None:
    with pytest.raises(TemplateRefused) as refused:
        read_template("x", body, {"link": Rules(Shape.LINK, must_appear=True)})

    [problem] = refused.value.problems
    assert str(problem.message) == "((link)) is missing: without it this mail is of no use."


def test_too_much_text_is_refused_before_it_is_read(app_texts: None) -> None:
    assert places("x" * (MAX_SUBJECT + 1), "x" * (MAX_BODY + 1)) == [
        (Part.SUBJECT, 1, 1, "This is too long: at most 200 characters."),
        (Part.BODY, 1, 1, "This is too long: at most 20000 characters."),
    ]


def test_no_more_problems_are_listed_than_a_person_reads() -> None:
    with pytest.raises(TemplateRefused) as refused:
        read_template("x", "((no)) " * 1000, DECLARED)

    assert len(refused.value.problems) == MAX_PROBLEMS


@pytest.mark.parametrize(
    "unit", ["(", ")", "((", "((a", "((note??", "((note??(", "((name))", "??", "\n((", "(((name))"]
)
def test_hostile_repetition_is_read_in_a_moment(unit: str) -> None:
    gc.disable()  # it would look through all that other tests left behind
    try:
        started = time.thread_time()
        with contextlib.suppress(TemplateRefused):
            read_template("x", unit * (MAX_BODY // len(unit)), DECLARED)
        took = time.thread_time() - started
    finally:
        gc.enable()

    assert took < 1


def test_any_mixture_of_signs_is_read_or_refused_and_never_breaks() -> None:
    rng = random.Random(20)  # noqa: S311 - the same mixtures on every run
    units = [
        "((",
        "))",
        "(",
        ")",
        "??",
        "name",
        "note",
        "people",
        "zzz",
        "\n",
        "- ",
        " ",
        "\x00",
        "é",
        "\ud800",
    ]
    for _round in range(3000):
        body = "".join(rng.choices(units, k=rng.randrange(30)))
        try:
            template = read_template("x", body, DECLARED)
        except TemplateRefused as refused:
            lines = body.split("\n")
            for problem in refused.problems:
                assert 1 <= problem.line <= len(lines)
                assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        else:
            assert "".join(map(written, template.body)).replace(" ", "") == body.replace(" ", "")


def written(node: Words | Slot | Condition) -> str:
    if isinstance(node, Words):
        return node.text
    if isinstance(node, Slot):
        return f"(({node.name}))"
    return f"(({node.name}??{''.join(map(written, node.inside))}))"
