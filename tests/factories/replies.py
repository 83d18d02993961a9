"""Replies to our own mails, made by chance from a seed: a mail program, a language, and words of a client."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from random import Random
from typing import Final

from portal.mail.composing import ComposedMail, MailLook, compose
from portal.mail.kinds import MailKind, sample_values
from portal.replies.facts import Reading, Sent
from portal.replies.signatures import without_signature
from tests.factories.more_reply_programs import MORE_PROGRAMS
from tests.factories.reply_programs import K9, OUTLOOK, PHONE, PROGRAMS, Quoted, Reply

TEXTS: Final = tomllib.loads(Path(__file__).with_name("reply_texts.toml").read_text(encoding="utf-8"))
# What programs add to an answer by themselves.
ADDED: Final = (
    "Sent with Proton Mail secure email.",
    "--\nhttps://maple.example | +44 20 7946 0000",
    *OUTLOOK.values(),
    *(text.partition("<")[0] for text in OUTLOOK.values()),
    *PHONE.values(),
    *(f"--\n{text}" for text in K9.values()),
)
OFTEN: Final = 0.2
ANSWER_BELOW: Final = frozenset({"thunderbird_below", "roundcube", "mutt"})
SAFE_LINK: Final = (
    "https://eur03.safelinks.protection.outlook.com/?url=https%3A%2F%2Fportal.example%2Fr%2F&data=05%7C02%7C"
)
WARNINGS: Final = {
    "en": "CAUTION: This email originated from outside of the organization. Do not click links.",
    "de": "ACHTUNG: Diese E-Mail kommt von einem externen Absender. Öffnen Sie keine Links.",
    "fr": "ATTENTION : cet e-mail provient de l'extérieur de l'organisation.",
    "nl": "LET OP: deze e-mail komt van een externe afzender.",
    "es": "ATENCIÓN: este correo procede de un remitente externo.",
}
FOOTERS: Final = {
    "en": "This email and any attachments are confidential and intended solely for the addressee.",
    "de": "Diese E-Mail enthält vertrauliche Informationen. Sie ist nur für den Empfänger.",
    "fr": "Ce message et ses pièces jointes sont confidentiels et destinés à leur seul destinataire.",
    "nl": "Dit bericht is vertrouwelijk en alleen bestemd voor de geadresseerde.",
    "es": "Este mensaje es confidencial y está dirigido solo a su destinatario.",
}
PROGRAMS_OF: Final = {"tuned": PROGRAMS, "unseen": PROGRAMS, "fresh": MORE_PROGRAMS}
NOTES: Final = {
    "tuned": ("", "They start on Monday."),
    "fresh": ("", "Ana starts on Monday, Ben on 1 April.", "The last one: please answer by Friday."),
    "unseen": ("", "We spoke on the phone; this is only to have it in writing.", "Ben: sales or service?"),
}
NAMES: Final = {
    "tuned": (("Ana Silva", "Ben Ode"), ("Ana Silva",)),
    "fresh": (("Ana Silva", "Ben Ode"), ("Ana Silva",), ("Ana Silva", "Ben Ode", "Luc O'Hara")),
    "unseen": (("Ana Silva", "Ben Ode", "Jürgen Großmann"), ("Zoë van den Berg",), ("Ana Silva", "Ben Ode")),
}


@dataclass(frozen=True, slots=True)
class MadeReply:
    """A reply, what was sent before, and what a reader would take for its answer."""

    program: str
    language: str
    raw: bytes
    sent: Sent
    body: str
    ending: str
    added: str


def made_replies(seed: int, texts: str, count: int) -> Iterator[MadeReply]:
    """Make so many replies, the programs and languages taking turns; the same seed makes the same ones."""
    chance = Random(seed)  # noqa: S311 - a choice of words, no secret
    programs = list(PROGRAMS_OF[texts])
    for number in range(count):
        language = list(TEXTS[texts])[number // len(programs) % len(TEXTS[texts])]
        yield _made(chance, texts, programs[number % len(programs)], language)


def _made(chance: Random, texts: str, program: str, language: str) -> MadeReply:
    words = TEXTS[texts][language]
    opening, middle, ending = (chance.choice(words[piece]) for piece in ("openings", "middles", "ends"))
    composed = _composed(chance, texts, language)
    abroad = language if chance.random() < 0.7 else chance.choice(list(TEXTS[texts]))
    body = "\n\n".join(filter(None, [opening, middle]))
    text, page = _on_its_way(chance, composed, language)
    quoted = Quoted(
        who=chance.choice(("Tom Becker", "Bright Harbour", "Tom Becker (Bright Harbour)")),
        address=f"reply+{chance.getrandbits(60):x}@portal.example",
        to="Claire Dubois <claire@maple.example>",
        subject=composed.subject,
        text=text,
        html=page,
        at=datetime(2027, 3, 1, 9, 30, tzinfo=UTC) + timedelta(minutes=chance.randrange(400_000)),
        language=abroad,
    )
    reply = PROGRAMS_OF[texts][program]("\n\n".join(filter(None, [body, ending])), quoted)
    if program not in ANSWER_BELOW and chance.random() < OFTEN:
        reply = Reply(
            f"{reply.text}\n\n{FOOTERS[language]}\n" if reply.text else "",
            _with_footer(reply.html, language),
            reply.added,
        )
    sent = Sent(composed.text, composed.html, composed.subject, language, "<sent@portal.example>")
    return MadeReply(
        program, language, _raw(chance, reply, composed.subject), sent, body, ending, reply.added
    )


def _composed(chance: Random, texts: str, language: str) -> ComposedMail:
    people = chance.choice(NAMES[texts])
    kind = chance.choice((MailKind.ACCESS_REQUEST, MailKind.ANSWER_LINK))
    values = sample_values(kind) | {
        "people": people,
        "expires_on": date(2027, 3, 1) + timedelta(days=chance.randrange(300)),
        "answer_link": f"https://portal.example/r/{chance.getrandbits(60):x}.{chance.getrandbits(200):x}",
    }
    if "note" in values:
        values["note"] = chance.choice(NOTES[texts])
    return compose(kind, language, values, MailLook("Bright Harbour", "#1d4ed8", "Maple & Sons"))


def _on_its_way(chance: Random, composed: ComposedMail, language: str) -> tuple[str, str]:
    """Our mail as it arrived: with a warning on top, links rewritten, or letters lost."""
    text, page = composed.text.rstrip("\n"), composed.html
    if chance.random() < OFTEN:
        warning = WARNINGS[language]
        text, page = (
            f"{warning}\n\n{text}",
            page.replace("<body>", f"<body><table><tr><td>{warning}</td></tr></table>"),
        )
    if chance.random() < OFTEN:
        text, page = (form.replace("https://portal.example/r/", SAFE_LINK) for form in (text, page))
    if chance.random() < OFTEN / 2:
        text, page = (form.encode("ascii", "replace").decode() for form in (text, page))
    return text, page


def _with_footer(page: str, language: str) -> str:
    footer = f"<p style='font-size:8pt'>{FOOTERS[language]}</p>"
    return (
        page.replace("</body>", f"{footer}</body>")
        if "</body>" in page
        else f"{page}{footer}"
        if page
        else ""
    )


def _raw(chance: Random, reply: Reply, subject: str) -> bytes:
    """The reply on its way: one form or both, in one of the encodings there are."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "Claire Dubois <claire@maple.example>", "reply+x@portal.example"
    message["Subject"], message["Date"] = f"Re: {subject}", "Mon, 01 Mar 2027 10:30:00 +0100"
    message["Message-ID"] = f"<{chance.getrandbits(60):x}@maple.example>"
    both = reply.text and (not reply.html or chance.random() < 0.8)
    charset = chance.choice(("utf-8", "utf-8", "iso-8859-1", "windows-1252"))
    encoding = chance.choice(("quoted-printable", "base64"))
    if both:
        _set(message, reply.text, "plain", charset, encoding)
    if reply.html and message.is_multipart() is False and both:
        message.add_alternative(reply.html, subtype="html", charset="utf-8", cte=encoding)
    elif reply.html and not both:
        _set(message, reply.html, "html", charset, encoding)
    return message.as_bytes()


def _set(message: EmailMessage, text: str, subtype: str, charset: str, encoding: str) -> None:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    message.set_content(text, subtype=subtype, charset=charset, cte=encoding)


def is_right(made: MadeReply, reading: Reading) -> bool:
    """Tell whether this is the answer alone, with or without its end and what the program adds."""
    whole = squeezed(made.body + made.ending)
    variants = {squeezed(made.body), whole} | {whole + squeezed(added) for added in (*ADDED, made.added)}
    return bool(variants & {squeezed(reading.answer), squeezed(without_signature(reading.answer)[0])})


def squeezed(text: str) -> str:
    """The text without white space."""
    return re.sub(r"[\s\ufeff\u200b\u2063]+", "", text)
