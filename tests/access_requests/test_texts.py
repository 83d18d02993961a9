from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from portal.access_requests.models import AccessRequest
from portal.core.texts import LANGUAGES
from tests.access_requests.answering import Client, job_role, sent

ROOT = Path(__file__).parents[2]
WORDS = {"_": None, "_l": None, "ngettext": (1, 2)}
CLIENTS_READ = [
    *ROOT.glob("templates/answers/*.html"),
    *(ROOT / "templates" / name for name in ("errors/error.html", "components/forms.html")),
    *ROOT.glob("portal/access_requests/answer*.py"),
    ROOT / "portal/access_requests/mails.py",
    *(
        ROOT / "portal" / name
        for name in ("core/errors.py", "core/typed_addresses.py", "web/errors.py", "web/forms.py")
    ),
]
OTHERS = [language for language in LANGUAGES if language != "en"]
ASK_SOMEONE_ELSE = {  # the mails quote this button
    "en": "Ask someone else",
    "fr": "Demander à quelqu\u2019un d\u2019autre",
    "nl": "Iemand anders vragen",
    "de": "Jemand anderen fragen",
    "es": "Preguntar a otra persona",
}


def said_to_clients() -> set[str | tuple[str, ...]]:
    return {
        message
        for path in CLIENTS_READ
        for _line, message, _comments, _context in extract_from_file(
            "jinja2" if path.suffix == ".html" else "python", path, keywords=WORDS
        )
    }


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_clients_read_is_translated(language: str) -> None:
    with (ROOT / f"portal/translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)

    missing = {
        message for message in said_to_clients() if not (known := catalogue.get(message)) or not known.string
    }
    assert missing == set()
    assert [error for message in catalogue for error in message.check(catalogue)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_button_is_called_what_the_mails_say(
    app: Flask, client: FlaskClient, draft: AccessRequest, language: str
) -> None:
    job_role("Sales")
    draft.language = language

    assert ASK_SOMEONE_ELSE[language] in Client(client, sent(draft)).page.text


@pytest.mark.parametrize(
    ("language", "message"),
    [("fr", "pas un choix valide"), ("de", "Keine gültige Auswahl"), ("nl", "keuze"), ("es", "válid")],
)
def test_mistakes_are_named_in_the_clients_language(
    client: FlaskClient, draft: AccessRequest, language: str, message: str
) -> None:
    job_role("Sales")
    draft.language = language
    anna = Client(client, sent(draft))

    assert message in anna.answer(None, **{f"person-{draft.people[0].id}-job_role": "999999"}).text
