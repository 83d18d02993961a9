"""Guessing gets slow: tries are counted, and each one more costs a longer wait.

Passwords are counted for an address from one network, so that a stranger elsewhere cannot lock a member out;
for a network; and, with much more room, for an address from everywhere. A browser that signed in before is
counted by itself, and a session by itself. Asking for a link to choose a new password is limited by network
alone, so that this way in stays open: many asks for one address only send no more emails for a while.

A try is counted before it is looked at, in a transaction of its own, so that guessing in parallel gains
nothing and a refused try, whose request is rolled back, counts all the same. One try is forgiven every
quarter of an hour, so nobody is locked out for good. Known and unknown addresses are treated alike.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.core.errors import PortalError
from portal.core.texts import _l, ngettext
from portal.jobs.work import step
from portal.sign_in.models import TryCount

FREE: Final = {
    "address-and-network": 5,
    "network": 30,
    "address": 100,
    "known-browser": 5,
    "session": 5,
    "reset-address": 3,
    "reset-network": 20,
}
_STARTS_ANEW: Final = {"address-and-network", "known-browser", "session", "reset-address"}
LONGEST_WAIT: Final = 15  # minutes
FORGIVEN_EVERY: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(days=1)
_STEPS_TO_LONGEST = LONGEST_WAIT.bit_length()


class TooManyTries(PortalError):
    """Somebody, maybe the member themselves, tried too often; says how long to wait and nothing else."""

    status = 429
    title = _l("Too many tries")

    def __init__(self, minutes: int) -> None:
        super().__init__(
            ngettext(
                "Too many tries. Wait %(num)s minute, then try again.",
                "Too many tries. Wait %(num)s minutes, then try again.",
                minutes,
            )
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What tries are counted by: a kind out of ``FREE``, and the address or network itself."""

    kind: str
    value: str

    @property
    def hash(self) -> str:
        """What is stored in its place."""
        return hashlib.sha256(f"{self.kind}:{self.value}".encode()).hexdigest()


def sign_in_subjects(email: str, network: str, known_browser: str | None) -> tuple[Subject, ...]:
    """Return what a try to sign in is counted by."""
    if known_browser is not None:
        return (Subject("known-browser", known_browser),)
    pair = Subject("address-and-network", f"{email} {network}")
    return pair, Subject("network", network), Subject("address", email)


def count_try(tried: tuple[Subject, ...]) -> bool:
    """Count a try, or raise ``TooManyTries``; tell whether it was the last one before a wait."""
    now = clock.now()
    with scope.every_agency(reason="tries are counted before any agency is known"), step():
        db.session.execute(delete(TryCount).where(TryCount.last_at < now - FORGOTTEN_AFTER))
        counts = [(subject, _locked(subject)) for subject in tried]
        wait = max(_wait(count, FREE[subject.kind], now) for subject, count in counts)
        if wait <= timedelta():
            for subject, count in counts:
                _add(count, FREE[subject.kind], now)
        was_last = any(_wait(count, FREE[subject.kind], now) for subject, count in counts)
    if wait > timedelta():
        raise TooManyTries(-(-wait // timedelta(minutes=1)))
    return was_last


def forgive(tried: tuple[Subject, ...]) -> None:
    """Take a try back that was right: what is the member's own starts anew, what is shared has one less."""
    with scope.every_agency(reason="tries are counted without an agency"):
        for subject in tried:
            left = 0 if subject.kind in _STARTS_ANEW else TryCount.tries - 1
            db.session.execute(
                update(TryCount)
                .where(TryCount.subject_hash == subject.hash, TryCount.tries > 0)
                .values(tries=left)
            )


def _locked(subject: Subject) -> TryCount:
    """Return the count of a subject, held until the transaction ends."""
    statement = select(TryCount).where(TryCount.subject_hash == subject.hash).with_for_update()
    if (count := db.session.scalars(statement).one_or_none()) is not None:
        return count
    try:
        with db.session.begin_nested():
            db.session.add(TryCount(subject_hash=subject.hash, tries=0, last_at=clock.now()))
    except IntegrityError:
        pass  # somebody counted the first try at this very moment
    return db.session.scalars(statement).one()


def _add(count: TryCount, free: int, now: datetime) -> None:
    forgiven = max(0, (now - count.last_at) // FORGIVEN_EVERY)
    weight = max(0, count.tries - forgiven) + 1
    count.tries, count.last_at = min(weight, free + _STEPS_TO_LONGEST), now


def _wait(count: TryCount, free: int, now: datetime) -> timedelta:
    """Return how long this subject still has to wait: 1, 2, 4, 8, then 15 minutes after the last try."""
    if count.tries < free:
        return timedelta()
    minutes = min(2 ** (count.tries - free), LONGEST_WAIT)
    return max(timedelta(), count.last_at + timedelta(minutes=minutes) - now)
