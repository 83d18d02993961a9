import pytest

from portal.crm.errors import NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import AccountDetails, Capability, Finding, Reason
from tests.crm.hubspot.conftest import Answer, Script

DETAILS = Answer(
    body={
        "portalId": 5,
        "portalName": "Northwind",
        "accountType": "STANDARD",
        "timeZone": "Europe/Berlin",
        "companyCurrency": "EUR",
        "uiDomain": "app-eu1.hubspot.com",
    }
)
NONE = Answer(body={"results": []})
ABSENT = Answer(404, {"category": "OBJECT_NOT_FOUND"})
REFUSED = Answer(403, {"category": "MISSING_SCOPES"})


def reasons(findings: tuple[Finding, ...]) -> dict[Capability, tuple[Reason, tuple[str, ...]]]:
    return {finding.capability: (finding.reason, finding.missing_scopes) for finding in findings}


def test_a_token_that_may_do_everything(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(DETAILS, NONE, ABSENT, NONE)

    examination = hubspot.examine()

    assert examination.details == AccountDetails(
        "5", "Northwind", "", "Europe/Berlin", "EUR", "https://app-eu1.hubspot.com"
    )
    assert examination.capabilities() == frozenset(Capability)


def test_what_a_token_may_not_do_has_its_reason(script: Script, hubspot: HubSpotConnector) -> None:
    tier = Answer(400, {"category": "VALIDATION_ERROR"})
    slow = Answer(429, {"policyName": "DAILY"})
    down = [Answer(503, {})] * 4
    named = Answer(403, {"category": "MISSING_SCOPES", "context": {"requiredScopes": ["billing"]}})
    script.say(DETAILS, NONE, REFUSED, tier, *down, named, slow, Answer(403, {"category": "FORBIDDEN"}))

    write = (Reason.SCOPE, ("settings.users.write",))
    assert reasons(hubspot.examine().findings) == {
        Capability.LIST_USERS: (Reason.NONE, ()),
        Capability.CREATE_USERS: write,
        Capability.UPDATE_USERS: write,
        Capability.REMOVE_USERS: write,
        Capability.PERMISSION_SETS: (Reason.TIER, ()),
        Capability.TEAMS: (Reason.UNREACHABLE, ()),
        Capability.SEATS: (Reason.SCOPE, ("billing",)),
        Capability.ACTIVITY: (Reason.RATE_LIMITED, ()),
        Capability.OWNERS: (Reason.TIER, ()),
    }


@pytest.mark.parametrize("good_answers", [0, 1, 3])
def test_a_token_that_is_dead_is_not_connected(
    script: Script, hubspot: HubSpotConnector, good_answers: int
) -> None:
    script.say(*[DETAILS, NONE, ABSENT][:good_answers], Answer(401, {"category": "INVALID_AUTHENTICATION"}))

    with pytest.raises(NotConnected):
        hubspot.examine()


def test_nothing_is_written_to_a_user_there_is(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(DETAILS, NONE, ABSENT, NONE)

    hubspot.examine()

    writes = [call for call in script.received if call.method != "GET"]
    assert [(call.path, call.body) for call in writes] == [
        ("/settings/users/2026-09/0?idProperty=USER_ID", {})
    ]
