"""What an examined connection can do, in words for the screen."""

from portal.core.texts import Text, _l
from portal.crm.protocol import Capability, Examination, Finding, Reason

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
}


def explain(examination: Examination) -> list[Text]:
    """Return a line per capability: yes, or no with the reason and what will not work without it."""
    return [_line(finding) for finding in examination.findings]


def _line(finding: Finding) -> Text:
    what, loss = LABELS[finding.capability], LOSSES[finding.capability]
    if finding.allowed:
        return _l("%(what)s: yes", what=what)
    if finding.reason is Reason.UNREACHABLE:
        return _l("%(what)s: not known, the CRM did not answer - test again", what=what)
    if finding.reason is Reason.RATE_LIMITED:
        return _l("%(what)s: not known, the CRM asks us to slow down - test again later", what=what)
    if finding.reason is Reason.TIER:
        return _l("%(what)s: not offered to this account - %(loss)s", what=what, loss=loss)
    scopes = ", ".join(finding.missing_scopes)
    return _l("%(what)s: not allowed, needs %(scopes)s - %(loss)s", what=what, scopes=scopes, loss=loss)
