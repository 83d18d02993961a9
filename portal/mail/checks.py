"""Looking at the mail server and at the sender's domain: asked for on a page, done in a job, kept as rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, or_, select

from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.jobs import work
from portal.mail import domains, sender
from portal.mail.models import MailCheck, SenderAddress
from portal.mail.states import LOOK, CheckState, CheckSubject

LEASE: Final = timedelta(minutes=5)
AGAIN_AFTER: Final = timedelta(days=1)  # a domain that was proved is looked at every day
_NUDGE_AGAIN: Final = timedelta(minutes=1)


def find_check(subject: CheckSubject) -> MailCheck | None:
    """Return the latest look at a subject."""
    return db.session.scalars(select(MailCheck).where(MailCheck.subject == subject)).one_or_none()


def find_sender() -> SenderAddress | None:
    """Return the address the agency wants its mails to come from."""
    return db.session.scalars(select(SenderAddress)).one_or_none()


def ask_for(subject: CheckSubject) -> None:
    """Have somebody look; asked again meanwhile, there is still one look."""
    check = find_check(subject)
    if check is None:
        check = MailCheck(subject=subject)
        db.session.add(check)
    check.state, check.asked_at = CheckState.QUEUED, clock.now()
    work.enqueue(LOOK, subject)


def want_sender(address: str, selector: str, by: Member) -> None:
    """Let mails come from this address once its domain is proved."""
    drop_sender(by)
    db.session.flush()
    wanted = SenderAddress(address=address, selector=selector)
    db.session.add(wanted)
    trail.record(by, "sender.wanted", wanted)
    ask_for(CheckSubject.SENDER)


def drop_sender(by: Member) -> None:
    """Let mails come from the portal's own address."""
    known = find_sender()
    if known is None:
        return
    trail.record(by, "sender.dropped", known)
    db.session.delete(known)
    check = find_check(CheckSubject.SENDER)
    if check is not None:
        db.session.delete(check)


def claim(subject: CheckSubject) -> bool:
    """Take a look that was asked for; False when there is none, or another worker has it."""
    waiting = select(MailCheck).where(MailCheck.subject == subject).with_for_update()
    check = db.session.scalars(waiting.execution_options(populate_existing=True)).one_or_none()
    if check is None or not (check.state is CheckState.QUEUED or _is_lost(check)):
        return False
    check.state, check.lease_until = CheckState.LOOKING, clock.now() + LEASE
    return True


def question(wanted: SenderAddress) -> domains.Question:
    """Return what DNS is asked about a sender."""
    return domains.Question(
        domain=wanted.domain,
        owner=f"portal-sender={wanted.token}",
        selector=wanted.selector,
        envelope_domain=sender.envelope_domain(),
        mail_server=sender.mail_server(),
    )


def note(subject: CheckSubject, findings: Sequence[dict[str, Any]]) -> None:
    """Write down what was found."""
    check = find_check(subject)
    if check is not None:
        check.state, check.lease_until = CheckState.DONE, None
        check.done_at, check.findings = clock.now(), list(findings)


def note_sender(address: str, findings: list[domains.Finding]) -> None:
    """Write down what DNS says of an address, and prove it or not; silence changes nothing."""
    note(CheckSubject.SENDER, [finding.as_stored() for finding in findings])
    wanted, proven = find_sender(), domains.is_proven(findings)
    if wanted is None or wanted.address != address or proven is None or proven == bool(wanted.proven_at):
        return
    wanted.proven_at = clock.now() if proven else None
    trail.record(trail.PORTAL, "sender.proved" if proven else "sender.lost", wanted)


def left_behind() -> Sequence[MailCheck]:
    """Return the looks that nobody works on, and those that are due again; in the scope of every agency."""
    now = clock.now()
    queued = and_(MailCheck.state == CheckState.QUEUED, MailCheck.asked_at <= now - _NUDGE_AGAIN)
    lost = and_(MailCheck.state == CheckState.LOOKING, MailCheck.lease_until < now)
    due = and_(
        MailCheck.state == CheckState.DONE,
        MailCheck.subject == CheckSubject.SENDER,
        MailCheck.asked_at <= now - AGAIN_AFTER,
    )
    found = db.session.scalars(select(MailCheck).where(or_(queued, lost, due)).limit(100)).all()
    for check in found:
        if check.state is CheckState.DONE:
            check.state, check.asked_at = CheckState.QUEUED, now
    return found


def is_under_way(check: MailCheck | None) -> bool:
    """Whether somebody is to look, or looks."""
    return check is not None and check.state is not CheckState.DONE


def _is_lost(check: MailCheck) -> bool:
    is_over = check.lease_until is not None and check.lease_until < clock.now()
    return check.state is CheckState.LOOKING and is_over
