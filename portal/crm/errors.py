"""What can go wrong in a CRM, typed, and in words that say what a person can do."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from portal.core.errors import PortalError
from portal.core.texts import Text, _l


class CrmError(PortalError):
    """A CRM did not do what was asked; ``detail`` is the CRM's own account of it, with secrets cut.

    ``outcome_known`` is False when the CRM may have acted although no answer arrived.
    """

    status = 502
    title = _l("The CRM did not do this")
    outcome_known = True

    def __init__(self, message: Text | None = None, *, detail: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.detail: Mapping[str, object] = detail or {}


class NotConnected(CrmError):
    """The credentials are missing, expired or refused (401)."""

    message = _l("The CRM refused the token. Paste a new one under Connection; nothing was changed.")


class MissingScope(CrmError):
    """The token lacks a scope (403); ``scopes`` names what it needs, one of them only where ``any_of``."""

    message = _l("The token may not do this. Add the missing scope in the CRM, then connect again.")

    def __init__(
        self, *scopes: str, any_of: bool = False, detail: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(_what_is_needed(scopes, any_of=any_of) if scopes else None, detail=detail)
        self.scopes = scopes
        self.any_of = any_of


class NotAvailable(CrmError):
    """The account's tier has no such thing (HubSpot: permission sets below Enterprise)."""

    message = _l("This account's tier does not offer this.")


class NoSeat(CrmError):
    """No seat of the wanted kind is left, or it is not free yet."""

    message = _l("No seat of this kind is left. Free one or order one in the CRM, then try again.")


class AlreadyExists(CrmError):
    """A user with this address is there already (409); never adopted silently."""

    message = _l("A user with this address is already in the account. Decide whether to change that user.")


class NotInCrm(CrmError):
    """The CRM has no such user (404): the only proof of absence."""

    message = _l("The CRM has no such user.")


class NotSignedInYet(CrmError):
    """The user never signed in, so the CRM refuses changes (USER_NOT_ON_ANY_HUBS)."""

    message = _l("The CRM allows changes only after this user has signed in once.")


class RateLimited(CrmError):
    """Too many calls (429); nothing was done, and ``until`` says when to come back."""

    message = _l("The CRM asks us to slow down. The portal goes on by itself.")

    def __init__(
        self, until: datetime, *, policy: str = "", detail: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(detail=detail)
        self.until = until
        self.policy = policy


class Refused(CrmError):
    """The CRM understood and said no (other 4xx); repeating the same will not help."""

    message = _l("The CRM refused this. What it said is below.")


class Unreachable(CrmError):
    """No usable answer: network, time-out, 5xx.

    ``outcome_known`` is True where nothing can have been done: a read, or a write that never left.
    """

    message = _l("The CRM did not answer. The portal tries again by itself.")

    def __init__(
        self,
        message: Text | None = None,
        *,
        outcome_known: bool = False,
        detail: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, detail=detail)
        self.outcome_known = outcome_known


class Unreadable(Unreachable):
    """An answer came, but not one this CRM gives: not JSON, too long, a redirect, fields missing."""

    message = _l("The CRM's answer could not be read. Check the address of its API, then test again.")


def name_scopes(scopes: Sequence[str], *, any_of: bool) -> str:
    """Return the scopes as they are said in a sentence."""
    return f" {_l('or')} ".join(scopes) if any_of else ", ".join(scopes)


def _what_is_needed(scopes: Sequence[str], *, any_of: bool) -> Text:
    return _l(
        "The token may not do this: it needs %(scopes)s. Add that in the CRM, then connect again.",
        scopes=name_scopes(scopes, any_of=any_of),
    )
