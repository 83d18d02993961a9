from datetime import date

import pytest

from portal.replies.absences import away_until
from portal.replies.facts import AskedPerson, JobRoleWords, Question, Reading, Sent, Verdict
from portal.replies.reading import read
from portal.replies.unpacking import unpack
from tests.replies.mails import mail

SENT = Sent(
    "Who is Ana, and what will she do?",
    subject="Absence Ltd: access for Ana",
    message_id="<sent@portal.example>",
    own_addresses=("Reply+4f7q2m@portal.example",),
)
QUESTION = Question(SENT, (JobRoleWords("sales_rep", ("Sales",)),), (AskedPerson("Ana Silva"),))


def judged(raw: bytes) -> Reading:
    return read(unpack(raw), QUESTION)


@pytest.mark.parametrize(
    "raw",
    [
        mail(X_Portal_Mail="17.abc"),
        mail(Message_ID="<sent@portal.example>"),
        mail(From="reply+4f7q2m@portal.example"),
        b"Received: by one\r\n" * 51 + mail(),
        mail(X_Portal_Mail="17.abc", Auto_Submitted="auto-replied"),
    ],
)
def test_our_own_mail_coming_back_is_a_loop(raw: bytes) -> None:
    assert judged(raw).verdict is Verdict.LOOP


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Away"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        {"X_POST_MessageClass": "9; Autoresponder"},
        {"Return_Path": "<>"},
        {"Subject": "Automatic reply: Access to Maple"},
        {"Subject": "Out of Office Re: Access"},
        {"Subject": "RE: Automatische Antwort: Zugang"},
        {"Subject": "Abwesenheitsnotiz: Zugang"},
        {"Subject": "Réponse automatique : Accès"},
        {"Subject": "Absence du bureau Re: Accès"},
        {"Subject": "Automatisch antwoord: Toegang"},
        {"Subject": "Afwezig: Toegang"},
        {"Subject": "Respuesta automática: Acceso"},
        {"Subject": "Fuera de la oficina: Acceso"},
    ],
)
def test_what_a_program_answers_is_an_automatic_reply(headers: dict[str, str]) -> None:
    assert judged(mail("Sales, please.", **headers)).verdict is Verdict.AUTO_REPLY


@pytest.mark.parametrize(
    "text",
    [
        "I am currently out of the office until Monday. In need: Ben Ode (ben@maple.example), sales.",
        "Ich bin bis zum 12.03. nicht im Büro. Ihre E-Mail wird nicht weitergeleitet.",
        "Je suis en congés jusqu'au 12 mars. Adressez-vous au service client.",
        "Ik ben tot en met 12 maart afwezig. Neem contact op met de verkoop.",
        "Estaré fuera de la oficina hasta el 12 de marzo.",
        "We have received your request. Ticket 4711 has been created by our support team.",
        "Dies ist eine automatisch erzeugte Nachricht.",
    ],
)
def test_a_note_without_any_sign_but_its_words_is_an_automatic_reply(text: str) -> None:
    assert judged(mail(text)).verdict is Verdict.AUTO_REPLY


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Ana does sales.", {}),
        ("Ana does sales. I am on holiday from tomorrow.", {}),
        ("Yes please.", {"Subject": "Re: Absence Ltd: access for Ana"}),
        ("Yes please.", {"Auto_Submitted": "no"}),
        ("Yes please.", {"Precedence": "list", "List_Id": "<office.maple.example>"}),
        ("Yes please.", {"X_Auto_Response_Suppress": "OOF"}),
        ("The mail to Ana came back as undeliverable.", {"Subject": "Re: Undeliverable: Access"}),
    ],
)
def test_what_a_person_writes_is_an_answer(text: str, headers: dict[str, str]) -> None:
    assert judged(mail(text, **headers)).verdict is Verdict.ANSWER


def test_an_automatic_reply_is_kept_whole_and_says_why() -> None:
    reading = judged(mail("Back on 15 March.", Auto_Submitted="auto-replied"))

    assert (reading.answer, reading.rest, reading.why) == (
        "",
        "Back on 15 March.\n",
        "auto-submitted: auto-replied",
    )
    assert (reading.away_until, reading.people) == (date(2027, 3, 15), ())


@pytest.mark.parametrize(
    ("note", "day"),
    [
        ("I am out of the office until 15 March 2027.", date(2027, 3, 15)),
        ("I'm away from 3 to 12 March, back on Monday 15 March.", date(2027, 3, 15)),
        ("Out of office until March 15th", date(2027, 3, 15)),
        ("Out of office until Friday", date(2027, 3, 5)),
        ("Ich bin bis einschließlich 12.03.2027 nicht im Büro.", date(2027, 3, 12)),
        ("Ab dem 15. März bin ich wieder da.", date(2027, 3, 15)),
        ("Je suis absente jusqu'au 12 mars.", date(2027, 3, 12)),
        ("De retour le lundi 15 mars.", date(2027, 3, 15)),
        ("Ik ben tot en met 12 maart afwezig.", date(2027, 3, 12)),
        ("Afwezig t/m 12-03-2027", date(2027, 3, 12)),
        ("Estaré fuera de la oficina hasta el 12 de marzo de 2027.", date(2027, 3, 12)),
        ("Volveré el 15 de marzo.", date(2027, 3, 15)),
        ("Away until 2027-03-15", date(2027, 3, 15)),
        ("Back on 31 February", None),
        ("Call me at 12.03.45 or on 020 7946 0000", None),
        ("I was away until 12 January 2027", None),
    ],
)
def test_until_when_somebody_is_away_is_read(note: str, day: date | None) -> None:
    assert away_until(note, date(2027, 3, 1)) == day


def test_an_american_date_has_the_month_first() -> None:
    assert away_until("until 4/5/2027", date(2027, 3, 1), language="en-US") == date(2027, 4, 5)
    assert away_until("until 4/5/2027", date(2027, 3, 1)) == date(2027, 5, 4)
