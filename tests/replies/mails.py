"""Mails that come back, written by hand for the tests."""

from email.message import EmailMessage
from email.policy import SMTP


def mail(text: str = "Sales, please.", html: str = "", **headers: str) -> bytes:
    """A mail from a client; a header is named with ``_`` for ``-``, and an empty one is left out."""
    message = EmailMessage(policy=SMTP)
    usual = {
        "From": "Claire Dubois <claire@maple.example>",
        "To": "reply+4f7q2m@portal.example",
        "Subject": "Re: Access to Maple & Sons",
        "Date": "Mon, 01 Mar 2027 09:30:00 +0100",
        "Message-ID": "<answer-1@maple.example>",
    }
    for name, value in {
        **usual,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }.items():
        if value:
            message[name] = value
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()
