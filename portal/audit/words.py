"""What happened, in words: the one place where the names of actions become sentences.

``who`` did it, ``what`` it was done to. A name without a sentence is shown as it is.
"""

from typing import Final

from portal.core.texts import Text, _l

SENTENCES: Final[dict[str, Text]] = {
    "agency.founded": _l("%(who)s founded the agency %(what)s"),
    "agency.made_up": _l("All that %(what)s held at first was made up, to try the portal at scale"),
    "member.signed_in": _l("%(who)s signed in"),
    "member.signed_out": _l("%(who)s signed out"),
    "member.guessing_slowed": _l("Too many wrong passwords for %(what)s: further tries have to wait"),
    "member.reset_asked": _l("A link to choose a new password was sent to %(what)s"),
    "member.password_reset": _l("%(who)s chose a new password by link"),
    "member.password_changed": _l("%(who)s changed their password"),
    "member.profile_changed": _l("%(who)s changed their profile"),
    "member.session_ended": _l("%(who)s ended one of their sessions"),
    "member.other_sessions_ended": _l("%(who)s ended all their other sessions"),
    "member.sessions_ended": _l("%(who)s signed %(what)s out everywhere"),
    "member.invited": _l("%(who)s invited %(what)s"),
    "member.invited_again": _l("%(who)s sent %(what)s a new invitation"),
    "member.joined": _l("%(who)s accepted the invitation"),
    "member.position_changed": _l("%(who)s gave %(what)s another position"),
    "member.accounts_changed": _l("%(who)s changed which accounts %(what)s sees"),
    "member.ended": _l("%(who)s ended the member %(what)s"),
    "member.restored": _l("%(who)s restored the member %(what)s"),
    "account.added": _l("%(who)s added the account %(what)s"),
    "account.changed": _l("%(who)s changed the account %(what)s"),
    "account.archived": _l("%(who)s archived the account %(what)s"),
    "account.restored": _l("%(who)s restored the account %(what)s"),
    "contact.added": _l("%(who)s added the contact %(what)s"),
    "contact.changed": _l("%(who)s changed the contact %(what)s"),
    "contact.ended": _l("%(who)s ended the contact %(what)s"),
    "connection.saved": _l("%(who)s connected the CRM"),
    "connection.ended": _l("%(who)s disconnected the CRM"),
    "connection.switched_off": _l("The CRM connection was switched off: its token no longer works"),
    "job_role.added": _l("%(who)s added the job role %(what)s"),
    "job_role.changed": _l("%(who)s changed the job role %(what)s"),
    "job_role.moved": _l("%(who)s moved the job role %(what)s"),
    "job_role.ended": _l("%(who)s ended the job role %(what)s"),
    "job_role.restored": _l("%(who)s restored the job role %(what)s"),
    "job_role.mapped": _l("%(who)s said what a job role means in an account"),
    "job_role.unmapped": _l("%(who)s removed what a job role means in an account"),
    "access_request.drafted": _l("%(who)s drafted the access request %(what)s"),
    "access_request.changed": _l("%(who)s changed the access request %(what)s"),
    "access_request.sent": _l("%(who)s sent the access request %(what)s"),
    "access_request.new_link_sent": _l("%(who)s sent a new link for the access request %(what)s"),
    "access_request.link_copied": _l("%(who)s copied the link of the access request %(what)s"),
    "access_request.answered": _l("%(who)s answered the access request %(what)s"),
    "access_request.replied": _l("%(who)s replied by email about the access request %(what)s"),
    "access_request.reacted": _l("%(who)s reacted to the access request %(what)s with an emoji"),
    "access_request.calendar_answered": _l(
        "%(who)s answered an invitation about the access request %(what)s"
    ),
    "access_request.replied_without_text": _l(
        "%(who)s sent an email without text about the access request %(what)s"
    ),
    "access_request.replied_encrypted": _l(
        "%(who)s sent an encrypted email about the access request %(what)s"
    ),
    "access_request.declined": _l("%(who)s declined the access request %(what)s"),
    "access_request.not_for_me": _l("%(who)s said that the access request %(what)s is not for them"),
    "access_request.passed_on": _l("%(who)s passed the access request %(what)s on"),
    "access_request.withdrawn": _l("%(who)s withdrew the access request %(what)s"),
    "access_request.reminded": _l("%(who)s reminded the contact of the access request %(what)s"),
    "access_request.reminders_stopped": _l("%(who)s stopped the reminders about %(what)s"),
    "access_request.reminders_started": _l("%(who)s started the reminders about %(what)s again"),
    "access_request.reminders_declined": _l("%(who)s asked for no more reminders about %(what)s"),
    "access_request.not_answered": _l("All reminders about %(what)s went unanswered"),
    "access_request.not_reached": _l("A mail about the access request %(what)s did not reach the contact"),
    "access_request.escalated": _l("%(who)s asked the second contact about %(what)s"),
    "reminders.schedule_changed": _l("%(who)s changed when people are reminded"),
    "access_request.reply_taken": _l("%(who)s took a reply by mail as the answer to %(what)s"),
    "access_request.away": _l("%(who)s is away: reminders about %(what)s wait"),
    "access_request.reopened": _l("%(who)s reopened the proposal for %(what)s"),
    "access_request.confirmed": _l("%(who)s confirmed the proposal for %(what)s"),
    "access_request.closed": _l("The access request %(what)s was closed"),
    "user.created": _l("The user %(what)s was created in the CRM"),
    "user.changed": _l("The user %(what)s was changed in the CRM"),
    "user.read_back": _l("The user %(what)s was read back from the CRM"),
    "user.signed_in": _l("The user %(what)s signed in to the CRM for the first time"),
    "onboarding.sent": _l("The onboarding mail to %(what)s was posted"),
    "onboarding.left_to_you": _l("The onboarding of %(what)s was left to a person"),
    "mail.sent_again": _l("%(who)s sent a mail again: %(what)s"),
    "mail.tried_now": _l("%(who)s had a mail tried at once: %(what)s"),
    "mail.cancelled": _l("%(who)s cancelled a mail: %(what)s"),
    "mail.arrival_confirmed": _l("%(who)s said that a mail arrived: %(what)s"),
    "address.suppressed": _l("Mail to %(what)s stopped: a mail came back, or was unwanted"),
    "address.allowed": _l("%(who)s allowed mail to %(what)s again"),
    "mail.sent_elsewhere": _l("%(who)s sent a mail anew to a corrected address: %(what)s"),
    "mail.stopped": _l("%(who)s stopped all mail: %(what)s"),
    "mail.let_go": _l("%(who)s let mail go again, which was stopped for: %(what)s"),
    "inbox.attached": _l("%(who)s said what a mail that came in answers: %(what)s"),
    "inbox.marked_as_spam": _l("%(who)s marked a mail as spam: %(what)s"),
    "inbox.put_back": _l("%(who)s put a mail back that somebody had decided about: %(what)s"),
    "sender.wanted": _l("%(who)s wants mails to come from %(what)s"),
    "sender.dropped": _l("%(who)s no longer wants mails to come from %(what)s"),
    "sender.proved": _l("Mails come from %(what)s now: its domain is proved"),
    "sender.lost": _l("Mails no longer come from %(what)s: its domain is not proved any more"),
    "mail.tested": _l("%(who)s sent themselves a test mail"),
    "mail_template.changed": _l("%(who)s changed the text of the mail %(what)s"),
    "mail_template.restored": _l("%(who)s brought back an earlier text of the mail %(what)s"),
    "mail_template.given_up": _l("%(who)s gave up the own text of the mail %(what)s"),
    "mail_template.tested": _l("%(who)s sent themselves a test of a mail: %(what)s"),
    "agency.look_changed": _l("%(who)s changed how the agency %(what)s looks to clients"),
    "agency.logo_changed": _l("%(who)s changed the logo of the agency %(what)s"),
    "agency.logo_removed": _l("%(who)s removed the logo of the agency %(what)s"),
    "mail.sending_resumed": _l("%(who)s let mails be sent again"),
}


def sentence(action: str, who: str, what: str) -> str:
    """Return what happened as a sentence, or the action's raw name beside who and what."""
    words = SENTENCES.get(action)
    if words is None:
        return " · ".join(part for part in (action, who, what) if part)
    return str(words) % {"who": who, "what": what or "…"}


def kind_of_event(action: str) -> str:
    """Return a sentence that stands for every event of one action, for choosing among them."""
    return sentence(action, "…", "…") if action in SENTENCES else action
