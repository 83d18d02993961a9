import pytest

from portal.crm.errors import (
    AlreadyExists,
    CrmError,
    MissingScope,
    NoSeat,
    NotConnected,
    NotInCrm,
    NotSignedInYet,
    Refused,
    Unreachable,
)
from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import Capability, CrmUser, NewUser, SignIn, UserChange
from tests.crm.hubspot.conftest import START, Answer, Script

USERS = "/settings/users/2026-09"
ANNA = {
    "id": "7",
    "email": "anna@example.com",
    "firstName": "Anna",
    "lastName": "Berg",
    "roleId": "30",
    "roleIds": ["30"],
    "primaryTeamId": "40",
    "secondaryTeamIds": ["41"],
    "seatNames": ["Core"],
    "superAdmin": False,
}


def refusal(status: int, **body: object) -> Answer:
    return Answer(status, {"status": "error", "message": "NO_SEAT_AVAILABLE MISSING_SCOPES", **body})


def test_a_user_is_read_whole(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(body=ANNA))

    assert hubspot.get_user("7") == CrmUser(
        id="7",
        email="anna@example.com",
        first_name="Anna",
        last_name="Berg",
        permission_set_id="30",
        seats=("Core",),
        primary_team_id="40",
        secondary_team_ids=("41",),
    )


def test_users_are_read_page_by_page_and_only_as_far_as_wanted(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(
        Answer(body={"results": [ANNA], "paging": {"next": {"after": "n=1"}}}), Answer(body={"results": []})
    )
    users = hubspot.users()

    next(users)
    first = script.calls()
    rest = list(users)

    assert (first, rest) == ([("GET", f"{USERS}?limit=100")], [])
    assert script.calls()[1:] == [("GET", f"{USERS}?limit=100&after=n%3D1")]


def test_an_address_is_quoted_in_the_path(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(404, {"category": "OBJECT_NOT_FOUND"}))

    assert hubspot.find_user("a/b?#+ü@example.com") is None
    assert script.calls() == [("GET", f"{USERS}/a%2Fb%3F%23%2B%C3%BC%40example.com?idProperty=EMAIL")]


def test_what_is_no_address_is_not_looked_up(script: Script, hubspot: HubSpotConnector) -> None:
    with pytest.raises(Refused):
        hubspot.find_user("")

    assert script.calls() == []


@pytest.mark.parametrize("user_id", ["", "..", "7/../8", "7?x"])
def test_what_can_be_no_id_is_not_in_the_crm(script: Script, hubspot: HubSpotConnector, user_id: str) -> None:
    with pytest.raises(NotInCrm):
        hubspot.get_user(user_id)

    assert script.calls() == []


def test_a_user_is_created_with_everything_in_one_call(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(201, ANNA))
    new = NewUser("anna@example.com", "Anna", "Berg", "30", ("Core",), "40", ("41",), send_welcome_email=True)

    assert hubspot.create_user(new).id == "7"
    sent = {name: value for name, value in ANNA.items() if name not in {"id", "roleIds", "superAdmin"}}
    assert [call.body for call in script.received] == [{**sent, "sendWelcomeEmail": True}]


def test_what_is_not_wanted_is_not_sent_but_the_welcome_mail_is_always_decided(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(Answer(201, {"id": 7, "email": "anna@example.com"}))

    hubspot.create_user(NewUser("anna@example.com"))

    assert [call.body for call in script.received] == [
        {"email": "anna@example.com", "sendWelcomeEmail": False}
    ]


def test_a_change_sends_all_the_user_had_and_returns_what_was_read_after(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(Answer(body=ANNA), Answer(body={}), Answer(body={**ANNA, "seatNames": ["Sales"]}))

    after = hubspot.update_user("7", UserChange(seats=("Sales",)))

    assert after.seats == ("Sales",)
    assert [call.method for call in script.received] == ["GET", "PUT", "GET"]
    assert script.received[1].body == {
        "roleId": "30",
        "primaryTeamId": "40",
        "secondaryTeamIds": ["41"],
        "seatNames": ["Sales"],
    }


@pytest.mark.parametrize("change", [UserChange(seats=("Sales",)), UserChange(permission_set_id="31")])
def test_a_change_never_sends_a_name_since_it_would_show_in_all_accounts(
    script: Script, hubspot: HubSpotConnector, change: UserChange
) -> None:
    script.say(Answer(body=ANNA))

    hubspot.update_user("7", change)

    assert set(script.received[1].body) == {"roleId", "primaryTeamId", "secondaryTeamIds", "seatNames"}


def test_a_permission_set_named_in_the_list_only_is_kept_too(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(Answer(body={"id": "7", "email": "anna@example.com", "roleIds": ["30"]}))

    hubspot.update_user("7", UserChange(primary_team_id="40"))

    assert script.received[1].body == {"roleId": "30", "primaryTeamId": "40"}


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"superAdmin": True}, UserChange(permission_set_id="31")),
        ({"superAdmin": True}, UserChange(seats=())),
        ({"roleIds": ["30", "31"]}, UserChange(primary_team_id="41")),
    ],
)
def test_a_change_that_would_take_away_what_cannot_be_given_back_is_refused(
    script: Script, hubspot: HubSpotConnector, fields: dict[str, object], change: UserChange
) -> None:
    script.say(Answer(body={**ANNA, **fields}))

    with pytest.raises(Refused):
        hubspot.update_user("7", change)

    assert [call.method for call in script.received] == ["GET"]


def test_a_change_that_cannot_be_read_back_has_an_unknown_outcome(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(Answer(body=ANNA), Answer(body={}), Answer(403, {"category": "MISSING_SCOPES"}))

    with pytest.raises(Unreachable) as caught:
        hubspot.update_user("7", UserChange(seats=("Sales",)))

    assert not caught.value.outcome_known


def test_removing_is_sent_once_and_one_who_is_gone_is_fine(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(body=ANNA), Answer(204, b""), Answer(404, {}))

    hubspot.remove_user("7")
    hubspot.remove_user("7")

    path = f"{USERS}/7?idProperty=USER_ID"
    assert script.calls() == [("GET", path), ("DELETE", path), ("GET", path)]


def test_a_super_admin_is_not_removed(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(body={**ANNA, "superAdmin": True}))

    with pytest.raises(Refused):
        hubspot.remove_user("7")

    assert [call.method for call in script.received] == ["GET"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(401, category="INVALID_AUTHENTICATION"), NotConnected),
        (Answer(401, b"<html>"), NotConnected),
        (refusal(403, category="MISSING_SCOPES"), MissingScope),
        (refusal(403, category="FORBIDDEN"), MissingScope),
        (Answer(403, b""), MissingScope),
        (refusal(400, subCategory="Users.USER_NOT_ON_ANY_HUBS"), NotSignedInYet),
        (refusal(400, category="USER_NOT_ON_ANY_HUBS"), NotSignedInYet),
        (refusal(400, errors=[{"code": "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"}]), NoSeat),
        (refusal(400, errors=[{"subCategory": "AppUserErrors.NO_SEAT_AVAILABLE"}]), NoSeat),
        (refusal(400, context={"reason": ["USER_NOT_ON_ANY_HUBS"]}), NotSignedInYet),
        (refusal(400, errors=[{"context": {"reason": ["A.NO_SEAT_AVAILABLE_X"]}}]), NoSeat),
        (refusal(403, errors=[{"context": {"error": "MISSING_SCOPES"}}]), MissingScope),
        (refusal(400, errors=["NO_SEAT_AVAILABLE", {"code": 5}], category=[]), Refused),
        (refusal(409, category="CONFLICT"), AlreadyExists),
        (refusal(404), Refused),
        (refusal(422), Refused),
    ],
)
def test_a_refusal_is_told_by_status_and_code_never_by_message(
    script: Script, hubspot: HubSpotConnector, answer: Answer, error: type[CrmError]
) -> None:
    script.say(answer)

    with pytest.raises(CrmError) as caught:
        hubspot.create_user(NewUser("anna@example.com"))

    assert (type(caught.value), caught.value.outcome_known) == (error, True)


@pytest.mark.parametrize(
    "named",
    [
        {"context": {"missingScopes": ["settings.users.write", "oauth"]}},
        {"errors": [{"context": {"missingScopes": ["settings.users.write", "oauth", "<b>", 5]}}]},
    ],
)
def test_a_missing_scope_is_named(
    script: Script, hubspot: HubSpotConnector, named: dict[str, object]
) -> None:
    script.say(refusal(403, category="MISSING_SCOPES", **named))

    with pytest.raises(MissingScope) as caught:
        hubspot.get_user("7")

    assert (caught.value.scopes, caught.value.any_of) == (("oauth", "settings.users.write"), False)
    assert "it needs oauth, settings.users.write." in str(caught.value)


def test_of_granular_scopes_one_is_enough(script: Script, hubspot: HubSpotConnector) -> None:
    granular = {"requiredGranularScopes": ["settings.users.read", "crm.objects.users.read"]}
    script.say(refusal(403, category="MISSING_SCOPES", errors=[{"context": granular}]))

    with pytest.raises(MissingScope) as caught:
        hubspot.get_user("7")

    assert caught.value.any_of
    assert "it needs crm.objects.users.read or settings.users.read." in str(caught.value)


@pytest.mark.parametrize("body", [{"category": "MISSING_SCOPES"}, {"category": "FORBIDDEN"}])
def test_where_hubspot_names_no_scope_what_opens_the_call_is_named(
    script: Script, hubspot: HubSpotConnector, body: dict[str, str]
) -> None:
    script.say(Answer(403, body))

    with pytest.raises(MissingScope) as caught:
        hubspot.create_user(NewUser("anna@example.com"))

    assert "settings.users.write or crm.objects.users.write" in str(caught.value)


def test_only_successful_sign_ins_are_reported(script: Script, hubspot: HubSpotConnector) -> None:
    signed_in = {"userId": 7, "email": "anna@example.com", "loginAt": "2026-11-22T12:00:00Z"}
    rows = [{**signed_in, "loginSucceeded": True}, {**signed_in, "loginSucceeded": False}, {"loginAt": None}]
    script.say(Answer(body={"results": rows}))

    assert list(hubspot.sign_ins("7")) == [SignIn("7", "anna@example.com", START)]
    assert script.calls() == [("GET", "/account-info/2026-09/activity/login?limit=100&userId=7")]


def test_odd_rows_are_left_out_and_counted_and_the_rest_is_read(
    script: Script, hubspot: HubSpotConnector
) -> None:
    odd = [{"id": "8"}, {"email": "x@example.com"}, None, {**ANNA, "seatNames": [None]}]
    signed_in = {"userId": 7, "loginAt": "2026-11-22T12:00:00Z", "loginSucceeded": True}
    script.say(
        Answer(body={"results": [*odd[:2], ANNA, *odd[2:], {**ANNA, "id": "9"}]}),
        Answer(body={"results": [{**signed_in, "userId": None}, {**signed_in, "loginAt": "?"}, signed_in]}),
    )

    assert [user.id for user in hubspot.users()] == ["7", "9"]
    assert [sign_in.user_id for sign_in in hubspot.sign_ins()] == ["7"]
    assert hubspot.left_out() == {Capability.LIST_USERS: 4, Capability.ACTIVITY: 2}


def record(**properties: object) -> dict[str, object]:
    return {"id": "999", "properties": properties}


def test_the_deactivated_are_those_of_the_records_and_of_the_archived_owners(
    script: Script, hubspot: HubSpotConnector
) -> None:
    named = record(hs_internal_user_id="7", hs_email="anna@example.com", hs_given_name="Anna")
    odd = record(hs_internal_user_id=None)
    owner = {"id": "5", "userId": None, "archived": True}
    script.say(
        Answer(body={"results": [odd, named], "paging": {"next": {"after": "1"}}}),
        Answer(body={"results": [record(hs_internal_user_id="8")]}),
        Answer(
            body={
                "results": [
                    {**owner, "userIdIncludingInactive": 9, "email": "ben@example.com", "firstName": ""},
                    {**owner, "userIdIncludingInactive": 10, "firstName": "Removed"},
                    {**owner, "userIdIncludingInactive": 11, "userId": 11},
                    {"id": "6", "type": "QUEUE", "archived": True},
                ]
            }
        ),
    )

    found = list(hubspot.deactivated_users())

    assert [(user.id, user.email, user.first_name, user.active) for user in found] == [
        ("7", "anna@example.com", "Anna", False),
        ("8", "", "", False),
        ("9", "", "", False),
    ]
    assert hubspot.left_out() == {Capability.DEACTIVATED: 1}
    assert [type(call.body) is dict and call.body.get("after") for call in script.received[:2]] == [None, "1"]
    assert script.calls()[2] == ("GET", "/crm/owners/2026-09?limit=100&archived=true")


def test_one_of_the_two_lists_of_the_deactivated_is_enough(script: Script, hubspot: HubSpotConnector) -> None:
    refused = refusal(403, category="MISSING_SCOPES")
    script.say(refused, Answer(body={"results": [{"id": "5", "userIdIncludingInactive": 9}]}), refused)

    assert [user.id for user in hubspot.deactivated_users()] == ["9"]
    with pytest.raises(MissingScope) as caught:
        list(hubspot.deactivated_users())
    assert (caught.value.scopes, caught.value.any_of) == (
        ("crm.objects.users.read", "crm.objects.owners.read"),
        True,
    )
