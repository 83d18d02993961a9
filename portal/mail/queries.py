"""Reading the outbox; the scope leaves out mails of accounts the member may not see."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import selectinload

from portal.accounts.models import Account
from portal.core import trigrams
from portal.core.db import db
from portal.core.errors import NotFound
from portal.core.texts import Text, _l
from portal.mail.kinds import MailKind
from portal.mail.models import MailStop, OutboxMessage, ServerPause, SuppressedAddress
from portal.mail.states import SHELVES, UNDECIDED, MailState, Reason
from portal.web.paging import Cursor, Key, Page, fetch_page

_MOST_WORDS: Final = 6
_LATEST: Final = 5000


def mails(cursor: Cursor | None, shelf: str = "", search: str = "") -> Page[Any]:
    """Return a page of the mail log, newest first; ``search`` is found in receivers and subjects."""
    statement = _list()
    if shelf:
        statement = statement.where(OutboxMessage.state.in_(SHELVES[shelf].states))
    words = search.lower().split()[:_MOST_WORDS]
    if words:
        statement = statement.where(*_found(words))
    return fetch_page(statement, [Key(OutboxMessage.id.expression, descending=True)], cursor)


def is_short(words: Sequence[str]) -> bool:
    """Whether no index helps to find these words, so that they are looked for among the latest mails only."""
    return bool(words) and all(len(word) < trigrams.TRIGRAM for word in words)


def _found(words: list[str]) -> list[ColumnElement[bool]]:
    """Find all words: among what the index names, or, where that is too much, along the log from its end."""
    parts = [OutboxMessage.search_text.contains(word, autoescape=True) for word in words]
    if is_short(words):
        return [*parts, OutboxMessage.id > select(func.max(OutboxMessage.id) - _LATEST).scalar_subquery()]
    named = trigrams.ids_in_index(OutboxMessage, words)
    return parts if named is None else [*parts, OutboxMessage.id.in_(named)]


def get_mail(mail_id: int, *, to_change: bool = False) -> OutboxMessage:
    """Return one mail with its tries, or raise ``NotFound``; ``to_change`` keeps others from deciding too."""
    statement = select(OutboxMessage).where(OutboxMessage.id == mail_id)
    statement = statement.options(selectinload(OutboxMessage.tries), selectinload(OutboxMessage.reports))
    if to_change:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    mail = db.session.scalars(statement).one_or_none()
    if mail is None:
        raise NotFound
    return mail


def mails_about(topic_kind: str, topic_id: int) -> Sequence[OutboxMessage]:
    """Return the mails that speak of a record, oldest first; ``topic_kind`` is the name of its table."""
    about = and_(OutboxMessage.topic_kind == topic_kind, OutboxMessage.topic_id == topic_id)
    return db.session.scalars(select(OutboxMessage).where(about).order_by(OutboxMessage.id)).all()


def undelivered(addresses: Collection[str]) -> dict[str, Text]:
    """Return which of these addresses our mail does not reach, in any account, and why."""
    welcomes = select(OutboxMessage.recipient).where(
        OutboxMessage.recipient.in_(addresses),
        OutboxMessage.kind == MailKind.ONBOARDING,
        OutboxMessage.state.in_([MailState.BOUNCED, MailState.REFUSED]),
    )
    stopped = select(SuppressedAddress.address).where(
        SuppressedAddress.address.in_(addresses), SuppressedAddress.lifted_at.is_(None)
    )
    return {
        **dict.fromkeys(db.session.scalars(stopped), _l("Our email to this address is stopped.")),
        **dict.fromkeys(db.session.scalars(welcomes), _l("Our own welcome to this address came back.")),
    }


def find_successor(mail: OutboxMessage) -> OutboxMessage | None:
    """Return the mail that was sent instead of this one, to a corrected address."""
    instead = OutboxMessage.idempotency_key == f"instead-of:{mail.id}"
    return db.session.scalars(select(OutboxMessage).where(instead)).one_or_none()


def undecided_count() -> int:
    """Return how many mails wait for a person."""
    statement = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.state.in_(UNDECIDED))
    return db.session.scalar(statement) or 0


def find_stop() -> MailStop | None:
    """Return that the agency sends no mail, if so."""
    return db.session.scalars(select(MailStop)).one_or_none()


def held_count(reason: Reason) -> int:
    """Return how many mails are held for a reason."""
    held = OutboxMessage.state == MailState.HELD, OutboxMessage.reason == reason
    return db.session.scalar(select(func.count()).select_from(OutboxMessage).where(*held)) or 0


def waiting_count() -> int:
    """Return how many mails are about to be handed over, or to be tried again."""
    waiting = OutboxMessage.state.in_(SHELVES["waiting"].states)
    return db.session.scalar(select(func.count()).select_from(OutboxMessage).where(waiting)) or 0


def suppressed_addresses(cursor: Cursor | None, search: str = "") -> Page[Any]:
    """Return a page of the addresses that get no mail, the latest first."""
    statement = (
        select(
            SuppressedAddress.id,
            SuppressedAddress.address,
            SuppressedAddress.event,
            SuppressedAddress.words,
            SuppressedAddress.since,
            Account.name.label("account_name"),
            Account.slug.label("account_slug"),
            Account.colour.label("account_colour"),
        )
        .outerjoin(Account, Account.id == SuppressedAddress.account_id)
        .where(SuppressedAddress.lifted_at.is_(None))
    )
    if search:
        statement = statement.where(SuppressedAddress.address.contains(search.lower(), autoescape=True))
    return fetch_page(statement, [Key(SuppressedAddress.id.expression, descending=True)], cursor)


def get_suppressed(suppressed_id: int) -> SuppressedAddress:
    """Return one address that gets no mail, or did not, or raise ``NotFound``."""
    statement = select(SuppressedAddress).where(SuppressedAddress.id == suppressed_id)
    suppressed = db.session.scalars(statement).one_or_none()
    if suppressed is None:
        raise NotFound
    return suppressed


def find_lockout() -> ServerPause | None:
    """Return that all mail is held because the mail server refuses our sign-in, and its words, or None."""
    return db.session.scalars(select(ServerPause).where(ServerPause.until.is_(None)).limit(1)).one_or_none()


def _list() -> Select[*tuple[Any, ...]]:
    return select(
        OutboxMessage.id,
        OutboxMessage.created_at,
        OutboxMessage.recipient_name,
        OutboxMessage.recipient,
        OutboxMessage.subject,
        OutboxMessage.state,
        OutboxMessage.reason,
        OutboxMessage.next_try_at,
        OutboxMessage.accepted_at,
        Account.name.label("account_name"),
        Account.slug.label("account_slug"),
        Account.colour.label("account_colour"),
    ).outerjoin(Account, Account.id == OutboxMessage.account_id)
