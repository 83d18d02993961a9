"""Reading what came in. Members who see only some accounts do not see what stands at none."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account
from portal.agencies import scope
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotFound
from portal.inbox.models import InboundAttachment, InboundMail
from portal.inbox.states import TRAYS, UNDECIDED, WORDLESS, Fate
from portal.web.paging import Cursor, Key, Page, fetch_page

NUDGE_AGAIN = timedelta(minutes=1)
_MOST_AT_ONCE = 500
AT_A_RECORD = (Fate.ATTACHED, Fate.UNCONFIRMED, Fate.AUTO_REPLY, *WORDLESS)


def mails(cursor: Cursor | None, tray: str = "", search: str = "") -> Page[Any]:
    """Return a page of what came in, the latest first; ``search`` is found in senders and subjects."""
    statement = select(
        InboundMail.id,
        InboundMail.received_at,
        InboundMail.sender_name,
        InboundMail.sender,
        InboundMail.subject,
        InboundMail.fate,
        InboundMail.reading["emoji"].as_string().label("emoji"),
        InboundMail.reading["calendar"].as_string().label("calendar"),
        Account.name.label("account_name"),
        Account.slug.label("account_slug"),
        Account.colour.label("account_colour"),
    ).outerjoin(Account, Account.id == InboundMail.account_id)
    statement = statement.where(_is_visible())
    if tray:
        statement = statement.where(InboundMail.fate.in_(TRAYS[tray].fates))
    if search:
        places = (InboundMail.sender, InboundMail.sender_name, InboundMail.subject)
        statement = statement.where(or_(*(place.icontains(search, autoescape=True) for place in places)))
    return fetch_page(statement, [Key(InboundMail.id.expression, descending=True)], cursor)


def get_mail(mail_id: int, *, to_change: bool = False) -> InboundMail:
    """Return one mail with its files, or raise ``NotFound``; ``to_change`` keeps others from deciding too."""
    statement = select(InboundMail).where(InboundMail.id == mail_id, _is_visible())
    statement = statement.options(selectinload(InboundMail.attachments))
    if to_change:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    mail = db.session.scalars(statement).one_or_none()
    if mail is None:
        raise NotFound
    return mail


def get_file(mail_id: int, place: int) -> InboundAttachment:
    """Return a file that came with a mail, or raise ``NotFound``."""
    mail = get_mail(mail_id)
    found = next((file for file in mail.attachments if file.place == place), None)
    if found is None:
        raise NotFound
    return found


def mails_about(topic: object) -> Sequence[InboundMail]:
    """Return the mails that stand at a record, the latest first."""
    return db.session.scalars(_standing_at(topic).order_by(InboundMail.id.desc())).all()


def unread(topic_kind: str) -> Sequence[tuple[int, int]]:
    """Return agency and id of the mails attached to records of a kind that their room did not take in yet."""
    statement = select(InboundMail.agency_id, InboundMail.id).where(
        InboundMail.untaken_since <= clock.now() - NUDGE_AGAIN, InboundMail.topic_kind == topic_kind
    )
    return [(row.agency_id, row.id) for row in db.session.execute(statement.limit(_MOST_AT_ONCE))]


def find_unread(mail_id: int) -> InboundMail | None:
    """Return a mail that its room did not take in yet, locked; None where it did, or may not any more."""
    statement = select(InboundMail).where(InboundMail.id == mail_id, InboundMail.untaken_since.is_not(None))
    fresh = statement.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(fresh).one_or_none()


def undecided_count() -> int:
    """Return how many mails wait for a person."""
    statement = select(func.count()).select_from(InboundMail).where(InboundMail.fate.in_(UNDECIDED))
    return db.session.scalar(statement.where(_is_visible())) or 0


def _standing_at(topic: Any) -> Select[InboundMail]:
    return (
        select(InboundMail)
        .where(
            InboundMail.topic_kind == topic.__tablename__,
            InboundMail.topic_id == topic.id,
            InboundMail.fate.in_(AT_A_RECORD),
        )
        .options(selectinload(InboundMail.attachments))
    )


def _is_visible() -> ColumnElement[bool]:
    """What stands at no account may be about any of them."""
    is_limited = scope.current().member_id is not None
    return InboundMail.account_id.is_not(None) if is_limited else true()
