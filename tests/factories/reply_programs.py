"""How some twenty mail programs quote the mail they answer, in five languages; written down from what they send."""

import html
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.dates import format_datetime

HEADERS: Final = {
    "en": ("From", "Sent", "Date", "To", "Subject", "Original Message"),
    "de": ("Von", "Gesendet", "Datum", "An", "Betreff", "Ursprüngliche Nachricht"),
    "fr": ("De", "Envoyé", "Date", "À", "Objet", "Message d'origine"),
    "nl": ("Van", "Verzonden", "Datum", "Aan", "Onderwerp", "Oorspronkelijk bericht"),
    "es": ("De", "Enviado", "Fecha", "Para", "Asunto", "Mensaje original"),
}
WROTE: Final = {
    "en": "On {when}, {who} wrote:",
    "de": "Am {when} schrieb {who}:",
    "fr": "Le {when}, {who} a écrit :",
    "nl": "Op {when} schreef {who}:",
    "es": "El {when}, {who} escribió:",
}
PHONE: Final = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "es": "Enviado desde mi iPhone",
}
OUTLOOK: Final = {
    "en": "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "de": "Outlook für iOS beziehen<https://aka.ms/o0ukef>",
    "fr": "Obtenez Outlook pour iOS<https://aka.ms/o0ukef>",
    "nl": "Outlook voor iOS downloaden<https://aka.ms/o0ukef>",
    "es": "Obtener Outlook para iOS<https://aka.ms/o0ukef>",
}
K9: Final = {
    "en": "Sent from my Android device with K-9 Mail. Please excuse my brevity.",
    "de": "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "fr": "Envoyé de mon appareil Android avec Courriel K-9 Mail. Veuillez excuser ma brièveté.",
    "nl": "Verstuurd vanaf mijn Android apparaat met K-9 Mail. Excuseer mijn beknoptheid.",
    "es": "Enviado desde mi dispositivo Android con K-9 Mail. Por favor, disculpa mi brevedad.",
}


@dataclass(frozen=True, slots=True)
class Quoted:
    """The mail that is answered, as a program sees it."""

    who: str
    address: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    language: str  # of the program, which need not be that of the mail

    def when(self, pattern: str) -> str:
        """The date as this program writes it."""
        return format_datetime(self.at, pattern, locale=self.language)

    @property
    def sender(self) -> str:
        """Name and address."""
        return f"{self.who} <{self.address}>"

    def wrote(self, pattern: str, who: str = "") -> str:
        """The line that introduces what is quoted."""
        return WROTE[self.language].format(when=self.when(pattern), who=who or self.sender)

    def block(self, *, date_as_sent: bool = True, star: str = "", gap: str = " ") -> str:
        """The headers that Outlook and its like put above."""
        sender, sent, date, to, subject, _ = HEADERS[self.language]
        pattern = "EEEE, d MMMM y HH:mm" if date_as_sent else "dd/MM/y HH:mm 'GMT+01:00'"
        rows = [
            (sender, self.sender),
            (sent if date_as_sent else date, self.when(pattern)),
            (to, self.to),
            (subject, self.subject),
        ]
        return "\n".join(f"{star}{name}:{star}{gap}{value}" for name, value in rows)


@dataclass(frozen=True, slots=True)
class Reply:
    """The two forms of a reply; a form that the program does not write is empty. ``added`` is its own line."""

    text: str
    html: str = ""
    added: str = ""


Program = Callable[[str, Quoted], Reply]


def signed(text: str, *, width: int = 72, sign: str = "> ") -> str:
    """The text wrapped and led by the sign of a quotation."""
    rows: list[str] = []
    for line in text.split("\n"):
        rows.extend(textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""])
    return "\n".join(f"{sign}{row}".rstrip() for row in rows)


def as_html(text: str, *, tag: str = "div", kind: str = "") -> str:
    """Text as the HTML an editor makes of it, a block for each line."""
    attribute = f' class="{kind}"' if kind else ""
    return "".join(
        f"<{tag}{attribute}>{html.escape(line, quote=False) or '<br>'}</{tag}>\n" for line in text.split("\n")
    )


def body_of(page: str) -> str:
    """What stands in the body of a page."""
    start = page.index(">", page.index("<body")) + 1
    return page[start : page.rindex("</body>")]


def gmail(answer: str, mail: Quoted) -> Reply:
    """Gmail in the browser: the introduction wrapped by its own rule."""
    lead = mail.wrote("EEE, d MMM y 'at' HH:mm" if mail.language == "en" else "EEE d MMM y, HH:mm", mail.who)
    lead = lead.replace(mail.who, f"{mail.who} <\n{mail.address}>", 1)
    flat = html.escape(lead.replace("\n", ""), quote=False)
    page = (
        f'<div dir="ltr">{as_html(answer)}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        f'class="gmail_attr">{flat}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        f'border-left:1px solid rgb(204,204,204);padding-left:1ex">{body_of(mail.html)}</blockquote></div>'
    )
    return Reply(f"{answer}\n\n{lead}\n\n{signed(mail.text)}\n", page)


def gmail_android(answer: str, mail: Quoted) -> Reply:
    """Gmail on a telephone writes paragraphs, and its HTML first."""
    made = gmail(answer, mail)
    page = made.html.replace('<div dir="ltr">', '<p dir="ltr">', 1).replace("</div><br>", "</p>\n", 1)
    return Reply(made.text.replace("\n\n>", "\n>", 1), page)


def gmail_ios(answer: str, mail: Quoted) -> Reply:
    """Gmail on an iPhone: a short date, one line."""
    lead = mail.wrote("EEE, MMM d, y 'at' h:mm a" if mail.language == "en" else "EEE. d MMM y 'um' HH:mm")
    page = (
        f'<div dir="auto">{as_html(answer)}</div><div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f"{html.escape(lead)}<br></div><blockquote>{body_of(mail.html)}</blockquote></div></div>"
    )
    return Reply(f"{answer}\n\n{lead}\n\n{signed(mail.text, width=76)}\n", page)


def outlook(answer: str, mail: Quoted) -> Reply:
    """Outlook for Windows: Word's HTML, and no sign before what is quoted."""
    block = mail.block()
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{margin:0}</style></head>'
        f'<body lang="EN-GB"><div class="WordSection1">{as_html(answer, tag="p", kind="MsoNormal")}'
        '<p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;'
        f'padding:3.0pt 0cm 0cm 0cm">{_bold_block(block, "p")}</div></div>{body_of(mail.html)}</div></body></html>'
    )
    return Reply(f"{answer}\n\n{block}\n\n{_spaced(mail.text)}\n", page)


def outlook_web(answer: str, mail: Quoted) -> Reply:
    """Outlook in the browser: a rule above the headers."""
    block = mail.block()
    page = (
        f'<div class="elementToProof" style="font-family: Aptos">{as_html(answer)}</div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><font>'
        f"{_bold_block(block, 'span')}</font><div>&nbsp;</div></div>{body_of(mail.html)}"
    )
    return Reply(f"{answer}\n{'_' * 32}\n{block}\n\n{mail.text}\n", page)


def outlook_mobile(answer: str, mail: Quoted) -> Reply:
    """Outlook on a telephone: its own line first."""
    made = outlook_web(f"{answer}\n\n{OUTLOOK[mail.language]}", mail)
    page = made.html.replace('id="appendonsend"', 'id="ms-outlook-mobile-signature"')
    return Reply(made.text, page)


def outlook_2003(answer: str, mail: Quoted) -> Reply:
    """Outlook of old: dashes around words."""
    words = HEADERS[mail.language][5]
    return Reply(f"{answer}\n\n-----{words}-----\n{mail.block()}\n\n{mail.text}\n")


def apple_mail(answer: str, mail: Quoted) -> Reply:
    """Apple Mail: the introduction stands inside the quotation."""
    lead = mail.wrote("d MMM y, 'at' HH:mm" if mail.language == "en" else "d. MMM y 'um' HH:mm")
    page = (
        f'<html><body style="overflow-wrap: break-word;">{as_html(answer)}<br id="lineBreakAtBeginningOfMessage">'
        f'<div><br><blockquote type="cite"><div>{html.escape(lead)}</div><br class="Apple-interchange-newline">'
        f"<div>{body_of(mail.html)}</div></blockquote></div><br></body></html>"
    )
    return Reply(f"{answer}\n\n{signed(lead + chr(10) + chr(10) + mail.text, width=400)}\n", page)


def ios_mail(answer: str, mail: Quoted) -> Reply:
    """Mail on an iPhone."""
    made = apple_mail(f"{answer}\n\n{PHONE[mail.language]}", mail)
    return Reply(
        made.text.replace("\n\n> ", "\n\n\ufeff> ", 1) if mail.at.minute % 2 else made.text, made.html
    )


def thunderbird(answer: str, mail: Quoted) -> Reply:
    """Thunderbird, answering above."""
    lead = mail.wrote("dd.MM.yy HH:mm", mail.who)
    page = (
        f"<html><body>{as_html(answer, tag='p')}<div class='moz-cite-prefix'>{html.escape(lead)}<br></div>"
        f"<blockquote type='cite' cite='mid:1@portal.example'>{body_of(mail.html)}</blockquote></body></html>"
    )
    return Reply(f"{answer}\n\n{lead}\n{signed(mail.text)}\n", page)


def thunderbird_below(answer: str, mail: Quoted) -> Reply:
    """Thunderbird, answering below."""
    lead = mail.wrote("dd.MM.yy HH:mm", mail.who)
    page = (
        f"<html><body><div class='moz-cite-prefix'>{html.escape(lead)}<br></div>"
        f"<blockquote type='cite'>{body_of(mail.html)}</blockquote>{as_html(answer, tag='p')}</body></html>"
    )
    return Reply(f"{lead}\n{signed(mail.text)}\n\n{answer}\n", page)


def yahoo(answer: str, mail: Quoted) -> Reply:
    """Yahoo: indented, no sign."""
    lead = mail.wrote(
        "EEEE, MMMM d, y 'at' hh:mm:ss a 'GMT+1'" if mail.language == "en" else "EEEE d MMMM y HH:mm:ss 'MEZ'"
    )
    page = (
        f'<div class="ydp1yahoo-style-wrap"><div dir="ltr">{as_html(answer)}</div><div><br></div></div><div '
        f'id="ydp2yahoo_quoted_1" class="yahoo_quoted"><div><div>{html.escape(lead)}</div><div><br></div>'
        f"<div>{body_of(mail.html)}</div></div></div>"
    )
    return Reply(f" {answer}\n\n    {lead}  \n \n {mail.text}   \n", page)


def gmx(answer: str, mail: Quoted) -> Reply:
    """GMX and Web.de: HTML alone, headers in bold."""
    sender, sent, _date, to, subject, _ = HEADERS[mail.language]
    rows = (
        (sent, mail.when("EEEE, d. MMMM y 'um' HH:mm 'Uhr'")),
        (sender, mail.sender),
        (to, mail.to),
        (subject, mail.subject),
    )
    block = "<br>".join(f"<b>{name}:</b>&nbsp;{html.escape(value, quote=False)}" for name, value in rows)
    page = (
        f'<html><head></head><body><div style="font-family: Verdana;font-size: 12.0px;">{as_html(answer)}<div>&nbsp;'
        f'<div name="quote" style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div>{block}</div>'
        f'<div name="quoted-content">{body_of(mail.html)}</div></div></div></div></body></html>'
    )
    return Reply("", page)


def proton(answer: str, mail: Quoted) -> Reply:
    """Proton Mail: its own line, then the introduction."""
    lead = mail.wrote("EEEE, d MMMM y 'at' HH:mm" if mail.language == "en" else "EEEE, d MMMM y, HH:mm")
    line = "Sent with Proton Mail secure email."
    page = (
        f'<div>{as_html(answer)}</div><div class="protonmail_signature_block"><div>{line}</div></div><div '
        f'class="protonmail_quote">{html.escape(lead)}<br><blockquote class="protonmail_quote" type="cite">'
        f"{body_of(mail.html)}</blockquote><br></div>"
    )
    return Reply(f"{answer}\n\n{line}\n\n{lead}\n\n{signed(mail.text, width=1000)}\n", page)


def zoho(answer: str, mail: Quoted) -> Reply:
    """Zoho: dashes around the introduction."""
    lead = mail.wrote("EEE, dd MMM y HH:mm:ss +0100").rstrip(" :")
    page = (
        f'<div style="font-family: Verdana">{as_html(answer)}</div><br><div class="zmail_extra" id="Zm-_Id_-Sgn1">'
        f"---- {html.escape(lead)} ----<br><br><blockquote id='blockquote_zmail'>{body_of(mail.html)}</blockquote></div>"
    )
    return Reply(f"{answer}\n\n---- {lead} ----\n\n\n{mail.text}\n", page)


def samsung(answer: str, mail: Quoted) -> Reply:
    """Samsung's mail: dashes, and a date with slashes."""
    words = HEADERS[mail.language][5]
    page = (
        f'<html><body dir="auto">{as_html(answer)}<div><br></div><div align="left" dir="auto" style="font-size:100%;">'
        f"<div>-------- {words} --------</div>{as_html(mail.block(date_as_sent=False))}<div><br></div></div>"
        f"{body_of(mail.html)}</body></html>"
    )
    return Reply(
        f"{answer}\n\n-------- {words} --------\n{mail.block(date_as_sent=False)}\n\n{mail.text}\n", page
    )


def k9(answer: str, mail: Quoted) -> Reply:
    """K-9: a signature between answer and quotation."""
    lead = mail.wrote("d MMMM y HH:mm:ss 'CET'")
    return Reply(f"{answer}\n-- \n{K9[mail.language]}\n\n{lead}\n{signed(mail.text, sign='>')}\n")


def fairemail(answer: str, mail: Quoted) -> Reply:
    """FairEmail: a date, a name and a colon, without a verb."""
    lead = f"{mail.when('d MMM y, HH:mm:ss')} {mail.sender}:"
    page = f"<p>{as_html(answer)}</p><p>{html.escape(lead)}</p><blockquote>{body_of(mail.html)}</blockquote>"
    return Reply(f"{answer}\n\n{lead}\n\n{signed(mail.text)}\n", page)


def notes(answer: str, mail: Quoted) -> Reply:
    """Lotus Notes: headers in columns."""
    block = mail.block(date_as_sent=False, gap=" " * 8)
    return Reply(f"{answer}\n\n\n\n{block}\n{'_' * 40}\n\n\n\n{signed(mail.text, width=90, sign='')}\n")


def roundcube(answer: str, mail: Quoted) -> Reply:
    """Roundcube, answering below."""
    lead = mail.wrote("y-MM-dd HH:mm", mail.who)
    return Reply(f"{lead}\n{signed(mail.text)}\n\n{answer}\n")


def hubspot(answer: str, mail: Quoted) -> Reply:
    """HubSpot's inbox: HTML alone, no sign."""
    lead = mail.wrote("EEE, MMM d, y, h:mm a")
    page = (
        f"<div>{as_html(answer, tag='p')}</div><div class='hs_reply'><p>{html.escape(lead)}</p>"
        f"<div>{body_of(mail.html)}</div></div>"
    )
    return Reply("", page)


def mutt(answer: str, mail: Quoted) -> Reply:
    """Mutt, answering below, with a signature."""
    lead = mail.wrote("EEE, MMM dd, y 'at' hh:mm:ss a +0100", mail.who)
    return Reply(
        f"{lead}\n{signed(mail.text)}\n\n{answer}\n\n-- \nhttps://maple.example | +44 20 7946 0000\n"
    )


def groupwise(answer: str, mail: Quoted) -> Reply:
    """GroupWise: three signs around name and date."""
    return Reply(f"{answer}\n\n>>> {mail.sender} {mail.when('dd.MM.y HH:mm')} >>>\n{mail.text}\n")


def _bold_block(block: str, tag: str) -> str:
    rows = [row.partition(":") for row in block.split("\n")]
    return "".join(
        f'<{tag} class="MsoNormal"><b>{name}:</b> {html.escape(value, quote=False)}</{tag}><br>'
        for name, _, value in rows
    )


def _spaced(text: str) -> str:
    """Word puts an empty line below every line."""
    return text.replace("\n", "\n\n").replace("\n\n\n\n", "\n\n\n")


PROGRAMS: Final[Mapping[str, Program]] = {
    program.__name__: program
    for program in (
        *(gmail, gmail_android, gmail_ios, outlook, outlook_web, outlook_mobile, outlook_2003, apple_mail),
        *(ios_mail, thunderbird, thunderbird_below, yahoo, gmx, proton, zoho, samsung, k9, fairemail, notes),
        *(roundcube, hubspot, mutt, groupwise),
    )
}
