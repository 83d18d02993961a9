"""Where a text stands: for which mail, in which language, for one account or for all."""

from dataclasses import dataclass

from portal.accounts.models import Account
from portal.core.errors import NotFound
from portal.core.texts import LANGUAGES, Text
from portal.mail.kinds import NOT_SENT_YET, MailKind, rules_of
from portal.mail.words import KIND_WORDS


@dataclass(frozen=True, slots=True)
class Place:
    """One text an agency can write; without an account, it is for all accounts that have no own one."""

    kind: MailKind
    language: str
    account: Account | None = None

    @property
    def name(self) -> Text:
        """What the mail is called."""
        return KIND_WORDS[self.kind].name

    @property
    def occasion(self) -> Text:
        """When it is written to whom."""
        return KIND_WORDS[self.kind].occasion

    @property
    def is_sent(self) -> bool:
        """Whether the portal sends such mails yet."""
        return self.kind not in NOT_SENT_YET

    @property
    def page(self) -> str:
        """A short name for the place, which a member's draft is kept under."""
        return f"{self.account.slug if self.account else ''}/{self.kind}/{self.language}"


def place_at(kind: str, language: str, account: Account | None) -> Place:
    """Return the place an address names, or raise ``NotFound``."""
    if kind not in set(MailKind) or language not in LANGUAGES:
        raise NotFound
    if account is not None and not may_differ(MailKind(kind)):
        raise NotFound
    return Place(MailKind(kind), language, account)


def may_differ(kind: MailKind) -> bool:
    """Tell whether an account can have its own text: only where the mail is about an account."""
    return "account_name" in rules_of(kind)


def kinds_of(account: Account | None) -> list[MailKind]:
    """Return the mails whose text can be written here, in the order of a client's way."""
    return [kind for kind in KIND_WORDS if account is None or may_differ(kind)]
