"""Notices that a mail did not arrive: three for each reason there is, as ten mail servers write them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from textwrap import wrap
from typing import Final

TO: Final = "claire@maple.example"
OURS: Final = (
    "From: Tom <reply+x@portal.example>\nTo: claire@maple.example\nSubject: Access for Ana\n\nWho is Ana?\n"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a server answers: the enhanced status and its words, with the code in front."""

    status: str
    words: str

    @property
    def is_late(self) -> bool:
        """Whether the server may take the mail later."""
        return self.status.startswith("4.")


def _three(*rows: str) -> tuple[Refusal, ...]:
    return tuple(Refusal(*row.split(" | ")) for row in rows)


REASONS: Final[Mapping[str, tuple[Refusal, ...]]] = {
    "authfailure": _three(
        "5.7.26 | 550 5.7.26 This mail has been blocked because the sender is unauthenticated",
        "5.7.1 | 550 5.7.1 Unauthenticated email from portal.example is not accepted due to its DMARC policy",
        "5.7.23 | 550 5.7.23 The message was rejected because of Sender Policy Framework violation",
    ),
    "badreputation": _three(
        "5.7.1 | 550 5.7.1 [192.0.2.7] Our system has detected the very low reputation of the sending domain",
        "5.7.511 | 550 5.7.511 Access denied, banned sender [192.0.2.7]",
        "4.7.650 | 451 4.7.650 [192.0.2.7] has been temporarily rate limited due to IP reputation",
    ),
    "blocked": _three(
        "5.7.1 | 550 5.7.1 Service unavailable, Client host [192.0.2.7] blocked using a DNS list",
        "5.7.606 | 550 5.7.606 Access denied, banned sending IP [192.0.2.7]",
        "5.0.0 | 501 5.0.0 Connected to 192.0.2.112 but my name was rejected: Invalid domain name",
    ),
    "contenterror": _three(
        "5.6.0 | 550 5.6.0 Invalid header found (see RFC2822 section 3.6)",
        "5.6.9 | 550 5.6.9 improper use of 8-bit data in message header",
        "5.6.11 | 550 5.6.11 Bare linefeeds are illegal",
    ),
    "exceedlimit": _three(
        "5.2.3 | 552 5.2.3 Message length exceeds administrative limit",
        "5.2.3 | 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient",
        "5.5.3 | 550 5.5.3 Too many recipients in this message",
    ),
    "expired": _three(
        "5.4.7 | 554 5.4.7 delivery expired (message too old)",
        "4.4.7 | 451 4.4.7 Message delayed; the retry time has been exceeded",
        "5.0.0 | 550 Retry timeout exceeded for the last 5 days",
    ),
    "failedstarttls": _three(
        "4.7.5 | 454 4.7.5 Server certificate not trusted",
        "5.7.10 | 530 5.7.10 Must issue a STARTTLS command first",
        "4.7.0 | 403 4.7.0 TLS handshake failed",
    ),
    "filtered": _three(
        "5.2.0 | 550 5.2.0 Message filtered. Please see the FAQs section on spam",
        "5.2.1 | 550 5.2.1 The user you are trying to contact is not receiving mail",
        "5.7.1 | 550 5.7.1 Resolver.RST.RestrictedToRecipientsPermission; not authorized",
    ),
    "hasmoved": _three(
        "5.1.6 | 550 5.1.6 recipient no longer on server: claire@maple.example",
        "5.1.6 | 551 5.1.6 The mailbox has moved; forwarding is not done",
        "5.1.6 | 551 not our customer any more, please try claire@oak.example",
    ),
    "hostunknown": _three(
        "5.1.2 | 550 5.1.2 Host or domain name not found. Name service error for name=maple.example type=MX",
        "5.4.4 | 550 5.4.4 [internal] Domain Lookup Failed",
        "5.1.2 | 512 5.1.2 No such domain",
    ),
    "mailboxfull": _three(
        "5.2.2 | 552 5.2.2 The email account that you tried to reach is over quota",
        "4.2.2 | 452 4.2.2 Mailbox full",
        "5.2.2 | 554 5.2.2 mailbox full; QuotaExceededException",
    ),
    "mailererror": _three(
        "5.3.0 | X-Unix; 255",
        "5.3.0 | 554 5.3.0 unknown mailer error 127",
        '5.3.0 | x-unix; Command died with status 1: "/usr/bin/procmail"',
    ),
    "messagetoobig": _three(
        "5.3.4 | 552 5.3.4 Message size exceeds fixed limit",
        "5.3.4 | 523 5.3.4 the message size 31457280 exceeds the size limit of the recipient",
        "5.3.4 | 553 Exceeded maximum inbound message size",
    ),
    "networkerror": _three(
        "4.4.2 | 421 4.4.2 lost connection while sending RCPT TO",
        "5.4.6 | 554 5.4.6 Too many hops, mail loop detected",
        "4.4.1 | 450 connect to mx.maple.example[192.0.2.1]:25: Connection timed out",
    ),
    "norelaying": _three(
        "5.7.1 | 554 5.7.1 <claire@maple.example>: Relay access denied",
        "5.7.64 | 550 5.7.64 TenantAttribution; Relay Access Denied",
        "5.7.1 | 550 5.7.1 Unable to relay for claire@maple.example",
    ),
    "notaccept": _three(
        "5.3.2 | 556 5.3.2 The server does not accept mail",
        "5.1.10 | 556 5.1.10 Recipient address has null MX",
        "5.3.2 | 521 5.3.2 Server does not accept mail from anybody",
    ),
    "notcompliantrfc": _three(
        "5.7.1 | 550 5.7.1 This message is not RFC 5322 compliant: multiple From headers",
        "5.6.0 | 550 5.6.0 Messages missing a valid Message-ID header are not accepted",
        "5.5.2 | 554 5.5.2 Message has a duplicated Subject header, not RFC compliant",
    ),
    "onhold": _three(
        "5.0.0 | ",
        "4.0.0 | 450 4.0.0 temporarily held",
        "5.0.0 | 550 The mail was not delivered",
    ),
    "policyviolation": _three(
        "5.7.7 | 570 5.7.7 Email not accepted for policy reasons",
        "5.7.9 | 554 5.7.9 Message not accepted for policy reasons",
        "5.7.0 | 552 5.7.0 This message was blocked because its content presents a potential security issue",
    ),
    "ratelimited": _three(
        "4.7.28 | 421 4.7.28 Our system has detected an unusual rate of mail from your address",
        "4.7.0 | 421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume",
        "4.2.1 | 450 4.2.1 The user you are trying to contact is receiving mail too quickly",
    ),
    "rejected": _three(
        "5.7.1 | 550 5.7.1 <reply+x@portal.example>... Access denied",
        "5.1.8 | 553 5.1.8 Sender address rejected: Domain not found",
        "5.7.1 | 550 5.7.1 sender was rejected",
    ),
    "requireptr": _three(
        "5.7.25 | 550 5.7.25 The IP address sending this message does not have a PTR record",
        "4.7.1 | 450 4.7.1 Client host rejected: cannot find your reverse hostname",
        "5.7.1 | 554 5.7.1 Reverse DNS lookup failed for host 192.0.2.7",
    ),
    "securityerror": _three(
        "5.7.0 | 552 5.7.0 Our system detected an illegal attachment on your message",
        "5.7.8 | 535 5.7.8 Authentication credentials invalid",
        "5.7.14 | 534 5.7.14 Please log in with your web browser and then try again",
    ),
    "spamdetected": _three(
        "5.7.1 | 550 5.7.1 Message content rejected, UBE, id=00000-00-000",
        "5.7.1 | 554 5.7.1 Spam message rejected because of anti-spam policy",
        "5.7.0 | 550 5.7.0 High probability of spam",
    ),
    "suppressed": _three(
        "5.1.1 | 550 5.1.1 Amazon SES did not send the message: the address is on the suppression list",
        "5.0.0 | 554 Recipient is on our suppression list; not delivered",
        "5.1.1 | 550 5.1.1 unable to send mail to a suppressed address",
    ),
    "suspend": _three(
        "5.2.1 | 550 5.2.1 The email account that you tried to reach is disabled",
        "5.7.1 | 554 5.7.1 recipient is inactive or suspended",
        "5.2.1 | 553 5.2.1 mailbox is suspended, unpaid account",
    ),
    "syntaxerror": _three(
        "5.5.1 | 503 5.5.1 Improper sequence of commands",
        "5.5.4 | 501 5.5.4 Invalid address: syntax error in parameters",
        "5.5.4 | 504 5.5.4 Command parameter not implemented",
    ),
    "systemerror": _three(
        "4.4.3 | 451 4.4.3 Unable to contact LDAP server",
        "5.3.5 | 554 5.3.5 Local configuration error",
        "4.3.0 | 451 4.3.0 Temporary lookup failure",
    ),
    "systemfull": _three(
        "4.3.1 | 452 4.3.1 Insufficient system storage",
        "5.3.1 | 550 5.3.1 Mail system full",
        "4.3.1 | 431 4.3.1 disk is full",
    ),
    "toomanyconn": _three(
        "4.3.2 | 452 4.3.2 Connection rate limit exceeded",
        "4.7.0 | 421 4.7.0 Too many concurrent connections from this client",
        "4.4.5 | 421 Too many messages in this session",
    ),
    "undefined": _three(
        "5.0.0 | 550 Zustellung nicht möglich",
        "5.0.0 | 554 配送できませんでした",
        "5.9.9 | 599 something else",
    ),
    "userunknown": _three(
        "5.1.1 | 550 5.1.1 The email account that you tried to reach does not exist",
        "5.1.10 | 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        "5.1.1 | 550 5.1.1 <claire@maple.example>: User unknown in virtual mailbox table",
    ),
    "virusdetected": _three(
        "5.7.0 | 554 5.7.0 Your message was infected with a virus",
        "5.7.1 | 550 5.7.1 virus Eicar-Test-Signature detected",
        "5.7.9 | 554 5.7.9 The message contains a virus and was refused",
    ),
}


def _message(sender: str, subject: str, *, null: bool = True, **headers: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    if null:
        message["Return-Path"] = "<>"
    message["From"], message["To"], message["Subject"] = sender, "reply+x@portal.example", subject
    message["Date"], message["Message-ID"] = "Mon, 01 Mar 2027 09:31:00 +0100", "<bounce-1@mx.maple.example>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def _report(
    message: EmailMessage, words: str, refusal: Refusal, reporting: str = "dns; mx.maple.example"
) -> bytes:
    """A report as RFC 3464 says: words, what happened to each recipient, and our mail."""
    status = (
        f"Reporting-MTA: {reporting}\n\nFinal-Recipient: rfc822; {TO}\n"
        f"Action: {'delayed' if refusal.is_late else 'failed'}\nStatus: {refusal.status}\n"
        f"Diagnostic-Code: smtp; {refusal.words}\n"
    )
    parts = (
        ("text/plain; charset=utf-8", words),
        ("message/delivery-status", status),
        ("message/rfc822", OURS),
    )
    return _several(message, "delivery-status", *parts)


def _several(message: EmailMessage, report: str, *parts: tuple[str, str]) -> bytes:
    message["Content-Type"] = f'multipart/report; report-type={report}; boundary="b"'
    head = "".join(f"{name}: {value}\n" for name, value in message.items())
    body = "".join(f"--b\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    return f"{head}\n{body}--b--\n".replace("\n", "\r\n").encode()


def _plain(message: EmailMessage, words: str) -> bytes:
    message.set_content(words)
    return message.as_bytes()


def postfix(refusal: Refusal) -> bytes:
    """Postfix: a report, and the host that refused."""
    late = "Delayed Mail (still being retried)" if refusal.is_late else "Undelivered Mail Returned to Sender"
    words = (
        "This is the mail system at host mail.portal.example.\n\nI'm sorry to inform you that your message\n"
        "could not be delivered to one or more recipients. It's attached below.\n\n"
        f"<{TO}>: host mx.maple.example[192.0.2.1] said:\n    {refusal.words} (in reply to RCPT TO command)\n"
    )
    sender = "MAILER-DAEMON@mail.portal.example (Mail Delivery System)"
    return _report(_message(sender, late, Auto_Submitted="auto-replied"), words, refusal)


def exim(refusal: Refusal) -> bytes:
    """Exim of old: words alone, with our mail below."""
    late = refusal.is_late
    subject = (
        "Warning: message 1l2X-0001 delayed 24 hours"
        if late
        else "Mail delivery failed: returning message to sender"
    )
    words = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent "
        f"{'has not yet been delivered' if late else 'could not be delivered'} to one or more of"
        f" its\nrecipients. "
        f"The following address(es) failed:\n\n  {TO}\n    host mx.maple.example [192.0.2.1]\n"
        f"    SMTP error from remote mail server after RCPT TO:<{TO}>:\n    {refusal.words}\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{OURS}"
    )
    headers = {} if late else {"X_Failed_Recipients": TO}
    return _plain(
        _message("Mail Delivery System <Mailer-Daemon@mail.portal.example>", subject, **headers), words
    )


def exchange(refusal: Refusal) -> bytes:
    """Exchange and Microsoft 365: words for people, and a report."""
    words = (
        f"Delivery has failed to these recipients or groups:\n\n{TO}<mailto:{TO}>\nYour message"
        f" wasn't delivered. "
        "Contact the recipient by phone.\n\nDiagnostic information for administrators:\n\nGenerating server: "
        f"AM0PR01.eurprd01.prod.exchangelabs.com\n\n{TO}\nRemote Server returned '{refusal.words}"
        f"'\n\nOriginal message "
        "headers:\n\nReceived: from mx.portal.example\n"
    )
    sender = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@maple.example>"
    return _report(
        _message(sender, "Undeliverable: Access for Ana"), words, refusal, "dns;AM0PR01.prod.outlook.com"
    )


def exchange_in_german(refusal: Refusal) -> bytes:
    """Exchange in German, without a null sender and without a report, as some gateways pass it on."""
    words = (
        f"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n{TO}\n\nIhre"
        f" Nachricht wurde "
        f"nicht zugestellt.\n\nDiagnoseinformationen für Administratoren:\n{refusal.words}\n"
    )
    return _plain(
        _message("Postmaster <postmaster@maple.example>", "Unzustellbar: Access for Ana", null=False), words
    )


def gmail(refusal: Refusal) -> bytes:
    """Gmail: a report whose words explain."""
    kind = "Delay" if refusal.is_late else "Failure"
    words = (
        f"** Address not found **\n\nYour message wasn't delivered to {TO} because the address"
        f" couldn't be found, or "
        f"is unable to receive mail.\n\nThe response was:\n\n{refusal.words}\n"
    )
    sender = "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
    subject = f"Delivery Status Notification ({kind})"
    message = _message(sender, subject, Auto_Submitted="auto-replied", In_Reply_To="<sent@portal.example>")
    return _report(message, words, refusal, "dns; googlemail.com")


def yahoo(refusal: Refusal) -> bytes:
    """Yahoo: words alone."""
    words = (
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{TO}>:\n"
        f"{refusal.words}\n\n"
        f"--- Below this line is a copy of the message.\n\n{OURS}"
    )
    return _plain(_message("MAILER-DAEMON@yahoo.com", "Failure Notice", null=False), words)


def qmail(refusal: Refusal) -> bytes:
    """Qmail: words that a program can read, too."""
    words = (
        "Hi. This is the qmail-send program at mx.maple.example.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work "
        "out.\n\n"
        f"<{TO}>:\n192.0.2.1 does not like recipient.\nRemote host said: {refusal.words}\nGiving"
        f" up on 192.0.2.1.\n\n"
        f"--- Below this line is a copy of the message.\n\n{OURS}"
    )
    return _plain(_message("MAILER-DAEMON@mx.maple.example", "failure notice"), words)


def amazon(refusal: Refusal) -> bytes:
    """Amazon SES: one sentence, and a report."""
    words = f"An error occurred while trying to deliver the mail to the following recipients:\n{TO}\n"
    message = _message("MAILER-DAEMON@eu-west-1.amazonses.com", "Delivery Status Notification (Failure)")
    return _report(message, words, refusal, "dns; a7-1.smtp-out.eu-west-1.amazonses.com")


def sendmail(refusal: Refusal) -> bytes:
    """Sendmail: the talk of both servers."""
    subject = "Returned mail: see transcript for details"
    if refusal.is_late:
        subject = "Warning: could not send message for past 4 hours"
    words = (
        "The original message was received at Mon, 1 Mar 2027 09:30:00 +0100\nfrom localhost [127.0.0.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{TO}>\n\n   -----"
        f" Transcript of session "
        f"follows -----\n... while talking to mx.maple.example.:\n>>> RCPT To:<{TO}>\n<<< {refusal.words}\n"
    )
    sender = "Mail Delivery Subsystem <MAILER-DAEMON@mail.portal.example>"
    return _report(_message(sender, subject, Auto_Submitted="auto-generated (failure)"), words, refusal)


def gateway(refusal: Refusal) -> bytes:
    """A filter in front of a mail server: a sender that is nobody's, a subject of its own, HTML alone."""
    message = _message(
        "Mail Security <noreply@filter.example>", "Your message could not be delivered", null=False
    )
    rows = "".join(f"<p>{row}</p>" for row in wrap(refusal.words or "The mail was refused.", 60))
    message.set_content(
        f"<h1>Message not delivered</h1><p>Your message to {TO} was not delivered.</p>{rows}", subtype="html"
    )
    return message.as_bytes()


# What filters, moderators and providers write in words of their own: subject and text.
NOTICES: Final = (
    ("Message blocked", f"Your message to {TO} has been blocked.\n\n550 5.7.1 policy"),
    ("Your message was rejected", f"The message you sent to {TO} was rejected by our spam filter."),
    (
        "[Notice] Message held for review",
        f"Your message to {TO} has been held for review by an administrator.",
    ),
    ("Access for Ana", f"Your email to {TO} could not be delivered.\n\nThe mailbox is full (552 5.2.2)."),
    (
        "Delivery problem",
        "We're sorry, but your message couldn't be delivered because the address wasn't found.",
    ),
    ("Message not delivered", "There was a problem delivering your message. See the details below."),
    ("Rejected: Access for Ana", "Your message to the group was rejected by the moderator."),
    ("Ihre E-Mail wurde nicht zugestellt", f"Ihre Nachricht an {TO} konnte nicht zugestellt werden."),
    ("Zustellproblem", "Ihre E-Mail konnte nicht zugestellt werden. Der Empfänger ist unbekannt."),
    ("Échec de la remise du message", f"Votre message à {TO} n'a pas pu être remis."),
    ("Message non distribué", "Votre e-mail n'a pas pu être distribué : boîte pleine."),
    ("Bericht niet afgeleverd", f"Uw bericht aan {TO} kon niet worden bezorgd."),
    ("Probleem met de bezorging", "Uw e-mail is niet afgeleverd: postvak vol."),
    ("Mensaje no entregado", f"Su mensaje para {TO} no se pudo entregar."),
    ("Problema de entrega", "Su correo no ha podido ser entregado. El buzón está lleno."),
)


def notice(subject: str, text: str) -> bytes:
    """Such words, from a sender that says nothing."""
    return _plain(_message("Mail Security <noreply@filter.example>", subject, null=False), text)


def complaint() -> bytes:
    """What a provider sends when somebody presses "spam" (RFC 5965)."""
    message = _message("Feedback Loop <fbl@mailbox.example>", "Access for Ana", null=False)
    return _several(
        message,
        "feedback-report",
        (
            "text/plain; charset=utf-8",
            "This is an email abuse report for an email message received from 192.0.2.7.",
        ),
        (
            "message/feedback-report",
            f"Feedback-Type: abuse\nUser-Agent: Some/1.0\nVersion: 1\nOriginal-Rcpt-To: {TO}\n",
        ),
        ("message/rfc822", OURS),
    )


SERVERS: Final[Mapping[str, Callable[[Refusal], bytes]]] = {
    server.__name__: server
    for server in (
        *(postfix, exim, exchange, exchange_in_german, gmail, yahoo, qmail, amazon, sendmail, gateway),
    )
}
