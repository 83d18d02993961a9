"""The job that hands over one mail, and the sweep that finds mails left behind."""

import logging
from datetime import datetime

from dns.resolver import Resolver
from flask import current_app

from portal.config import MailSending, Mode, Settings, is_loopback
from portal.jobs import restoring, work
from portal.mail import canaries, checks, delivery, domains, evidence, oauth, old_links, sender
from portal.mail.smtp import Outcome, SmtpConversation
from portal.mail.states import DELIVER, LOOK, SEND_CANARY, CheckSubject, Reason

log = logging.getLogger(__name__)


class WouldLeaveTheMachine(Exception):
    """In demo mode, mail goes to this machine or nowhere."""


@work.job(DELIVER)
def deliver(mail_id: int) -> None:
    """Hand one mail to the server: claim, commit, send, commit."""
    server = _name_of_server()
    conversation = _conversation()
    with work.step():
        claimed = delivery.claim(mail_id, server, is_on=_is_on())
    if claimed is None:
        return
    with conversation:
        verdict = conversation.hand_over(claimed.letter)
        # Before the goodbye: what is between the answer and this can be lost.
        work.insist(lambda: delivery.settle(claimed, server, verdict))
    if verdict.outcome is Outcome.LOGIN_REFUSED:
        log.error("%s refuses our sign-in, so all mail is held: %s", server, verdict.answer)


@work.job(SEND_CANARY)
def send_canary() -> None:
    """Send a mail to ourselves, unless one was sent lately."""
    with work.step():
        if not canaries.is_due():
            return
        message_id, letter = canaries.prepare()
    with _conversation() as conversation:
        if conversation.hand_over(letter).outcome is Outcome.ACCEPTED:
            with work.step():
                canaries.note_taken(message_id)


@work.job(LOOK)
def look(subject: str) -> None:
    """Look at the mail server, or ask DNS about the sender's domain, and write down what was found."""
    with work.step():
        if not checks.claim(CheckSubject(subject)):
            return
        wanted = checks.find_sender()
        question = checks.question(wanted) if wanted else None
        address = wanted.address if wanted else ""
    if subject == CheckSubject.SERVER:
        with _conversation() as conversation:
            examined = conversation.examine(f"b+test@{sender.envelope_domain()}")
        with work.step():
            checks.note(CheckSubject.SERVER, [{"steps": list(examined.steps), "problem": examined.problem}])
    elif question:
        findings = domains.look_up(question, new_resolver()) if _may_ask_dns() else []
        with work.step():
            checks.note_sender(address, findings)


@work.sweep
def find_looks_left_behind() -> list[work.Nudge]:
    """Find looks that nobody works on, and senders that are due for another."""
    return [work.Nudge(LOOK, check.agency_id, (check.subject,)) for check in checks.left_behind()]


@restoring.precaution
def doubt_what_waited(until: datetime) -> None:
    """Send nothing again that may have gone out after the backup."""
    delivery.doubt_what_waited(until)


@work.sweep
def find_mails_left_behind() -> list[work.Nudge]:
    """Find mails that are due, put lost ones in doubt, and let go what need not be held any more."""
    delivery.expire_leases()
    if _is_on():
        delivery.release(Reason.SENDING_IS_OFF)
    delivery.release_unstopped()
    if not delivery.is_locked_out(_name_of_server()):
        delivery.release(Reason.LOGIN_REFUSED)
    return [work.Nudge(DELIVER, row.agency_id, (row.id,)) for row in delivery.left_behind()]


@work.sweep
def cut_dead_links() -> list[work.Nudge]:
    """Take links that no longer work out of old emails; there is nothing left to do for a job."""
    old_links.cut_dead_links()
    return []


@work.sweep
def find_what_ends_doubts() -> list[work.Nudge]:
    """Find mails that were provably not sent, and send canaries while others wait for their copy."""
    nudges = [work.Nudge(DELIVER, mail.agency_id, (mail.id,)) for mail in evidence.settle_doubts()]
    awaited = evidence.find_awaited_copy()
    if awaited and sender.has_mailbox() and _is_on() and canaries.is_due():
        nudges.append(work.Nudge(SEND_CANARY, awaited.agency_id))
    return nudges


def _conversation() -> SmtpConversation:
    settings: Settings = current_app.extensions["settings"]
    mail_server = current_app.extensions["mail"]
    if settings.mode is Mode.DEMO and not is_loopback(mail_server.server):
        raise WouldLeaveTheMachine(mail_server.server)
    known = oauth.registration(settings, "smtp")
    return SmtpConversation(
        mail_server, settings.mail_domain, registration=known, ca_file=settings.mail_ca_file
    )


def new_resolver() -> Resolver:
    """Return who answers questions about domains: the name servers of this machine."""
    return Resolver()


def _may_ask_dns() -> bool:
    """In demo mode nothing leaves this machine, and a question to a name server would."""
    settings: Settings = current_app.extensions["settings"]
    return settings.mode is not Mode.DEMO


def _is_on() -> bool:
    settings: Settings = current_app.extensions["settings"]
    return settings.mail_sending is MailSending.ON


def _name_of_server() -> str:
    mail_server = current_app.extensions["mail"]
    return f"{mail_server.server}:{mail_server.port}"
