import pytest
from flask import Flask, render_template_string

from portal.core.texts import _, _l, and_others, folded

HOSTILE = "<script>alert(1)</script>"


@pytest.mark.parametrize("say", [_, _l])
@pytest.mark.parametrize("template", ["{{ said }}", "{{ [said]|join(' ') }}", "{{ said ~ '' }}"])
def test_a_value_in_a_text_never_becomes_markup(app: Flask, say: object, template: str) -> None:
    with app.test_request_context():
        page = render_template_string(template, said=say("%(value)s cannot be used.", value=HOSTILE))

    assert page == "&lt;script&gt;alert(1)&lt;/script&gt; cannot be used."


def test_a_text_said_later_speaks_the_language_of_its_reader(app: Flask) -> None:
    later = _l("optional")

    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert str(later) == "freiwillig"


@pytest.mark.parametrize(
    ("count", "said"), [(1, "Ana"), (2, "Ana und eine weitere Person"), (4, "Ana und 3 weitere Personen")]
)
def test_several_people_are_named_in_a_few_words(app: Flask, count: int, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "de"}):
        assert and_others("Ana", count) == said


def test_folding_leaves_no_case_and_no_accents() -> None:
    assert folded("Société ÉLAN") == "societe elan"
