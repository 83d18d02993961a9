from flask import Flask, render_template_string
from flask_babel import force_locale

from portal.core.texts import _, _l, ngettext
from portal.web.locale import speak


def test_a_job_has_no_reader_and_speaks_the_default_language(app: Flask) -> None:
    assert _("Sign out") == "Sign out"


def test_all_that_follows_is_said_in_the_language_that_was_chosen_last(app: Flask) -> None:
    later = _l("No access")
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        said = [_("No access")]
        speak("es")
        said += [_("No access"), str(later), render_template_string("{{ _('No access') }}")]
        with force_locale("de"):
            said.append(_("No access"))
        said.append(_("No access"))

    assert said == [
        "Geen toegang",
        "Sin acceso",
        "Sin acceso",
        "Sin acceso",
        "Kein Zugang",
        "Sin acceso",
    ]


def test_numbers_and_values_stand_in_their_places(app: Flask) -> None:
    with app.test_request_context():
        assert (
            ngettext("%(num)s user of %(name)s", "%(num)s users of %(name)s", 2, name="Acme")
            == "2 users of Acme"
        )
