"""What a member decides about a mail that cannot go on by itself."""

from markupsafe import Markup

from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import _
from portal.jobs import work
from portal.mail import delivery, old_links, outbox, queries, sender
from portal.mail.composing import ComposedMail
from portal.mail.models import MailStop, OutboxMessage
from portal.mail.states import DELIVER, UNDECIDED, MailState, Reason


def confirm_arrival(mail: OutboxMessage, by: Member) -> None:
    """End the doubt: the receiver has it."""
    if mail.state is not MailState.IN_DOUBT:
        raise NotNow
    delivery.accept(mail, Reason.SEEN)
    trail.record(by, "mail.arrival_confirmed", mail)


def send_again(mail: OutboxMessage, by: Member) -> None:
    """Send the same bytes once more, under the same Message-ID; what was held goes for the first time."""
    if mail.state not in UNDECIDED:
        raise NotNow
    old_links.refuse_without_links(mail)
    if mail.reason == Reason.LOGIN_REFUSED:
        delivery.end_pauses()
    was = mail.state
    delivery.requeue(mail)
    delivery.tell(mail)
    work.enqueue(DELIVER, mail.id)
    trail.record(by, "mail.sent_again", mail, was=was)


def try_now(mail: OutboxMessage, by: Member) -> None:
    """Do not wait for the next try."""
    if mail.state is not MailState.DEFERRED:
        raise NotNow
    mail.next_try_at = clock.now()
    work.enqueue(DELIVER, mail.id)
    trail.record(by, "mail.tried_now", mail)


def cancel(mail: OutboxMessage, by: Member) -> None:
    """Decide that it is not sent; of a mail in doubt nobody can say so."""
    if mail.state is MailState.IN_DOUBT:
        raise NotNow
    mail.move_to(MailState.CANCELLED, Reason.LEFT_AT_THAT if mail.state is MailState.BOUNCED else "")
    trail.record(by, "mail.cancelled", mail)


def resume_sending(by: Member) -> None:
    """Let mail go to the server again that refused our sign-in; the next sweep queues what was held."""
    delivery.end_pauses()
    trail.record(by, "mail.sending_resumed", by.agency)


def stop_all(by: Member, because: str) -> MailStop:
    """Send no mail of the agency any more; what is written meanwhile is held."""
    if queries.find_stop() is not None:
        raise NotNow
    stop = MailStop(stopped_by=by.name, because=because)
    db.session.add(stop)
    trail.record(by, "mail.stopped", stop)
    return stop


def let_go(by: Member) -> None:
    """Send mail again; the next sweep queues what was held."""
    stop = queries.find_stop()
    if stop is None:
        raise NotNow
    trail.record(by, "mail.let_go", stop)
    db.session.delete(stop)


def send_test(by: Member) -> OutboxMessage:
    """Send the member a mail from where the agency's mails come from, so that they see how it arrives."""
    subject = _("Test mail from the portal")
    text = _(
        "This mail was handed to %(server)s. Open its source in your mail program: beside SPF, DKIM and "
        "DMARC stands “pass” where the domain of the sender is set up well.",
        server=sender.mail_server(),
    )
    html = Markup(
        '<!DOCTYPE html><html lang="{}"><head><meta charset="utf-8"><title>{}</title></head>'
        "<body><p>{}</p></body></html>"
    ).format(by.language, subject, text)
    mail = outbox.post_test(ComposedMail(by.language, subject, text + "\n", str(html)), by)
    trail.record(by, "mail.tested", mail)
    return mail
