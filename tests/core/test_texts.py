import pytest
from flask import Flask, render_template_string

from portal.core.texts import _, _l, folded

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


def test_folding_leaves_no_case_and_no_accents() -> None:
    assert folded("Société ÉLAN") == "societe elan"
