"""The job that hands over one mail, and the sweep that finds mails left behind."""

import logging

from flask import current_app

from portal.config import MailSending, Mode, Settings, is_loopback
from portal.jobs import work
from portal.mail import delivery
from portal.mail.smtp import Outcome, SmtpConversation
from portal.mail.states import DELIVER, Reason

log = logging.getLogger(__name__)


class WouldLeaveTheMachine(Exception):
    """In demo mode, mail goes to this machine or nowhere."""


@work.job(DELIVER)
def deliver(mail_id: int) -> None:
    """Hand one mail to the server: claim, commit, send, commit."""
    settings: Settings = current_app.extensions["settings"]
    mail_server = current_app.extensions["mail"]
    if settings.mode is Mode.DEMO and not is_loopback(mail_server.server):
        raise WouldLeaveTheMachine(mail_server.server)
    server = _name_of_server()
    with work.step():
        claimed = delivery.claim(mail_id, server, is_on=_is_on())
    if claimed is None:
        return
    with SmtpConversation(mail_server, settings.mail_domain) as conversation:
        verdict = conversation.hand_over(claimed.letter)
        with work.step():  # before the goodbye: what is between the answer and this can be lost
            delivery.settle(claimed, server, verdict)
    if verdict.outcome is Outcome.LOGIN_REFUSED:
        log.error("%s refuses our sign-in, so all mail is held: %s", server, verdict.answer)


@work.sweep
def find_mails_left_behind() -> list[work.Nudge]:
    """Find mails that are due, put lost ones in doubt, and let go what need not be held any more."""
    delivery.expire_leases()
    if _is_on():
        delivery.release(Reason.SENDING_IS_OFF)
    if not delivery.is_locked_out(_name_of_server()):
        delivery.release(Reason.LOGIN_REFUSED)
    return [work.Nudge(DELIVER, row.agency_id, (row.id,)) for row in delivery.left_behind()]


def _is_on() -> bool:
    settings: Settings = current_app.extensions["settings"]
    return settings.mail_sending is MailSending.ON


def _name_of_server() -> str:
    mail_server = current_app.extensions["mail"]
    return f"{mail_server.server}:{mail_server.port}"
