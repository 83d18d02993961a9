"""Replies by mail, taken in as they come."""

from collections.abc import Iterable
from dataclasses import replace

from portal.access_requests import replies
from portal.access_requests.states import TAKE_REPLY
from portal.inbox.actions import RELEASES
from portal.inbox.queries import unread
from portal.inbox.states import LISTENERS
from portal.jobs import work
from portal.replies.reader import read, read_lists, unpack

LISTENERS[replies.TOPIC] = TAKE_REPLY
RELEASES[replies.TOPIC] = replies.let_go


@work.job(TAKE_REPLY)
def take_reply(mail_id: int) -> None:
    """Read a reply against what was asked, outside of any transaction, and take it in."""
    with work.step():
        letter = replies.find_letter(mail_id)
    if letter is None:
        return
    mail = unpack(letter.raw)
    reading = read(mail, sent=letter.sent, job_roles=letter.job_roles, asked=letter.asked)
    if letter.may_open_lists:
        reading = replace(reading, lists=read_lists(mail, letter.job_roles))
    with work.step():
        replies.take(mail_id, reading)


@work.sweep
def find_replies() -> Iterable[work.Nudge]:
    """Find replies that were attached to requests and not taken in."""
    for agency_id, mail_id in unread(replies.TOPIC):
        yield work.Nudge(TAKE_REPLY, agency_id, (mail_id,))
