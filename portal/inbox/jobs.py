"""Fetching what lies in the mailbox, and judging what was stored."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import undefer

from portal.config import Mode, Settings, is_loopback
from portal.core import clock
from portal.core.db import db
from portal.inbox import arrivals, judging, polling
from portal.inbox.arrivals import Delivery
from portal.inbox.imap import CANNOT_CONNECT, Imap, NotHandedOut
from portal.inbox.models import Arrival
from portal.inbox.polling import Round
from portal.inbox.states import IMAP, JUDGE, POLL, ArrivalState
from portal.jobs import work
from portal.mail.jobs import WouldLeaveTheMachine
from portal.replies.facts import Problem
from portal.replies.reader import read, unpack

log = logging.getLogger(__name__)

MOST_TRIES = 5
TRY_AGAIN = timedelta(minutes=1)
_MOST_AT_ONCE = 500


@work.job(POLL)
def poll() -> None:
    """Store every mail that lies in the mailbox, each by itself, and put it aside once it is safe."""
    settings: Settings = current_app.extensions["settings"]
    if settings.mode is Mode.DEMO and not is_loopback(settings.imap_host):
        raise WouldLeaveTheMachine(settings.imap_host)
    with work.step():
        this = polling.claim()
    if this is None:
        return
    try:
        with Imap(settings) as box:
            _empty(box, this)
    except CANNOT_CONNECT as error:
        log.warning("the mailbox at %s cannot be looked into: %s", settings.imap_host, error)
        with work.step():
            polling.fail(this, str(error) or type(error).__name__)
        return
    with work.step():
        polling.succeed(this)


def _empty(box: Imap, this: Round) -> None:
    """Go through the mailbox; what was trouble before comes last, so that it blocks nothing."""
    uids = box.uids(this.last_key, this.skipped)
    with work.step():
        known = arrivals.known_among([box.key_of(uid) for uid in uids])
    this.skipped = {uid: this.skipped[uid] for uid in uids if uid in this.skipped}
    for uid in sorted(uids, key=lambda uid: uid in this.skipped):
        if box.key_of(uid) in known or _store(box, uid, this):
            box.put_aside(uid)
            this.skipped.pop(uid, None)
    this.last_key = max((box.key_of(uid) for uid in uids), key=_number, default=this.last_key)


def _store(box: Imap, uid: str, this: Round) -> bool:
    """Store one mail, or remember why that did not work; tell which."""
    this.skipped[uid] = "no answer"  # should the server hang up on it, the others come first next time
    try:
        letter = box.fetch(uid)
        with work.step():
            arrivals.receive(Delivery(box.key_of(uid), IMAP, letter.raw, is_cut=letter.is_cut))
            polling.go_on()
    except NotHandedOut as error:
        this.skipped[uid] = str(error)
    except CANNOT_CONNECT:
        raise
    except Exception:
        log.exception("a mail could not be stored; it stays in the mailbox")
        this.skipped[uid] = "could not be stored"
    else:
        return True
    return False


def _number(key: str) -> int:
    return int(key.rpartition(":")[2])


@work.sweep
def look_into_the_mailbox() -> Iterable[work.Nudge]:
    """Once a minute, have the mailbox looked into, where there is one."""
    if current_app.extensions["settings"].imap_host:
        yield work.Nudge(POLL, None)


@work.job(JUDGE)
def judge(arrival_id: int) -> None:
    """Say what a delivery is, and write it down; taking it apart is left to a child process with limits."""
    with work.step():
        arrival = _begin(arrival_id)
        raw = arrival.raw if arrival is not None else None
        is_first_try = arrival is not None and arrival.tries == 1
    if raw is None or arrival is None:
        return
    unpacked = unpack(raw)
    with work.step():
        case = judging.open_case(arrival, raw, unpacked)
    reading = read(unpacked, sent=case.sent)
    if reading.why == Problem.TOO_SLOW and is_first_try:
        return  # it may be the machine that was slow; it is found unjudged, and tried once more
    with work.step():
        waiting = _locked(arrival_id)
        if waiting is not None:
            judging.conclude(case, waiting, reading)


def _begin(arrival_id: int) -> Arrival | None:
    """Count the try and return what to judge; None where nothing is, or not yet, or no more."""
    arrival = _locked(arrival_id)
    if arrival is None:
        return None
    arrival.tries += 1
    arrival.next_try_at = clock.now() + TRY_AGAIN * arrival.tries
    if arrival.first_id is not None:
        first = db.session.get_one(Arrival, arrival.first_id)
        if first.state is ArrivalState.JUDGED:
            judging.conclude_copy(arrival, first)
        return None
    if arrival.tries > MOST_TRIES:
        judging.give_up(arrival)
        return None
    return arrival


def _locked(arrival_id: int) -> Arrival | None:
    """Return a delivery that waits to be judged, and keep everybody else from judging it."""
    statement = (
        select(Arrival)
        .where(Arrival.id == arrival_id, Arrival.state == ArrivalState.WAITING)
        .options(undefer(Arrival.raw))
    )
    fresh = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(fresh).one_or_none()


@work.sweep
def find_unjudged() -> Iterable[work.Nudge]:
    """Find what was stored and not judged."""
    waiting = select(Arrival.id).where(
        Arrival.state == ArrivalState.WAITING, Arrival.next_try_at <= clock.now()
    )
    for arrival_id in db.session.scalars(waiting.order_by(Arrival.id).limit(_MOST_AT_ONCE)):
        yield work.Nudge(JUDGE, None, (arrival_id,))
