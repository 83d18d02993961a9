import pytest
from flask import Flask
from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired

from portal.web.forms import PortalForm, only_a_name


class NoteForm(PortalForm):
    title = StringField("Title", filters=[lambda value: value and value.upper()], validators=[DataRequired()])
    body = TextAreaField("Body")


def filled_in(app: Flask, **given: str) -> NoteForm:
    with app.test_request_context(method="POST", data=given):
        form = NoteForm(meta={"csrf": False})
        form.validate()
        return form


@pytest.mark.parametrize("bad", ["\0", "\x1b", "\n", "\x85"])
def test_a_character_that_nobody_types_is_refused_and_not_shown_again(app: Flask, bad: str) -> None:
    form = filled_in(app, title=f"a{bad}b")

    assert form.title.errors == ["This contains characters that cannot be stored. Type it in plainly."]
    assert form.title.data == "AB"


def test_long_texts_may_have_lines(app: Flask) -> None:
    form = filled_in(app, title="a", body="one\r\n\ttwo")

    assert (form.errors, form.body.data) == ({}, "one\r\n\ttwo")


def test_a_fields_own_filters_work_in_every_form_and_not_only_the_first(app: Flask) -> None:
    assert [filled_in(app, title=" a ").title.data for _turn in range(2)] == ["A", "A"]


NAMES = ("Anna-Lena O'Neil", "J. R. Dupont", "J.R. Dupont", "Dr. Ada Long", "Zoë 李", "A.B.C. Vries")
NO_NAMES = (
    "Win at evil.example",
    "www.evil",
    "https://evil",
    "anna@evil",
    "evil\uff0eexample",
    "evil\u3002example",
    "Anna\u2028Click here",
)


@pytest.mark.parametrize("text", [*NAMES, *NO_NAMES])
def test_names_hold_no_address_and_no_line_end(app: Flask, text: str) -> None:
    class NameForm(Form):
        name = StringField(validators=[only_a_name])

    with app.test_request_context():
        assert NameForm(data={"name": text}).validate() is (text in NAMES)
