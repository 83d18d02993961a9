from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from jinja2 import DictLoader, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from portal.accounts.states import Health
from portal.core.texts import _l

HOSTILE = "<script>&"
SAFE = "&lt;script&gt;&amp;"

Say = Callable[..., str]


@pytest.fixture
def say(app: Flask) -> Say:
    """Return how a page says a template, in a language."""
    templates: dict[str, str] = {}
    environment: Any = app.jinja_env.overlay(loader=DictLoader(templates))
    environment.in_language = {}
    environment.globals = {**environment.globals, "NAMES": {"none": _l("No access")}}

    def render(text: str, language: str = "en", kind: str = "html", **context: object) -> str:
        templates[f"page.{kind}"] = text
        with app.test_request_context(), force_locale(language):
            said: str = environment.get_template(f"page.{kind}").render(**context)
            return said

    return render


def test_one_template_speaks_every_language(say: Say) -> None:
    page = '{{ _("No access") }}{% set later = _("No access") %}, {{ later }}'

    assert [say(page, language) for language in ("nl", "de", "nl")] == [
        "Geen toegang, Geen toegang",
        "Kein Zugang, Kein Zugang",
        "Geen toegang, Geen toegang",
    ]


def test_what_a_template_builds_on_speaks_its_language(app: Flask) -> None:
    templates = {
        "base.html": '{{ _("No access") }}: {% block main %}{% endblock %}',
        "part.html": '{{ _("No access") }}',
        "page.html": '{% extends "base.html" %}{% block main %}{% include "part.html" %}{% endblock %}',
    }
    environment: Any = app.jinja_env.overlay(loader=DictLoader(templates))
    environment.in_language = {}
    with app.test_request_context(), force_locale("nl"):
        page = environment.get_template("page.html")
    with app.test_request_context(), force_locale("de"):
        assert page.render() == "Geen toegang: Geen toegang"


@pytest.mark.parametrize(
    "page",
    [
        '{{ _("%(name)s was added.", name=name) }}',
        '{% set said = _("%(name)s was added.", name=name) %}{{ said }}',
        '{% for one in [name] %}{{ _("%(name)s was added.", name=one) }}{% endfor %}',
        '{% macro say(it) %}{{ it }}{% endmacro %}{{ say(_("%(name)s was added.", name=name)) }}',
    ],
)
def test_values_stand_in_their_places_and_are_no_html(say: Say, page: str) -> None:
    assert say(page, name=HOSTILE) == f"{SAFE} was added."


def test_values_may_come_in_another_order_and_more_than_once(say: Say) -> None:
    page = '{{ _("%(b)s and %(a)s and %(b)s", a=a, b=b) }}'

    assert say(page, a=1, b=HOSTILE) == f"{SAFE} and 1 and {SAFE}"


def test_a_value_that_is_html_already_stays_so(say: Say) -> None:
    assert say('{{ _("%(when)s ago", when="<b>3</b>"|safe) }}') == "<b>3</b> ago"


def test_a_percent_sign_is_one(say: Say) -> None:
    assert say('{{ _("100%%") }} {{ _("%(num)s%%", num=num) }}', num=5) == "100% 5%"


def test_a_value_that_is_missing_is_told(say: Say) -> None:
    with pytest.raises(KeyError, match="name"):
        say('{{ _("%(name)s was added.", title="Acme") }}')


def test_texts_that_are_no_html_stay_as_they_are(say: Say) -> None:
    page = '{% for one in ones %}{{ _("%(name)s was added.", name=one) }}{% endfor %}'

    assert say(page, kind="txt", ones=[HOSTILE]) == f"{HOSTILE} was added."


def test_what_loops_say_is_escaped_once(say: Say) -> None:
    page = (
        "{% for row in rows %}{% set last = loop.last %}{% for one in row %}{{ one }}{{ loop.index }}"
        "{% else %}-{% endfor %}{{ '.' if last else ', ' }}{% endfor %}"
    )

    assert say(page, rows=[[HOSTILE, "b"], []]) == f"{SAFE}1b2, -."


class Shown:
    """A thing that says how it is shown."""

    def __html__(self) -> str:
        return "<b>shown</b>"


class Word(str):
    """A text of a kind of its own."""

    __slots__ = ()


@pytest.mark.parametrize(
    "value",
    [
        *"&<>'\"",
        f"plain, {HOSTILE}",
        "plain",
        Word(HOSTILE),
        Markup("<b>"),
        Shown(),
        _l("%(value)s is plain.", value=HOSTILE),
        Health.BROKEN,
        [HOSTILE],
        -5,
        0.5,
        True,
        None,
    ],
)
def test_every_value_is_written_as_markupsafe_does_it(say: Say, value: object) -> None:
    assert say("{{ value }}", value=value) == escape(value)


@pytest.mark.parametrize(
    "call",
    [
        "{{ plain('x', named=5) }}",
        "{{ wanting('x', named=5) }}",
        "{% macro within(it, named) %}{{ it }} {{ named }}{% endmacro %}{{ within('x', named=5) }}",
        "{% macro to() %}{{ caller('x', 5) }}{% endmacro %}{% call(a, b) to() %}{{ a }} {{ b }}{% endcall %}",
        "{% for each in [5] %}{{ wanting('x', each) }}{% endfor %}",
    ],
)
def test_whatever_is_called_gets_what_it_is_given(say: Say, call: str) -> None:
    @pass_context
    def wanting(context: Context, it: str, named: int) -> str:
        return f"{it} {named}" if "wanting" in context else "no context"

    assert say(call, plain=lambda it, named: f"{it} {named}", wanting=wanting) == "x 5"


def test_names_in_tables_are_said_in_the_language_of_the_page(say: Say) -> None:
    page = '{% for state in ["none"] %}{{ NAMES[state] }}{% endfor %}'

    assert [say(page, language) for language in ("nl", "de")] == ["Geen toegang", "Kein Zugang"]


def test_an_icon_is_a_drawing_each_time(say: Say) -> None:
    drawn = say('{{ icon("plus") }}')

    assert drawn.startswith("<svg")
    assert say('{% for name in ["plus"] %}{{ icon(name) }}{% endfor %}') == drawn
