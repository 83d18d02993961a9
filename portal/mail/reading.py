"""A finished message turned back into what its receiver sees, and what a member may see of it."""

import re
from base64 import b64encode
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from portal.mail.composing import LOGO_ID

_URL = re.compile(r"""https?://[^\s<>"'\\]+""")
# A random token, wherever in an address it stands. The name of an account may be as long, and is none.
_SECRET = re.compile(r"(?<!/accounts/)(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{20,}")
_HIDDEN: Final = "•••"


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Who writes what to whom; ``html`` is empty where there is only text."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    reply_to: str = ""


def read_mail(raw: bytes) -> ReadMail:
    """Read a message as a mail program does."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=default)
    return ReadMail(
        sender=str(message["From"] or ""),
        recipient=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        text=_part(message, "plain"),
        html=with_logo(_part(message, "html"), _logo(message)),
        reply_to=str(message["Reply-To"] or ""),
    )


def without_secrets(text: str) -> str:
    """The text with the secret part of each link cut: seeing a mail gives nobody its receiver's rights."""
    return _URL.sub(lambda found: _SECRET.sub(_HIDDEN, found.group()), text)


def for_a_frame(html: str) -> str:
    """The page with its links opening elsewhere, since the frame it is shown in opens none itself."""
    return html.replace("<head>", '<head><base target="_blank">', 1)


def with_logo(html: str, logo: bytes) -> str:
    """The page with the picture that travels beside it in a mail put into it, for a browser to show."""
    if not logo:
        return html
    return html.replace(f'"cid:{LOGO_ID}"', f'"data:image/png;base64,{b64encode(logo).decode()}"')


def _logo(message: EmailMessage) -> bytes:
    named = (part for part in message.walk() if part["Content-ID"] == f"<{LOGO_ID}>")
    picture = next((part.get_payload(decode=True) for part in named), b"")
    return picture if isinstance(picture, bytes) else b""


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
