"""Taking a delivery in: stored as it came, before anybody looks into it; the same mail twice is one mail."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.inbox.envelope import identity_of
from portal.inbox.models import Arrival, InboundMailbox
from portal.inbox.states import JUDGE, ArrivalState
from portal.jobs import work

OUTSIDE = "whose a mail is, is known only once it was judged"
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Delivery:
    """A raw mail at the door. ``key`` names this delivery; ``recipients`` are the envelope's, if told."""

    key: str
    mailbox: str
    raw: bytes
    recipients: Sequence[str] = ()
    is_cut: bool = False


def receive(delivery: Delivery) -> Arrival:
    """Store a delivery, in the current transaction, and have it judged once that is safe.

    One that was stored before is returned as it is. A mail that came before, through whichever door, is
    stored as a further copy of it.
    """
    with scope.every_agency(reason=OUTSIDE):
        known = find_delivery(delivery.key)
        if known is not None:
            return known
        arrival = _insert(delivery)
        work.enqueue_for_nobody(JUDGE, arrival.id)
        return arrival


def is_known(key: str) -> bool:
    """Tell whether a delivery of this key is stored."""
    with scope.every_agency(reason=OUTSIDE):
        return find_delivery(key) is not None


def find_delivery(key: str) -> Arrival | None:
    """Return the delivery of this key, or None; outside of every agency."""
    return db.session.scalars(select(Arrival).where(Arrival.key == key)).one_or_none()


def known_among(keys: Sequence[str]) -> Collection[str]:
    """Return which of these deliveries are stored already."""
    known: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = select(Arrival.key).where(Arrival.key.in_(keys[start : start + _AT_ONCE]))
        known.update(db.session.scalars(some))
    return known


def mailbox_named(name: str) -> InboundMailbox:
    """Return what is known about a way in, beginning to know it; locked."""
    statement = select(InboundMailbox).where(InboundMailbox.name == name).with_for_update()
    found = db.session.scalars(statement).one_or_none()
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(InboundMailbox(name=name))
    except IntegrityError:
        pass  # somebody was quicker
    return db.session.scalars(statement).one()


def _insert(delivery: Delivery) -> Arrival:
    """Write the row; where somebody is quicker with the same delivery or mail, look again."""
    identity = identity_of(delivery.raw)
    for _try in range(3):
        first = db.session.scalar(select(Arrival.id).where(Arrival.identity == identity))
        arrival = Arrival(
            key=delivery.key,
            identity=None if first else identity,
            first_id=first,
            mailbox=delivery.mailbox,
            recipients=list(delivery.recipients),
            size=len(delivery.raw),
            raw=delivery.raw,
            is_cut=delivery.is_cut,
        )
        try:
            with db.session.begin_nested():
                db.session.add(arrival)
        except IntegrityError:
            known = find_delivery(delivery.key)
            if known is not None:
                return known
            continue
        return arrival
    raise RuntimeError("a mail could not be stored: somebody stores the same one again and again")


def give_mailbox(name: str, agency_id: int) -> int:
    """Let an agency have what names no other, and judge again what nobody had; return how many those are."""
    mailbox_named(name).serves_agency_id = agency_id
    nobodys = select(Arrival).where(
        Arrival.mailbox == name, Arrival.fate.is_not(None), Arrival.raw.is_not(None)
    )
    found = db.session.scalars(nobodys.with_for_update()).all()
    for arrival in found:
        arrival.state, arrival.fate = ArrivalState.WAITING, None
        arrival.tries, arrival.next_try_at = 0, clock.now()
    return len(found)
