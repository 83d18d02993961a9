"""What agencies write in place of the shipped texts: every version, and what is typed and not saved yet."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, String, Text, UniqueConstraint, column
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core import clock
from portal.core.db import Model
from portal.core.texts import LANGUAGES
from portal.mail.kinds import MailKind
from portal.mail.words import KIND_WORDS

_FOR_ALL_ACCOUNTS = column("account_id").is_(None)


class TemplateVersion(AgencyOwned, Model):
    """A mail's text in one language, for one account or, without one, for all; the newest is in force.

    A version that is not ``is_own`` has no text: from there on, what lies below is used again.
    """

    __tablename__ = "mail_template_versions"
    links: ClassVar = {"account_id": "accounts", "written_by_id": "members"}
    keeps: ClassVar = frozenset({"written_by_id"})
    constraints: ClassVar = (
        UniqueConstraint(
            "agency_id",
            "account_id",
            "kind",
            "language",
            "number",
            name="uq_mail_template_versions_for_account",  # PostgreSQL's names are short
        ),
        Index(  # the constraint above takes two rows without an account for different ones
            "uq_mail_template_versions_for_all",
            "agency_id",
            "kind",
            "language",
            "number",
            unique=True,
            sqlite_where=_FOR_ALL_ACCOUNTS,
            postgresql_where=_FOR_ALL_ACCOUNTS,
        ),
        Index("ix_mail_template_versions_in_force", "agency_id", "is_in_force", "kind", "language"),
    )

    account_id: Mapped[int | None]
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(5))
    number: Mapped[int]
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    is_own: Mapped[bool] = mapped_column(default=True)
    is_in_force: Mapped[bool] = mapped_column(default=True)
    restores: Mapped[int | None]  # the number of the version it brought back
    written_by_id: Mapped[int]
    written_at: Mapped[datetime] = mapped_column(default=clock.now)

    account: Mapped[Account | None] = relationship(
        primaryjoin=lambda: Account.id == foreign(TemplateVersion.account_id)
    )
    written_by: Mapped[Member] = relationship(
        primaryjoin=lambda: Member.id == foreign(TemplateVersion.written_by_id)
    )

    @property
    def title(self) -> str:
        """What the audit trail calls this text."""
        return f"{KIND_WORDS[MailKind(self.kind)].name} ({LANGUAGES[self.language]})"


class TemplateDraft(AgencyOwned, Model):
    """What a member typed on the page of one text and has not saved: shown in the preview, and kept."""

    __tablename__ = "mail_template_drafts"
    links: ClassVar = {"member_id": "members"}
    constraints: ClassVar = (UniqueConstraint("agency_id", "member_id", "page"),)

    member_id: Mapped[int]
    page: Mapped[str] = mapped_column(String(200))  # its address, which names account, kind and language
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
