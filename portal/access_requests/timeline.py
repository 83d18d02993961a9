"""The timeline of a request, in words: its part of the audit trail, and whom it waits for."""

from typing import Final

from portal.audit.models import AuditEntry
from portal.core.texts import Text, _l

# Each action that is recorded about a request, and its sentence; names come from the entry's details.
WORDS: Final[dict[str, Text]] = {
    "access_request.drafted": _l("wrote the request"),
    "access_request.changed": _l("changed the request"),
    "access_request.sent": _l("asked %(contact)s (%(address)s)"),
    "access_request.sent_again": _l("asked %(contact)s (%(address)s) again, with a new link"),
    "access_request.reminded": _l("reminded %(contact)s (%(address)s)"),
    "access_request.reminders_stopped": _l("stopped the reminders"),
    "access_request.reminders_started": _l("started to remind %(contact)s again"),
    "access_request.reminders_declined": _l("asked for no more reminders about this"),
    "access_request.not_answered": _l("had no answer from %(contact)s after the last reminder"),
    "access_request.not_reached": _l("could not reach %(contact)s (%(address)s) by email"),
    "access_request.reply_taken": _l("used %(contact)s's reply as the answer"),
    "access_request.away": _l("is away until %(until)s: reminders wait"),
    "access_request.escalated": _l("asked %(contact)s (%(address)s) instead"),
    "access_request.link_copied": _l("copied a new link for %(contact)s"),
    "access_request.new_link_sent": _l("sent %(contact)s the new link that was asked for"),
    "access_request.withdrawn": _l("withdrew the request; its links stopped working at once"),
    "access_request.answered": _l("answered"),
    "access_request.replied": _l("replied by email: %(line)s"),
    "access_request.reacted": _l("reacted with %(emoji)s"),
    "access_request.calendar_answered": _l("answered an invitation: %(answer)s"),
    "access_request.replied_without_text": _l("sent an email without text"),
    "access_request.replied_encrypted": _l("sent an encrypted email"),
    "access_request.declined": _l("answered that nobody should get access"),
    "access_request.not_for_me": _l("said that somebody else should answer"),
    "access_request.proposal_changed": _l("changed the proposal"),
    "access_request.reopened": _l("reopened the proposal for %(person)s"),
    "access_request.confirmed": _l("confirmed the proposal"),
    "access_request.started": _l("began to set up %(people)s"),
    "access_request.scheduled_left_out": _l("left %(people)s out"),
    "access_request.taken_back": _l("took the confirmed proposal back to change it"),
    "access_request.reached_again": _l("sent the question to %(address)s anew"),
    "access_request.closed": _l("closed the request: everything is done"),
    "user.created": _l("created %(email)s in the CRM"),
    "user.changed": _l("changed %(email)s in the CRM"),
    "user.read_back": _l("read %(email)s back: everything is as it was asked for"),
    "user.signed_in": _l("saw the first sign-in of %(person)s"),
    "onboarding.sent": _l("welcomed %(person)s by mail (%(address)s)"),
    "onboarding.left_to_you": _l("knows no sign-in page for %(person)s: please welcome them yourself"),
    "provisioning.tried_again": _l("had %(email)s tried again"),
    "provisioning.existing_accepted": _l("decided to change the existing user %(email)s"),
    "provisioning.left_out": _l("left %(email)s out"),
    "provisioning.done_by_hand": _l("did by hand for %(email)s: %(step)s"),
    "provisioning.checked": _l("had the CRM checked for %(email)s"),
    "access_request.passed_on": _l("asked %(to)s (%(address)s) to answer"),
}


def sentence(entry: AuditEntry) -> str:
    """Return what an entry says was done; the bare action where nobody wrote a sentence for it."""
    words = WORDS.get(entry.action)
    if words is None:
        return entry.action.partition(".")[2].replace("_", " ")
    return str(words) % entry.details
