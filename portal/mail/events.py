"""What a mail provider tells about mails it took: one JSON shape, signed, whoever the provider is.

The body is ``{"events": [...]}``, each event with ``id`` (the provider's own, so that it counts once),
``event`` (``delivered``, ``delayed``, ``bounced`` or ``complained``), ``message_id``, ``at`` (ISO 8601 with a
zone), and, where known, ``recipient``, ``permanent`` (a bounce after which the address is given up) and
``answer`` (the words of the receiver's server). ``X-Portal-Signature`` is the HMAC-SHA256, in hex, over
``X-Portal-Timestamp`` (seconds since 1970), a full stop, and the raw body.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from portal.core import clock
from portal.core.errors import BadInput
from portal.core.texts import _l
from portal.mail import evidence
from portal.mail.evidence import Report
from portal.mail.states import Event

FRESH: Final = timedelta(minutes=5)
MOST_EVENTS: Final = 1000
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

_Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=r"^[^\x00-\x1f]*$")]
_Id = Annotated[_Short, StringConstraints(min_length=1)]
_Words = Annotated[str, StringConstraints(max_length=5000)]


class _Told(BaseModel):
    """One event as a provider tells it; further names are allowed and ignored."""

    model_config = ConfigDict(extra="ignore")

    id: _Id
    event: Literal["delivered", "delayed", "bounced", "complained"]
    message_id: _Id
    at: AwareDatetime
    recipient: _Short = ""
    permanent: bool = False
    answer: _Words = ""


class _Body(BaseModel):
    events: Annotated[list[_Told], Field(max_length=MOST_EVENTS)]


@dataclass(frozen=True, slots=True)
class Taken:
    """How many events were about mails of ours, and how many were not."""

    noted: int
    unknown: int


def is_genuine(timestamp: str, signature: str, body: bytes, key: str) -> bool:
    """Tell whether whoever holds the key signed exactly this, in the last five minutes."""
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(clock.now().timestamp() - int(timestamp)) > FRESH.total_seconds():
        return False
    return hmac.compare_digest(sign(timestamp, body, key).encode(), signature.encode(errors="replace"))


def sign(timestamp: str, body: bytes, key: str) -> str:
    """Return the signature of a body: HMAC-SHA256, in hex."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def take(body: bytes) -> Taken:
    """Note all events, or raise ``BadInput`` naming the first fault and note none."""
    try:
        told = _Body.model_validate_json(body).events
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "body"
        raise BadInput(
            _l("Nothing was noted. %(where)s: %(fault)s", where=where, fault=fault["msg"])
        ) from None
    order = evidence.lock_in_order({_message_id(event) for event in told})
    told.sort(key=lambda event: order.get(_message_id(event), 0))
    noted = sum(evidence.note_event(_message_id(event), _report(event)) for event in told)
    return Taken(noted, len(told) - noted)


def _message_id(event: _Told) -> str:
    """As it stands in the message; providers leave the brackets out at times."""
    return f"<{event.message_id.strip('<>')}>"


def _report(event: _Told) -> Report:
    return Report(
        event=Event(event.event),
        key="event:" + hashlib.sha256(event.id.encode()).hexdigest()[:40],
        at=event.at,
        words=" ".join("".join(letter if letter.isprintable() else " " for letter in event.answer).split()),
        blames_address=event.permanent,
        speaks_of=event.recipient,
    )
