"""How more mail programs quote the mail they answer: forms without a sign, a colon or a line of its own."""

import html
from collections.abc import Mapping
from typing import Final

from babel.dates import format_datetime

from tests.factories.reply_programs import (
    HEADERS,
    Program,
    Quoted,
    Reply,
    as_html,
    body_of,
    signed,
)

GALAXY: Final = {
    "en": "Sent from my Galaxy",
    "de": "Von meinem Galaxy gesendet",
    "fr": "Envoyé depuis mon appareil Galaxy",
    "nl": "Verzonden vanaf mijn Galaxy",
    "es": "Enviado desde mi Galaxy",
}
OUTLOOK_APP: Final = {
    "en": "Sent from Outlook for iOS<https://aka.ms/o0ukef>",
    "de": "Holen Sie sich Outlook für Android<https://aka.ms/AAb9ysg>",
    "fr": "Télécharger Outlook pour Android<https://aka.ms/AAb9ysg>",
    "nl": "Download Outlook voor Android<https://aka.ms/AAb9ysg>",
    "es": "Obtener Outlook para Android<https://aka.ms/AAb9ysg>",
}
YAHOO_APP: Final = {
    "en": "Sent from Yahoo Mail for iPhone <https://mail.onelink.me/107872968?pid=nativeplacement>",
    "de": "Gesendet von Yahoo Mail für iPhone <https://mail.onelink.me/107872968?pid=nativeplacement>",
    "fr": "Envoyé à partir de Yahoo Mail pour iPhone <https://mail.onelink.me/107872968>",
    "nl": "Verzonden vanuit Yahoo Mail voor iPhone <https://mail.onelink.me/107872968>",
    "es": "Enviado desde Yahoo Mail para iPhone <https://mail.onelink.me/107872968>",
}
PROTON: Final = {
    "en": "Sent from Proton Mail for Android.",
    "de": "Gesendet mit Proton Mail sicherer E-Mail.",
    "fr": "Envoyé avec la messagerie sécurisée Proton Mail.",
    "nl": "Verzonden met Proton Mail beveiligde e-mail.",
    "es": "Enviado con el correo seguro de Proton Mail.",
}
WEB_DE: Final = "Diese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet."
# As Thunderbird introduces in languages that we do not write in.
ABROAD: Final = (
    ("it", "Il dd/MM/y HH:mm", "{when}, {who} ha scritto:"),
    ("pl", "d.MM.y", "W dniu {when} o 09:30, {who} pisze:"),
    ("da", "dd.MM.y", "Den {when} kl. 09.30 skrev {who}:"),
    ("sv", "y-MM-dd", "Den {when} kl. 09:30, skrev {who}:"),
    ("cs", "dd. MM. yy", "Dne {when} v 9:30 {who} napsal(a):"),
    ("pt", "dd/MM/y HH:mm", "Em {when}, {who} escreveu:"),
    ("hu", "y. MM. dd. H:mm", "{when} keltezéssel, {who} írta:"),
    ("fi", "d.M.y", "{who} kirjoitti {when} klo 9.30:"),
)
ORANGE: Final = {
    "en": ("Message of", "From", "To", "Subject"),
    "de": ("Nachricht vom", "Von", "An", "Betreff"),
    "fr": ("Message du", "De", "A", "Objet"),
    "nl": ("Bericht van", "Van", "Aan", "Onderwerp"),
    "es": ("Mensaje del", "De", "A", "Asunto"),
}
KPN: Final = {
    "en": "On {when} CET {who} wrote:",
    "de": "{who} hat am {when} CET geschrieben:",
    "fr": "Le {when} CET, {who} a écrit :",
    "nl": "Op {when} CET schreef {who}:",
    "es": "El {when} CET {who} escribió:",
}
YAHOO: Final = {
    "en": "On {when}, {who} wrote:",
    "de": "Am {when} hat {who} Folgendes geschrieben:",
    "fr": "Le {when}, {who} a écrit :",
    "nl": "Op {when} schreef {who}:",
    "es": "El {when}, {who} escribió:",
}
NAME_FIRST: Final = {
    "en": "{who} wrote on {when}:",
    "de": "{who} schrieb am {when}:",
    "fr": "{who} a écrit le {when} :",
    "nl": "{who} schreef op {when}:",
    "es": "{who} escribió el {when}:",
}
APPLE: Final = {
    "en": "On {when}, {who} wrote:",
    "de": "Am {when} schrieb {who}:",
    "fr": "Le {when}, {who} a écrit :",
    "nl": "Op {when} heeft {who} het volgende geschreven:",
    "es": "El {when}, {who} escribió:",
}


def zoho_web(answer: str, mail: Quoted) -> Reply:
    """Zoho in the browser: dashes, no colon; three or four of them."""
    dashes = "-" * (3 + mail.at.minute % 2)
    when = mail.when("EEE, dd MMM y HH:mm:ss +0100")
    lead = (
        f"---- On {when} {mail.sender} wrote {dashes}"
        if mail.language == "en"
        else f"---- {mail.wrote('EEE, dd MMM y HH:mm:ss +0100').rstrip(' :')} {dashes}"
    )
    page = (
        f'<div style="font-size: 10pt;"><div>{as_html(answer)}</div><br></div><div>'
        f'{html.escape(lead)}</div><blockquote style="margin: 0px;">{body_of(mail.html)}'
        f"</blockquote>"
    )
    return Reply(f"{answer}\n\n\n\n{lead}\n\n\n\n{mail.text}\n", page)


def zoho_mobile(answer: str, mail: Quoted) -> Reply:
    """Zoho on a telephone: a name between dashes, without a date."""
    verb = {"en": "wrote", "de": "schrieb", "fr": "a écrit", "nl": "schreef", "es": "escribió"}[mail.language]
    return Reply(f"{answer}\n\n\n---- {mail.who} {verb} ----\n\n{mail.text}\n")


def spark(answer: str, mail: Quoted) -> Reply:
    """Spark: a comma before the verb, and marks of its own."""
    when = mail.when("d MMM y 'at' HH:mm +0100" if mail.language == "en" else "d. MMM y, HH:mm +0100")
    lead = {
        "en": f"On {when}, {mail.sender}, wrote:",
        "de": f"Am {when} schrieb {mail.sender}:",
        "fr": f"Le {when}, {mail.sender}, a écrit :",
        "nl": f"Op {when} schreef {mail.sender}:",
        "es": f"El {when}, {mail.sender}, escribió:",
    }[mail.language]
    page = (
        f'<html><body><div name="messageBodySection"><div dir="auto">{as_html(answer)}</div></div>'
        f'<div name="messageReplySection">{html.escape(lead)}<br /><blockquote type="cite"'
        f' style="border-left: thin">'
        f"{body_of(mail.html)}</blockquote></div></body></html>"
    )
    return Reply(f"{answer}\n{lead}\n{signed(mail.text, width=200)}\n", page)


def bluemail(answer: str, mail: Quoted) -> Reply:
    """BlueMail: the date twice, and invisible letters around its own line."""
    line = "\u2063Get BlueMail for Android \u200b"
    when, hour = mail.when("d MMM y, HH:mm"), mail.when("HH:mm")
    lead = (
        mail.wrote("d MMM y, HH:mm").replace(when, f"{when}, at {hour}")
        if mail.language == "en"
        else mail.wrote("d MMM y, HH:mm")
    )
    page = (
        f'<html><body><div dir="auto">{as_html(answer)}</div><div dir="auto">\u2063<a'
        f' href="https://bluemail.me">Get BlueMail for '
        f'Android</a> \u200b</div><div class="gmail_quote">{html.escape(lead)}<blockquote'
        f' class="gmail_quote">{body_of(mail.html)}'
        "</blockquote></div></body></html>"
    )
    return Reply(
        f"{answer}\n\n{line}\n\n{lead}\n\n{signed(mail.text, sign='>')}\n",
        page,
        added="Get BlueMail for Android",
    )


def galaxy(answer: str, mail: Quoted) -> Reply:
    """Samsung's mail with its own line, and a block in which values stand far off."""
    words = HEADERS[mail.language][5]
    line = GALAXY[mail.language]
    block = mail.block(date_as_sent=False).replace(": ", ":  ", 2)
    page = (
        f'<html><body dir="auto"><div dir="auto">{as_html(answer)}</div><div'
        f' id="composer_signature" dir="auto">{line}</div>'
        f'<div dir="auto"><br></div><div>-------- {words} --------</div>{as_html(block)}<div><br>'
        f"</div>{body_of(mail.html)}"
        "</body></html>"
    )
    return Reply(
        f"{answer}\n\n\n\n{line}\n\n\n-------- {words} --------\n{block}\n\n{mail.text}\n", page, added=line
    )


def galaxy_one_line(answer: str, mail: Quoted) -> Reply:
    """Samsung's mail of old: separator and headers in one line."""
    words = HEADERS[mail.language][5]
    block = mail.block(date_as_sent=False).replace("\n", " ")
    line = GALAXY[mail.language]
    page = (
        f"<html><body>{as_html(answer)}<br>{line}<br><br>-------- {words} --------"
        f"{html.escape(block)} <br>{body_of(mail.html)}</body></html>"
    )
    return Reply(f"{answer}\n\n{line}\n\n-------- {words} --------{block} \n{mail.text}\n", page, added=line)


def gmx_new(answer: str, mail: Quoted) -> Reply:
    """GMX as it is today: plain text with an introduction and names in quotes."""
    lead = mail.wrote("dd.MM.yy, HH:mm", f'"{mail.who}" <{mail.address}>')
    return Reply(f"{answer}\n\n{lead}\n\n{signed(mail.text)}\n")


def web_de_app(answer: str, mail: Quoted) -> Reply:
    """The app of web.de: a delimiter, its own line, and an introduction."""
    lead = mail.wrote("dd.MM.yy, HH:mm")
    page = (
        f"<html><body>{as_html(answer)}<br><br>-- <br>{WEB_DE}<div class='gmail_quote'>{html.escape(lead)}"
        f"<blockquote class='gmail_quote'>{body_of(mail.html)}</blockquote></div></body></html>"
    )
    return Reply(f"{answer}\n-- \n{WEB_DE}\n{lead}\n{signed(mail.text)}\n", page, added=f"--\n{WEB_DE}")


def orange(answer: str, mail: Quoted) -> Reply:
    """Orange: everything led by signs, the headers too."""
    words = ORANGE[mail.language]
    block = (
        f'{words[0]} {mail.when("dd/MM/yy HH:mm")}\n{words[1]} : "{mail.who}" <{mail.address}>\n'
        f"{words[2]} : {mail.to}\n{words[3]} : {mail.subject}\n"
    )
    return Reply(f"{answer}\n\n\n\n{signed(block + chr(10) + mail.text, width=300)}\n")


def orange_new(answer: str, mail: Quoted) -> Reply:
    """Orange as it is today: headers in small letters, without a rule."""
    sender, sent, _date, to, subject, _ = HEADERS[mail.language]
    rows = (
        (sent, mail.when("d MMM y 'à' HH:mm")),
        (sender, mail.sender),
        (to, mail.to),
        (subject, mail.subject),
    )
    block = [f"{name.lower()} : {value}" for name, value in rows]
    page = (
        f"<div>{as_html(answer)}</div><br><div><blockquote style='border-left: 1px solid'>"
        f"{as_html(chr(10).join(block))}<br>{body_of(mail.html)}</blockquote></div>"
    )
    return Reply("\n".join([answer, "", *block, "", mail.text, ""]), page)


def kpn(answer: str, mail: Quoted) -> Reply:
    """KPN and others with Open-Xchange: the introduction is led by a sign, too."""
    lead = KPN[mail.language].format(when=mail.when("dd-MM-y HH:mm"), who=mail.sender)
    page = (
        f'<!doctype html><html><body><div class="default-style">{as_html(answer)}</div><blockquote'
        f' type="cite"><div>'
        f"{html.escape(lead)}</div><div>&nbsp;</div>{body_of(mail.html)}</blockquote></body></html>"
    )
    return Reply(f"{answer}\n\n{signed(lead + chr(10) + chr(10) + mail.text, width=900)}\n", page)


def thunderbird_abroad(answer: str, mail: Quoted) -> Reply:
    """Thunderbird in eight more languages."""
    locale, pattern, words = ABROAD[mail.at.minute % len(ABROAD)]
    pattern = pattern.replace("Il", "'Il'")
    lead = words.format(when=format_datetime(mail.at, pattern, locale=locale), who=mail.who)
    page = (
        f'<html><body>{as_html(answer, tag="p")}<div class="moz-cite-prefix">{html.escape(lead)}<br></div>'
        f"<blockquote type='cite'>{body_of(mail.html)}</blockquote></body></html>"
    )
    return Reply(f"{answer}\n\n{lead}\n{signed(mail.text)}\n", page)


def outlook_app(answer: str, mail: Quoted) -> Reply:
    """Outlook on a telephone as it is today, and with a link under its own line."""
    line = OUTLOOK_APP[mail.language]
    label, _, target = line.rstrip(">").partition("<")
    page = (
        f'<html><body><div dir="ltr">{as_html(answer)}</div><div id="ms-outlook-mobile-signature">'
        f'<a href="{target}">{label}</a>'
        f'</div><div id="mail-editor-reference-message-container"><hr'
        f' style="display:inline-block;width:98%"><div><b>'
        f"{mail.block().replace(chr(10), '<br>')}</b></div>{body_of(mail.html)}</div></body></html>"
    )
    return Reply(f"{answer}\n\n{line}\n{'_' * 32}\n{mail.block()}\n\n{mail.text}\n", page, added=line)


def windows_mail(answer: str, mail: Quoted) -> Reply:
    """Mail for Windows: its own line, and headers without a rule."""
    line = "Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows"
    return Reply(f"{answer}\n\n{line}\n\n{mail.block()}\n\n{mail.text}\n", added=line)


def yahoo_web(answer: str, mail: Quoted) -> Reply:
    """Yahoo in the browser: HTML alone; lists end where the introduction begins."""
    pattern = (
        "EEEE, MMMM d, y 'at' hh:mm:ss a 'GMT+1'"
        if mail.language == "en"
        else "EEEE, d. MMMM y, HH:mm:ss 'MEZ'"
    )
    lead = YAHOO[mail.language].format(when=mail.when(pattern), who=mail.sender)
    rows = answer.split("\n")
    listed = "".join(f"<li>{html.escape(row[2:])}</li>" for row in rows if row.startswith("- "))
    text = as_html("\n".join(row for row in rows if not row.startswith("- "))) if listed else as_html(answer)
    page = (
        f'<html><body><div class="ydp5yahoo-style-wrap"><div dir="ltr">'
        f"{text if not listed else as_html(rows[0])}"
        f"{f'<ul>{listed}</ul>' if listed else ''}</div></div>"
        f'<div id="ydp3yahoo_quoted_77" class="ydp3yahoo_quoted"><div><div>{html.escape(lead)}'
        f"</div><div>{body_of(mail.html)}"
        "</div></div></div></body></html>"
    )
    if listed and (len([row for row in rows if row.startswith("- ")]) != len(rows) - 1):
        page = page.replace(as_html(rows[0]), as_html("\n".join(rows)), 1).replace(f"<ul>{listed}</ul>", "")
    return Reply("", page)


def yahoo_app(answer: str, mail: Quoted) -> Reply:
    """Yahoo on an iPhone: its own line with a link; the introduction just above, no sign."""
    line = YAHOO_APP[mail.language]
    lead = YAHOO[mail.language].format(when=mail.when("EEEE, d MMMM y, HH:mm"), who=mail.sender)
    label, _, target = line.rstrip(">").partition(" <")
    page = (
        f"<div>{as_html(answer)}</div><br><p style='margin:0'><a href='{target}'>{label}</a></p>"
        f"<br><p class='yahoo-quoted-begin' "
        f"style='font-size: 15px'>{html.escape(lead)}</p><blockquote class='iosymail'>"
        f"{body_of(mail.html)}</blockquote>"
    )
    return Reply(f"{answer}\n\n\n{line}\n\n{lead}\n\n{mail.text}\n", page, added=line)


def proton_today(answer: str, mail: Quoted) -> Reply:
    """Proton Mail as it is today: the name before the verb, in many languages."""
    lead = NAME_FIRST[mail.language].format(when=mail.when("EEEE, d MMMM y, HH:mm"), who=mail.sender)
    line = PROTON[mail.language]
    page = (
        f'<div style="font-family: Arial">{as_html(answer)}</div><div'
        f' class="protonmail_signature_block"><div class="protonmail_signature_'
        f'block-proton">{line}</div></div><div class="protonmail_quote">{html.escape(lead)}<br><blockquote '
        f'class="protonmail_quote" type="cite">{body_of(mail.html)}</blockquote><br></div>'
    )
    return Reply(f"{answer}\n\n{line}\n\n{lead}\n\n{signed(mail.text, width=1000)}\n", page, added=line)


def proton_mobile(answer: str, mail: Quoted) -> Reply:
    """Proton Mail on a telephone: the introduction twice in its own link."""
    lead = (
        mail.wrote("EEE, MMM d, y 'at' HH:mm" if mail.language == "en" else "EEE, d MMM y, HH:mm", "")
        .rstrip(":")
        .strip()
    )
    broken = (
        lead.replace(f"<{mail.address}>", f"<[{mail.address}](mailto:{lead.partition('<')[0]}<<a href=)>")
        + ":"
    )
    line = PROTON[mail.language]
    return Reply(
        f"{answer}\n\n{line}\n\n\n-------- {HEADERS[mail.language][5]} --------\n{broken}\n\n"
        f"{signed(mail.text, width=1000)}\n",
        added=line,
    )


def apple_abroad(answer: str, mail: Quoted) -> Reply:
    """Apple Mail with the months and verbs of its language."""
    when = {
        "en": "d MMM y, 'at' HH:mm",
        "de": "dd.MM.y 'um' HH:mm",
        "fr": "d MMM y 'à' HH:mm",
        "nl": "d MMM y, 'om' HH:mm",
        "es": "d MMM y, 'a las' H:mm",
    }
    lead = APPLE[mail.language].format(when=mail.when(when[mail.language]), who=mail.sender)
    page = (
        f'<html><body style="overflow-wrap: break-word; line-break: after-white-space;">'
        f'{as_html(answer)}<div><blockquote type="cite">'
        f'<div>{html.escape(lead)}</div><br class="Apple-interchange-newline"><div>'
        f"{body_of(mail.html)}</div></blockquote></div></body></html>"
    )
    return Reply(f"{answer}\n\n{signed(lead + chr(10) + chr(10) + mail.text, width=500)}\n", page)


def yandex(answer: str, mail: Quoted) -> Reply:
    """Yandex: the time or date first, then who, and no verb."""
    when = mail.when("h:mm a, MMMM d, y" if mail.language == "en" else "dd.MM.y, HH:mm")
    lead = f"{when}, {mail.sender}:"
    page = (
        f"<div>{as_html(answer)}</div><div>\u00a0</div><div>{html.escape(lead)}</div><blockquote>"
        f"{body_of(mail.html)}</blockquote>"
    )
    return Reply(f"{answer}\n \n{lead}\n{signed(mail.text, width=500, sign='')}\n", page)


def nine(answer: str, mail: Quoted) -> Reply:
    """Nine and HTC's mail: an introduction without a colon."""
    lead = mail.wrote("d MMM y HH:mm").rstrip(" :")
    return Reply(f"{answer}\n\n{lead}\n\n{mail.text}\n")


def airmail(answer: str, mail: Quoted) -> Reply:
    """Airmail: the address in round brackets."""
    lead = mail.wrote(
        "d MMMM y 'at' HH:mm:ss" if mail.language == "en" else "d MMMM y HH:mm:ss",
        f"{mail.who} ({mail.address})",
    )
    page = (
        f'<html><body><div id="bloop_customfont">{as_html(answer)}</div> <br><p'
        f' class="airmail_on">{html.escape(lead)}</p> <blockquote type="cite" class="clean_bq">'
        f"<span>{body_of(mail.html)}</span></blockquote></body></html>"
    )
    return Reply(f"{answer}\n\n{lead}\n\n{mail.text}\n", page)


def superhuman(answer: str, mail: Quoted) -> Reply:
    """Superhuman: HTML with a bold name and spaces inside the brackets."""
    lead = html.escape(
        mail.wrote(
            "EEE, MMM d, y 'at' h:mm a" if mail.language == "en" else "EEE d MMM y HH:mm",
            f"{mail.who} < {mail.address} >",
        )
    )
    page = (
        f'<html><body><div><div>{as_html(answer)}</div><br><div><div style="display: none; border:'
        f' 0px;"></div><div class="gmail_signature"></div></div><br><div><div'
        f' class="sh-quoted-content">{lead}<br><blockquote>{body_of(mail.html)}</blockquote></div>'
        f"</div></div></body></html>"
    )
    return Reply(f"{answer}\n\n{html.unescape(lead)}\n\n{signed(mail.text)}\n", page)


def aol(answer: str, mail: Quoted) -> Reply:
    """AOL: an original message whose date comes third."""
    sender, sent, _date, to, subject, words = HEADERS[mail.language]
    block = (
        f"{sender}: {mail.sender}\n{to}: {mail.to}\n{sent}: {mail.when('EEE, MMM d, y h:mm a')}\n"
        f"{subject}: {mail.subject}"
    )
    page = (
        f"<div style='color:black;'>{as_html(answer)}<br><div>-----{words}-----<br>"
        f"{html.escape(block).replace(chr(10), '<br>')}<br><br><div id='yiv01'>"
        f"{body_of(mail.html)}</div></div></div>"
    )
    return Reply(f"{answer}\n\n-----{words}-----\n{block}\n\n{mail.text}\n", page)


MORE_PROGRAMS: Final[Mapping[str, Program]] = {
    program.__name__: program
    for program in (
        *(
            zoho_web,
            zoho_mobile,
            spark,
            bluemail,
            galaxy,
            galaxy_one_line,
            gmx_new,
            web_de_app,
            orange,
            orange_new,
        ),
        *(
            kpn,
            thunderbird_abroad,
            outlook_app,
            windows_mail,
            yahoo_web,
            yahoo_app,
            proton_today,
            proton_mobile,
        ),
        *(apple_abroad, yandex, nine, airmail, superhuman, aol),
    )
}
