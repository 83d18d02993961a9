"""What an examined connection can do, in words for the screen."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal.accounts.states import CRM_NAMES, Crm
from portal.core.errors import PortalError
from portal.core.texts import Text, _l
from portal.crm.errors import NotConnected, RateLimited, Unreachable, Unreadable, name_scopes
from portal.crm.protocol import Capability, Examination, Finding, Reason
from portal.crm.queries import OtherAccount

LABELS: dict[Capability, Text] = {
    Capability.LIST_USERS: _l("users"),
    Capability.CREATE_USERS: _l("adding users"),
    Capability.UPDATE_USERS: _l("changing users"),
    Capability.REMOVE_USERS: _l("removing users"),
    Capability.PERMISSION_SETS: _l("permission sets"),
    Capability.TEAMS: _l("teams"),
    Capability.SEATS: _l("seats"),
    Capability.ACTIVITY: _l("sign-ins"),
    Capability.OWNERS: _l("record owners"),
    Capability.DEACTIVATED: _l("who is deactivated"),
}

LOSSES: dict[Capability, Text] = {
    Capability.LIST_USERS: _l("nothing of this account can be shown"),
    Capability.CREATE_USERS: _l("new users are added by hand"),
    Capability.UPDATE_USERS: _l("changes to users are made by hand"),
    Capability.REMOVE_USERS: _l("users are removed by hand"),
    Capability.PERMISSION_SETS: _l("what users may do is set by hand"),
    Capability.TEAMS: _l("teams stay hidden and are set by hand"),
    Capability.SEATS: _l("remaining seats stay hidden"),
    Capability.ACTIVITY: _l("first and last sign-ins stay hidden, and requests are closed by hand"),
    Capability.OWNERS: _l("records a user owns stay hidden"),
    Capability.DEACTIVATED: _l(
        "who leaves the list is shown as not in the list any more, whether deactivated or removed"
    ),
}

# What a token should be allowed in HubSpot, and what for; the first three are needed, the rest add to it.
SCOPES: Final[tuple[tuple[str, Text], ...]] = (
    ("settings.users.read", _l("users and permission sets")),
    ("settings.users.write", _l("adding, changing and removing users")),
    ("settings.users.teams.read", _l("teams")),
    ("settings.billing.write", _l("seats and how many are left")),
    ("account-info.security.read", _l("first and last sign-ins")),
    ("crm.objects.users.read", _l("who is deactivated")),
    ("crm.objects.owners.read", _l("record owners, and who is deactivated")),
)
NEEDED_SCOPES: Final = 3


def explain(examination: Examination) -> list[Text]:
    """Return a line per capability: yes, or no with the reason and what will not work without it."""
    return [line_of(finding) for finding in examination.findings]


def explain_stored(findings: Sequence[Mapping[str, Any]]) -> list[tuple[bool, Text]]:
    """Return, for stored findings, whether each is allowed and its line."""
    return [(finding.allowed, line_of(finding)) for finding in map(restored, findings)]


def connected_elsewhere(crm: Crm, others: Sequence[OtherAccount]) -> Text:
    """Return that an account in the CRM has its connection, and what to do; names none that is not seen."""
    name = CRM_NAMES[crm]
    if not others:
        return _l(
            "This %(crm)s account is already connected to another account of your agency, which you cannot "
            "see. An owner of your agency can tell you which one, and disconnect it there.",
            crm=name,
        )
    return _l(
        "This %(crm)s account is already connected to %(accounts)s. To connect it here, disconnect it there "
        "first.",
        crm=name,
        accounts=", ".join(map(_named, others)),
    )


def _named(other: OtherAccount) -> str:
    return str(_l("%(account)s (archived)", account=other.name)) if other.archived_at else other.name


def explain_here(error: PortalError) -> Text:
    """Return what an error says, as it is read on the connection page itself."""
    if isinstance(error, NotConnected) and error.message is NotConnected.message:
        return _l("The CRM refused the token. Nothing was changed.")
    return error.message


def explain_failure(error: PortalError) -> Text:
    """Return why a test failed; nobody tries again by themselves, so a person is told to."""
    if isinstance(error, NotConnected) and error.message is NotConnected.message:
        return _l("The CRM refused the token. Check that all of it was copied, then paste it here again.")
    if isinstance(error, RateLimited):
        return _l("The CRM asks us to slow down. Nothing was saved. Test again in a minute.")
    if isinstance(error, Unreachable) and not isinstance(error, Unreadable):
        return _l("The CRM did not answer. Nothing was saved. Test again in a minute.")
    return error.message


def restored(stored: Mapping[str, Any]) -> Finding:
    """Return a finding as it was before it was stored."""
    return Finding(
        Capability(stored["capability"]),
        allowed=stored["allowed"],
        missing_scopes=tuple(stored["missing_scopes"]),
        reason=Reason(stored["reason"]),
        any_scope=stored.get("any_scope", False),
    )


def line_of(finding: Finding) -> Text:
    """Return whether something is allowed; where not, why and what will not work without it."""
    what, loss = LABELS[finding.capability], LOSSES[finding.capability]
    if finding.allowed:
        return _l("%(what)s: yes", what=what)
    if finding.reason is Reason.UNREACHABLE:
        return _l("%(what)s: not known, the CRM did not answer - test again", what=what)
    if finding.reason is Reason.RATE_LIMITED:
        return _l("%(what)s: not known, the CRM asks us to slow down - test again later", what=what)
    if finding.reason is Reason.TIER:
        return _l("%(what)s: not offered to this account - %(loss)s", what=what, loss=loss)
    scopes = name_scopes(finding.missing_scopes, any_of=finding.any_scope)
    return _l("%(what)s: not allowed, needs %(scopes)s - %(loss)s", what=what, scopes=scopes, loss=loss)
