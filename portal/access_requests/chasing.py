"""Following up a question that nobody has answered: reminders, a second contact, telling the consultant.

A request's lock guards its chases too, so requests are locked first, here as everywhere.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from portal.access_requests import links, mails, queries
from portal.access_requests.mails import Reminder
from portal.access_requests.models import AccessRequest
from portal.access_requests.states import RequestState
from portal.accounts.models import Contact
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.errors import NotNow
from portal.mail.models import OutboxMessage
from portal.mail.states import DID_NOT_ARRIVE
from portal.reminders import actions as reminders
from portal.reminders.models import Chase
from portal.reminders.queries import chases, chases_of, office_hours_of, open_chases_of, schedule_for
from portal.reminders.states import ChaseEnd, Question

QUESTION: Final = Question.ACCESS_REQUEST
LONGEST_ABSENCE: Final = timedelta(days=60)  # beyond that the date was misread, or somebody left


def begin(access_request: AccessRequest, contact: Contact) -> None:
    """Remind a contact from now on, until the question is settled."""
    reminders.begin_chase(QUESTION, access_request.id, contact)


def settle(access_request: AccessRequest) -> None:
    """Remind nobody any more: there is nothing to wait for."""
    reminders.end_chases(QUESTION, access_request.id, ChaseEnd.SETTLED)


def settle_with(access_request: AccessRequest, contact: Contact) -> None:
    """Remind this contact no more: the question is somebody else's now."""
    for chase in chases_of(QUESTION, access_request.id):
        if chase.contact_id == contact.id:
            reminders.end_chase(chase, ChaseEnd.SETTLED)


def stop(access_request: AccessRequest, by: Member) -> None:
    """Remind nobody, because a member says so; raises ``NotNow`` where nobody is reminded."""
    _refuse_unless_chased(access_request)
    reminders.end_chases(QUESTION, access_request.id, ChaseEnd.STOPPED_BY_MEMBER)
    trail.record(by, "access_request.reminders_stopped", access_request)


def start_again(access_request: AccessRequest, by: Member) -> None:
    """Remind the contact we wait for once more, from today on; raises ``NotNow`` if nobody is waited for."""
    link = queries.find_latest_link(access_request)
    if access_request.state is RequestState.REPLIED:
        access_request.move_to(RequestState.WAITING)
    if access_request.state is not RequestState.WAITING or link is None:
        raise NotNow
    begin(access_request, link.contact)
    trail.record(by, "access_request.reminders_started", access_request, contact=link.contact.name)


def leave_alone(access_request: AccessRequest, contact: Contact, until: date) -> bool:
    """Remind a contact no earlier than the day after ``until``; tell whether that changed anything."""
    wait = min(until, clock.now().date() + LONGEST_ABSENCE)
    zone = office_hours_of(contact, schedule_for(QUESTION)).zone
    back = datetime.combine(wait, time.max, zone).astimezone(ZoneInfo("UTC"))
    changed = False
    for chase in chases_of(QUESTION, access_request.id):
        if chase.contact_id == contact.id and chase.next_at is not None and chase.next_at < back:
            reminders.wait_until(chase, back)
            changed = True
    return changed


def stop_for_contact(chase_ids: Sequence[int]) -> None:
    """Remind a contact no more, because they ask for it; asking twice changes nothing."""
    asked = _locked({chase.topic_id for chase in chases(chase_ids)})
    for chase in chases(chase_ids):  # as they are now that nobody moves them
        if chase.next_at is not None:
            _decline(asked[chase.topic_id], chase)


def _decline(access_request: AccessRequest, chase: Chase) -> None:
    reminders.end_chase(chase, ChaseEnd.STOPPED_BY_CONTACT)
    actor = trail.Actor("contact", chase.contact.name, chase.contact_id)
    trail.record(actor, "access_request.reminders_declined", access_request)
    mails.tell_reminders_declined(access_request, chase)


def note_mail(mail: OutboxMessage) -> None:
    """Take notice of a question that did not arrive, or was sent anew after that.

    While the latest one did not arrive, the request waits for us: nobody at the client knows of it.
    """
    if mail.kind not in mails.TO_THE_CLIENT or mail.topic_id is None:
        return
    access_request = queries.lock_request(mail.topic_id)
    if mail.state in DID_NOT_ARRIVE:
        _note_failed(access_request, mail)
    elif access_request.state is RequestState.UNREACHED and _is_latest(access_request, mail):
        _wait_again(access_request, mail)


def _is_latest(access_request: AccessRequest, mail: OutboxMessage) -> bool:
    """Tell whether the client was asked or reminded by this mail last."""
    asked = (other for other in queries.mails_about(access_request) if other.kind in mails.TO_THE_CLIENT)
    latest = next(asked, None)
    return latest is not None and latest.id == mail.id


def _note_failed(access_request: AccessRequest, mail: OutboxMessage) -> None:
    link = queries.find_latest_link(access_request)
    unreached = {
        chase.contact.id: chase.contact
        for chase in chases_of(QUESTION, access_request.id)
        if chase.next_at is not None and chase.contact.email == mail.recipient
    }
    if _wait_for_us(access_request, mail) and link is not None:
        unreached.setdefault(link.contact.id, link.contact)
    for contact in unreached.values():
        _note_unreachable(access_request, contact, mail)


def _wait_for_us(access_request: AccessRequest, failed: OutboxMessage) -> bool:
    """Wait for us where nobody at the client knows of the question; tell whether that is new."""
    is_new = access_request.state is RequestState.WAITING and _is_latest(access_request, failed)
    if is_new:
        access_request.move_to(RequestState.UNREACHED)
    return is_new


def _note_unreachable(access_request: AccessRequest, contact: Contact, mail: OutboxMessage) -> None:
    for chase in chases_of(QUESTION, access_request.id):
        if chase.next_at is not None and chase.contact_id == contact.id:
            reminders.end_chase(chase, ChaseEnd.BOUNCED)
    who = {"contact": contact.name, "address": mail.recipient}
    trail.record(trail.PORTAL, "access_request.not_reached", access_request, **who)
    mails.tell_not_reached(access_request, contact, mail)


def _wait_again(access_request: AccessRequest, mail: OutboxMessage) -> None:
    link = queries.find_latest_link(access_request)
    access_request.move_to(RequestState.WAITING)
    if link is not None:
        begin(access_request, link.contact)
    trail.record(trail.PORTAL, "access_request.reached_again", access_request, address=mail.recipient)


def follow_up(contact_id: int) -> None:
    """Take the steps that are due today for one contact; several questions go into one mail."""
    contact = queries.get_contact_to_remind(contact_id)
    schedule = schedule_for(QUESTION)
    hours, now = office_hours_of(contact, schedule), clock.now()
    found = open_chases_of(contact_id, QUESTION, now)
    if found and hours.are_on(now):
        _take_steps(contact, hours.end_of_day(now), most=len(schedule.remind_after))
    elif found:
        _locked({chase.topic_id for chase in found})
        for chase in open_chases_of(contact_id, QUESTION, now):
            reminders.wait_until(chase, now)


def _take_steps(contact: Contact, today: datetime, *, most: int) -> None:
    asked = _locked({chase.topic_id for chase in open_chases_of(contact.id, QUESTION, today)})
    failed = _find_failed(contact, asked, today)
    to_remind = []
    for chase in open_chases_of(contact.id, QUESTION, today):  # as they are now that nobody moves them
        access_request = asked.get(chase.topic_id)
        if access_request is not None and chase.id in failed:
            _note_failed(access_request, failed[chase.id])
        elif access_request is None or not _is_waited_for(access_request, contact):
            reminders.end_chase(chase, ChaseEnd.SETTLED)
        elif chase.reminded < most:
            to_remind.append((chase, access_request))
        else:
            _give_up(access_request, chase)
    if to_remind:
        _remind(contact, to_remind, most)


def _find_failed(
    contact: Contact, asked: Mapping[int, AccessRequest], today: datetime
) -> dict[int, OutboxMessage]:
    """Return which mails did not arrive, by chase, after their requests moved: accounts before the trail."""
    failed = {}
    for chase in open_chases_of(contact.id, QUESTION, today):
        access_request = asked.get(chase.topic_id)
        if access_request is None or not _is_waited_for(access_request, contact):
            continue
        if mail := queries.find_failed_mail(access_request, contact):
            failed[chase.id] = mail
            _wait_for_us(access_request, mail)
    return failed


def _locked(request_ids: Collection[int]) -> dict[int, AccessRequest]:
    return {each.id: each for each in queries.lock_requests(request_ids)}


def _remind(contact: Contact, found: Sequence[tuple[Chase, AccessRequest]], most: int) -> None:
    due = [_reminder(chase, access_request, most) for chase, access_request in found]
    if len(due) == 1:
        mails.remind(contact, due[0])
    else:
        mails.remind_of_several(contact, due)
    for chase, access_request in found:
        reminders.note_reminded(chase)
        trail.record(
            trail.PORTAL,
            "access_request.reminded",
            access_request,
            contact=contact.name,
            address=contact.email,
            count=chase.reminded,
        )


def _reminder(chase: Chase, access_request: AccessRequest, most: int) -> Reminder:
    passed_on = queries.is_passed_on(access_request, chase.contact)
    link, token = links.make_link(access_request, chase.contact, is_passed_on=passed_on)
    return Reminder(access_request, chase, link, token, is_last=chase.reminded + 1 == most)


def _give_up(access_request: AccessRequest, chase: Chase) -> None:
    """End the reminders, ask the second contact if there is one, and tell the consultant."""
    due_at = chase.next_at
    reminders.end_chase(chase, ChaseEnd.GAVE_UP)
    first, second = chase.contact, _second_contact(access_request)
    trail.record(trail.PORTAL, "access_request.not_answered", access_request, contact=first.name)
    if second is not None:
        link, token = links.make_link(access_request, second)
        mails.ask_instead(access_request, link, token, asked_before=first, caused_at=due_at)
        begin(access_request, second)
        trail.record(
            trail.PORTAL,
            "access_request.escalated",
            access_request,
            contact=second.name,
            address=second.email,
        )
    mails.tell_not_answered(access_request, chase, second)


def _second_contact(access_request: AccessRequest) -> Contact | None:
    """Return whom to ask next: named by the consultant, still a contact, and not asked before."""
    second = access_request.second_contact
    asked = {chase.contact_id for chase in chases_of(QUESTION, access_request.id)}
    return second if second and second.ended_at is None and second.id not in asked else None


def _is_waited_for(access_request: AccessRequest, contact: Contact) -> bool:
    return (
        access_request.state is RequestState.WAITING
        and contact.ended_at is None
        and access_request.account.archived_at is None
    )


def _refuse_unless_chased(access_request: AccessRequest) -> None:
    if all(chase.next_at is None for chase in chases_of(QUESTION, access_request.id)):
        raise NotNow
