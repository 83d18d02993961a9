import pytest

from portal.crm.errors import NotConnected
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import AccountDetails, Capability, Finding, Reason
from tests.crm.hubspot.conftest import TOKEN, Answer, Script

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
SILENT = Answer(404, {"category": "OBJECT_NOT_FOUND"})  # says nothing about the token
ABSENT = Answer(404, {"category": "OBJECT_NOT_FOUND"})
REFUSED = Answer(403, {"category": "MISSING_SCOPES"})
WRITE_SCOPES = ("settings.users.write", "crm.objects.users.write")
WRITES = (Capability.CREATE_USERS, Capability.UPDATE_USERS, Capability.REMOVE_USERS)


def told(*scopes: object) -> Answer:
    return Answer(body={"userId": 7, "hubId": 5, "appId": 9, "scopes": list(scopes)})


def refusal(status: int, **body: object) -> Answer:
    return Answer(status, {"status": "error", "message": "no", "category": "VALIDATION_ERROR", **body})


def reasons(findings: tuple[Finding, ...]) -> dict[Capability, tuple[Reason, tuple[str, ...]]]:
    return {finding.capability: (finding.reason, finding.missing_scopes) for finding in findings}


def writing(hubspot: HubSpotConnector) -> Finding:
    found = [finding for finding in hubspot.examine().findings if finding.capability in WRITES]
    assert [finding.capability for finding in found] == list(WRITES)
    assert len({(finding.allowed, finding.reason) for finding in found}) == 1
    return found[0]


def test_a_token_that_may_do_everything(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(DETAILS, NONE, told("settings.users.write"), NONE)

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
    bare = Answer(403, {"category": "FORBIDDEN"})
    script.say(DETAILS, NONE, SILENT, REFUSED, tier, *down, named, slow, bare, REFUSED)

    write = (Reason.SCOPE, WRITE_SCOPES)
    assert reasons(hubspot.examine().findings) == {
        Capability.LIST_USERS: (Reason.NONE, ()),
        Capability.CREATE_USERS: write,
        Capability.UPDATE_USERS: write,
        Capability.REMOVE_USERS: write,
        Capability.PERMISSION_SETS: (Reason.TIER, ()),
        Capability.TEAMS: (Reason.UNREACHABLE, ()),
        Capability.SEATS: (Reason.SCOPE, ("billing",)),
        Capability.ACTIVITY: (Reason.RATE_LIMITED, ()),
        Capability.OWNERS: (Reason.SCOPE, ("crm.objects.owners.read",)),
        Capability.DEACTIVATED: (Reason.SCOPE, ("crm.objects.users.read", "crm.objects.owners.read")),
    }


@pytest.mark.parametrize("scope", WRITE_SCOPES)
def test_a_token_that_is_known_to_write_is_not_made_to_try(
    script: Script, hubspot: HubSpotConnector, scope: str
) -> None:
    script.say(DETAILS, NONE, told("oauth", scope), NONE)

    assert writing(hubspot).allowed
    assert [call.path for call in script.received if call.method == "PUT"] == []
    (asked,) = [call for call in script.received if "access-token-info" in call.path]
    assert (asked.method, asked.body) == ("POST", {"tokenKey": TOKEN})


def test_a_token_that_is_known_not_to_write_needs_one_of_two_scopes(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(DETAILS, NONE, told("oauth", "settings.users.read"), NONE)

    found = writing(hubspot)

    assert (found.reason, found.missing_scopes, found.any_scope) == (Reason.SCOPE, WRITE_SCOPES, True)
    assert [call.path for call in script.received if call.method == "PUT"] == []


@pytest.mark.parametrize(
    "answer",
    [
        refusal(400, subCategory="AppUserErrors.USER_NOT_ON_ANY_HUBS"),
        refusal(400, errors=[{"message": "no", "code": "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"}]),
        refusal(409, category="CONFLICT"),
        refusal(404, category="OBJECT_NOT_FOUND"),
        refusal(400),
        refusal(422),
        Answer(404, b"<html>no such page</html>"),
        Answer(200, b""),
        Answer(200, {}),
    ],
)
@pytest.mark.parametrize("info", [SILENT, Answer(401, {}), told(), Answer(200, {"scopes": "all"})])
def test_any_answer_about_the_user_that_is_nobody_means_that_the_token_may_write(
    script: Script, hubspot: HubSpotConnector, info: Answer, answer: Answer
) -> None:
    script.say(DETAILS, NONE, info, answer, NONE)

    assert writing(hubspot).allowed


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([Answer(403, {"category": "FORBIDDEN"})], Reason.SCOPE),
        ([Answer(403, b"")], Reason.SCOPE),
        ([REFUSED], Reason.SCOPE),
        ([Answer(423, {})] * 5, Reason.RATE_LIMITED),
        ([Answer(429, {"policyName": "DAILY"})], Reason.RATE_LIMITED),
        ([Answer(477, {}, {"Retry-After": "60"})], Reason.RATE_LIMITED),
        ([Answer(502, {})] * 4, Reason.UNREACHABLE),
        ([Answer(body=None)] * 4, Reason.UNREACHABLE),
        ([Answer(302, b"", {"Location": "http://127.0.0.2:1/"})], Reason.UNREACHABLE),
    ],
)
def test_an_answer_about_the_token_or_the_line_means_that_writing_is_not_proved(
    script: Script, hubspot: HubSpotConnector, answers: list[Answer], reason: Reason
) -> None:
    script.say(DETAILS, NONE, SILENT, *answers, NONE)

    found = writing(hubspot)

    assert (found.allowed, found.reason) == (False, reason)
    assert found.missing_scopes == (WRITE_SCOPES if reason is Reason.SCOPE else ())


@pytest.mark.parametrize(
    ("owners", "search", "reason"),
    [
        (NONE, REFUSED, Reason.NONE),
        (REFUSED, NONE, Reason.NONE),
        (REFUSED, REFUSED, Reason.SCOPE),
        (REFUSED, Answer(429, {"policyName": "DAILY"}), Reason.RATE_LIMITED),
    ],
)
def test_who_is_deactivated_is_known_from_either_of_two_lists(
    script: Script, hubspot: HubSpotConnector, owners: Answer, search: Answer, reason: Reason
) -> None:
    script.say(DETAILS, NONE, told("settings.users.write"), NONE, NONE, NONE, NONE, owners, search)

    assert reasons(hubspot.examine().findings)[Capability.DEACTIVATED][0] is reason


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

    writes = [call for call in script.received if call.method not in {"GET", "POST"}]
    assert [(call.path, call.body) for call in writes] == [
        ("/settings/users/2026-09/0?idProperty=USER_ID", {})
    ]
    posts = [call.path for call in script.received if call.method == "POST"]
    assert posts == ["/oauth/v2/private-apps/get/access-token-info", "/crm/objects/2026-09/users/search"]
