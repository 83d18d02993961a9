"""Which text a mail is written from: an account's own, else the agency's, else the shipped one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, or_, select

from portal.accounts.models import Account
from portal.core.db import db
from portal.mail.kinds import MailKind, rules_of
from portal.mail.starters import starter, starter_source
from portal.mail.template_models import TemplateVersion
from portal.mail.templating import Template, TemplateRefused, read_template

_READ: Final = 512


class Origin(StrEnum):
    """Whose words they are."""

    ACCOUNT = "account"
    AGENCY = "agency"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The text in force for a kind, a language and an account; without a version, it is the shipped one."""

    origin: Origin
    subject: str
    body: str
    template: Template
    version: TemplateVersion | None = None


def chosen_text(kind: MailKind, language: str, account: Account | None) -> Chosen:
    """Return what such a mail says; one statement. The language is one the portal speaks.

    Words in the reader's language come first: where neither account nor agency wrote any in it, the shipped
    text is used, never the agency's in another language.
    """
    for version in texts_in_force(kind, language, account):
        template = read_stored(kind, version.subject, version.body)
        if template is not None:  # an update of the portal may ask for more than an old text has
            origin = Origin.AGENCY if version.account_id is None else Origin.ACCOUNT
            return Chosen(origin, version.subject, version.body, template, version)
    return Chosen(Origin.SHIPPED, *starter_source(kind, language), starter(kind, language))


def texts_in_force(kind: MailKind, language: str, account: Account | None) -> Sequence[TemplateVersion]:
    """Return the account's own text and the agency's, in this order, as far as there are any."""
    at_hand: ColumnElement[bool] = TemplateVersion.account_id.is_(None)
    if account is not None:
        at_hand = or_(at_hand, TemplateVersion.account_id == account.id)
    statement = select(TemplateVersion).where(
        TemplateVersion.is_in_force,
        TemplateVersion.is_own,
        TemplateVersion.kind == kind,
        TemplateVersion.language == language,
        at_hand,
    )
    return db.session.scalars(statement.order_by(TemplateVersion.account_id.is_(None))).all()


@lru_cache(maxsize=_READ)
def read_stored(kind: MailKind, subject: str, body: str) -> Template | None:
    """Return a text that was saved as it is understood today, or None if it no longer can be used.

    Kept by the text itself, so it is never stale, nor another agency's.
    """
    try:
        return read_template(subject, body, rules_of(kind))
    except TemplateRefused:
        return None
