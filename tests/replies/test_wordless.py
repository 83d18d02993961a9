import json
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from portal.replies.facts import CalendarAnswer, Question, Reading, Sent, Verdict
from portal.replies.reading import read
from portal.replies.unpacking import unpack
from tests.replies.mails import mail

SENT = Sent(
    "Hello Claire,\n\nBefore we set up Ana Silva we would like to hear from you what the work involves.\n",
    subject="Access for Ana",
)
QUOTED = "\n\nOn 1 March 2027 at 09:30, Tom <tom@agency.example> wrote:\n> " + SENT.text.replace("\n", "\n> ")
CALENDAR = (
    "BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nATTENDEE;PARTSTAT={status};CN=Claire:mail\r\n"
    " to:claire@maple.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def judged(raw: bytes) -> Reading:
    return read(unpack(raw), Question(SENT))


def with_part(kind: str, content: str, text: str = "", name: str = "", **headers: str) -> bytes:
    """A mail with one more part, which has a name where it is a file."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["Subject"] = "claire@maple.example", headers.get("Subject", "Re: Access for Ana")
    message.set_content(text)
    main, sub = kind.split("/")
    message.add_attachment(content.encode(), maintype=main, subtype=sub, filename=name or None)
    for part in message.iter_attachments():
        if not name:
            part.replace_header("Content-Disposition", "inline")
    return message.as_bytes()


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "🎉🎉", "👍 🙏", "🇫🇷", "👨‍👩‍👧", "✅", ":+1:", ":-)"])
@pytest.mark.parametrize(
    "below", ["", QUOTED, "\n\nSent from my iPhone"], ids=["alone", "quoting", "telephone"]
)
def test_an_emoji_alone_is_a_reaction(emoji: str, below: str) -> None:
    reading = judged(mail(emoji + below))

    assert (reading.verdict, reading.emoji, reading.people) == (Verdict.REACTION, emoji, ())


@pytest.mark.parametrize(
    "text", ["👍 sales", "Yes 👍", "Ana: 👍", "ok", "+1", "1", "Yes", "Thanks!", "?", "👍\nAna does sales."]
)
def test_a_word_beside_an_emoji_is_an_answer(text: str) -> None:
    assert judged(mail(text)).verdict is Verdict.ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Claire Dubois reacted to your message:\n\n👍",
        "Claire Dubois hat auf Ihre Nachricht reagiert:\n👍",
        "Claire Dubois a réagi à votre message :\n\n👍\n",
        "Claire Dubois heeft gereageerd op uw bericht:\n👍",
        "Claire Dubois ha reaccionado a tu mensaje:\n👍",
        "👍\n\nClaire Dubois reacted via Gmail\n<https://www.google.com/gmail/about/?utm_source=gmail>",
    ],
)
def test_a_mail_that_tells_of_a_reaction_is_one(text: str) -> None:
    reading = judged(mail(text, X_Auto_Response_Suppress="All"))

    assert (reading.verdict, reading.emoji) == (Verdict.REACTION, "👍")


def test_a_digest_of_reactions_is_one() -> None:
    digest = mail("Here is who reacted:\nClaire Dubois 👍 Access for Ana", Subject="Reaction Daily Digest")

    assert judged(digest).verdict is Verdict.REACTION


def test_an_answer_below_a_word_about_reactions_is_kept() -> None:
    assert judged(mail("My boss reacted to your message:\nAna gets sales.")).verdict is Verdict.ANSWER


def test_gmail_says_by_a_part_of_its_own_that_somebody_reacted() -> None:
    part = json.dumps({"version": 1, "emoji": "🎉"})
    raw = with_part("text/vnd.google.email-reaction+json", part, "Claire reacted, see Gmail")

    reading = judged(raw)

    assert (reading.verdict, reading.emoji) == (Verdict.REACTION, "🎉")
    assert unpack(raw).attachments == ()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"emoji": 7}', "[" * 5000])
def test_a_broken_reaction_is_none(content: str) -> None:
    raw = with_part("text/vnd.google.email-reaction+json", content, "Sales, please.")

    assert judged(raw).verdict is Verdict.ANSWER


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ("ACCEPTED", CalendarAnswer.ACCEPTED),
        ("DECLINED", CalendarAnswer.DECLINED),
        ("TENTATIVE", CalendarAnswer.TENTATIVE),
        ("DELEGATED", CalendarAnswer.OTHER),
    ],
)
def test_an_answer_to_an_invitation_is_told_from_one_to_us(status: str, answer: CalendarAnswer) -> None:
    reply = CALENDAR.format(method="REPLY", status=status)

    reading = judged(with_part("text/calendar", reply, "Claire has answered this invitation."))

    assert (reading.verdict, reading.calendar, reading.people) == (Verdict.CALENDAR, answer, ())


def test_an_invitation_with_words_is_an_answer() -> None:
    request = CALENDAR.format(method="REQUEST", status="NEEDS-ACTION")

    assert judged(with_part("text/calendar", request, "Shall we talk?")).verdict is Verdict.ANSWER


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        ("Accepted: Access for Ana", CalendarAnswer.ACCEPTED),
        ("Zugesagt: Zugang", CalendarAnswer.ACCEPTED),
        ("Refusé : Accès", CalendarAnswer.DECLINED),
        ("Geaccepteerd: Toegang", CalendarAnswer.ACCEPTED),
        ("Provisional: Acceso", CalendarAnswer.TENTATIVE),
    ],
)
def test_a_subject_without_words_below_answers_an_invitation(subject: str, answer: CalendarAnswer) -> None:
    assert judged(mail("", Subject=subject)).calendar is answer
    assert judged(mail("Ana does sales.", Subject=subject)).verdict is Verdict.ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\u200b\n\u00a0",
        "Sent from my iPhone",
        "--\nClaire Dubois\nHead of Sales\n+44 20 7946 0000",
        "Kind regards\nClaire",
        QUOTED,
        f"Get Outlook for iOS<https://aka.ms/o0ukef>{QUOTED}",
        "> Who is Ana?\n> What will she do?",
        "CAUTION: This email originated from outside of the organization.",
        "This e-mail is confidential and intended solely for the addressee.",
    ],
)
def test_a_mail_without_text_of_its_own_is_no_answer(text: str) -> None:
    reading = judged(mail(text))

    assert (reading.verdict, reading.people, reading.nobody) == (Verdict.NO_TEXT, (), None)


@pytest.mark.parametrize(
    ("kind", "name", "verdict"),
    [
        ("image/png", "image001.png", Verdict.NO_TEXT),
        ("text/vcard", "claire.vcf", Verdict.NO_TEXT),
        ("application/pdf", "people.pdf", Verdict.ANSWER),
        ("text/csv", "people.csv", Verdict.ANSWER),
    ],
)
def test_a_file_that_was_sent_to_be_read_is_an_answer_without_text(
    kind: str, name: str, verdict: Verdict
) -> None:
    assert judged(with_part(kind, "x", name=name)).verdict is verdict


def test_what_is_encrypted_cannot_be_read() -> None:
    smime = b"From: c@maple.example\r\nContent-Type: application/pkcs7-mime; name=smime.p7m\r\n\r\nMIAG"
    pgp = (
        b'From: c@maple.example\r\nContent-Type: multipart/encrypted; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n"
    )
    inline = mail("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----")
    protected = mail("Claire (claire@maple.example) has sent you a protected message.\n\nRead the message")

    assert {judged(raw).verdict for raw in (smime, pgp, inline, protected)} == {Verdict.ENCRYPTED}


def test_a_signed_mail_is_read() -> None:
    raw = with_part("application/pkcs7-signature", "x", "Sales, please.", name="smime.p7s")

    assert judged(raw).verdict is Verdict.ANSWER


def test_an_automatic_reply_without_text_stays_one() -> None:
    assert judged(mail("", Auto_Submitted="auto-replied")).verdict is Verdict.AUTO_REPLY
