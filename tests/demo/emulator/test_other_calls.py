from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from portal.demo.emulator.seeds import SeedAccount, SeedUser
from tests.demo.emulator.shapes import DETAILS, ERROR, OWNER, PAGING, RECORD, SIGN_IN, TEAM, check, listed
from tests.fixtures.emulator import Emulator

LOGIN = "/account-info/2026-09/activity/login"
SEARCH = "/crm/objects/2026-09/users/search"
OWNERS = "/crm/owners/2026-09"
TEAMS = "/settings/teams/2026-09"
USERS = "/settings/users/2026-09"
ZOO = SeedAccount(
    "professional",
    70,
    "Zoo",
    users=[
        SeedUser(
            "ann@zoo.example",
            "Ann",
            "Ape",
            primary_team="Cages",
            sign_ins=(datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC)),
        ),
        SeedUser("bob@zoo.example", "Bob", "Bear", sign_ins=(datetime(2026, 4, 1, 8, 30, tzinfo=UTC),)),
        SeedUser("cleo@zoo.example", "Cleo", "Cat", deactivated=True),
    ],
    teams=("Cages",),
    time_zone="Europe/Madrid",
    created_at=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
)


@pytest.fixture
def zoo(emulator: Emulator) -> Iterator[httpx.Client]:
    with emulator.client(emulator.seed(ZOO)) as client:
        yield client


def user_id(client: httpx.Client, name: str) -> str:
    return client.get(f"{USERS}/{name}@zoo.example", params={"idProperty": "EMAIL"}).json()["id"]


def test_details_lead_deep_links_to_this_server(zoo: httpx.Client, emulator: Emulator) -> None:
    details = zoo.get("/account-info/2026-09/details").json()
    check(details, DETAILS)
    assert {name: details[name] for name in ("portalId", "portalName", "timeZone", "createdAt")} == {
        "portalId": ZOO.portal_id,
        "portalName": "Zoo",
        "timeZone": "Europe/Madrid",
        "createdAt": "2024-01-02T03:04:05.000Z",
    }
    deep_link = f"http://{details['uiDomain']}/settings/{details['portalId']}/users"
    assert emulator.http.get(deep_link).status_code == 200


def test_lists_sign_ins_newest_first_page_by_page(zoo: httpx.Client) -> None:
    first = zoo.get(LOGIN, params={"limit": 2}).json()
    check(first, listed(SIGN_IN))
    second = zoo.get(LOGIN, params={"limit": 2, "after": first["paging"]["next"]["after"]}).json()
    check(second, listed(SIGN_IN))
    assert [(one["email"], one["loginAt"]) for one in first["results"] + second["results"]] == [
        ("ann@zoo.example", "2026-05-01T08:00:00.000Z"),
        ("bob@zoo.example", "2026-04-01T08:30:00.000Z"),
        ("ann@zoo.example", "2026-03-01T08:00:00.000Z"),
    ]


def test_lists_the_sign_ins_of_one_user(zoo: httpx.Client) -> None:
    found = zoo.get(LOGIN, params={"userId": user_id(zoo, "ann")}).json()["results"]
    assert [one["email"] for one in found] == ["ann@zoo.example"] * 2
    assert zoo.get(LOGIN, params={"userId": user_id(zoo, "cleo")}).json() == {"results": []}
    assert zoo.get(LOGIN, params={"userId": "ann"}).status_code == 400
    assert zoo.get(LOGIN, params={"after": "MQ=="}).status_code == 400


def test_this_user_signs_in_now(zoo: httpx.Client, emulator: Emulator) -> None:
    emulator.sign_in(ZOO.token, "bob@zoo.example")
    newest = zoo.get(LOGIN, params={"limit": 1}).json()["results"][0]
    assert (newest["email"], newest["loginSucceeded"]) == ("bob@zoo.example", True)


def test_a_deactivated_user_is_turned_away(zoo: httpx.Client, emulator: Emulator) -> None:
    answer = emulator.control(
        "sign-in", token=ZOO.token, email="cleo@zoo.example", at="2026-11-01T10:00:00+00:00"
    )
    newest = zoo.get(LOGIN, params={"limit": 1}).json()["results"][0]
    assert (answer["succeeded"], newest["loginSucceeded"]) == (False, False)
    assert newest["loginAt"] == "2026-11-01T10:00:00.000Z"


def deactivated(value: str, operator: str = "EQ") -> dict[str, object]:
    one = {"propertyName": "hs_deactivated", "operator": operator, "value": value}
    return {"filterGroups": [{"filters": [one]}], "properties": ["hs_deactivated", "hs_internal_user_id"]}


def test_search_finds_the_deactivated(zoo: httpx.Client, emulator: Emulator) -> None:
    found = zoo.post(SEARCH, json=deactivated("true")).json()
    check(found, {"total": int, "results": [RECORD], "paging?": PAGING})
    properties = [record["properties"]["hs_internal_user_id"] for record in found["results"]]
    assert (found["total"], properties) == (1, [user_id(zoo, "cleo")])
    emulator.control("deactivated", token=ZOO.token, email="cleo@zoo.example", on=False)
    assert zoo.post(SEARCH, json=deactivated("true")).json() == {"total": 0, "results": []}
    assert zoo.post(SEARCH, json=deactivated("true", "NEQ")).json()["total"] == 3


def test_search_pages(zoo: httpx.Client) -> None:
    first = zoo.post(SEARCH, json={"limit": 2}).json()
    second = zoo.post(SEARCH, json={"limit": 2, "after": first["paging"]["next"]["after"]}).json()
    assert (len(first["results"]), len(second["results"]), "paging" in second) == (2, 1, False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 201},
        {"limit": 100, "after": "9950"},
        {"after": "x"},
        {"filterGroups": 1},
        deactivated("true", "LIKE"),
    ],
)
def test_search_refuses_what_it_cannot_do(zoo: httpx.Client, wrong: dict[str, object]) -> None:
    answer = zoo.post(SEARCH, json=wrong)
    check(answer.json(), ERROR)
    assert answer.status_code == 400


def test_lists_owners_and_those_who_left(zoo: httpx.Client) -> None:
    owners = zoo.get(OWNERS).json()
    check(owners, listed(OWNER))
    assert [owner["email"] for owner in owners["results"]] == [user.email for user in ZOO.users]
    zoo.delete(f"{USERS}/bob@zoo.example", params={"idProperty": "EMAIL"})
    gone = zoo.get(OWNERS, params={"archived": "true"}).json()
    check(gone, listed(OWNER))
    assert [(owner["email"], owner["archived"]) for owner in gone["results"]] == [("bob@zoo.example", True)]


def test_finds_an_owner_by_address_with_an_id_of_its_own(zoo: httpx.Client) -> None:
    (owner,) = zoo.get(OWNERS, params={"email": "ANN@zoo.example"}).json()["results"]
    assert str(owner["userId"]) == user_id(zoo, "ann")
    assert owner["id"] != user_id(zoo, "ann")
    assert [team["name"] for team in owner["teams"]] == ["Cages"]


def test_creates_renames_and_removes_a_team(zoo: httpx.Client) -> None:
    created = zoo.post(TEAMS, json={"name": "Keepers"})
    check(created.json(), TEAM)
    team = f"{TEAMS}/{created.json()['id']}"
    assert (created.status_code, zoo.post(TEAMS, json={"name": "Keepers"}).status_code) == (201, 409)
    assert zoo.put(team, json={"name": "Wardens"}).json()["name"] == "Wardens"
    assert [one["name"] for one in zoo.get(TEAMS).json()["results"]] == ["Cages", "Wardens"]
    assert zoo.delete(team).status_code == 204
    assert zoo.get(team).status_code == 404


def test_moves_people_between_teams(zoo: httpx.Client) -> None:
    cages = zoo.get(TEAMS).json()["results"][0]["id"]
    ann, bob = user_id(zoo, "ann"), user_id(zoo, "bob")
    members = f"{TEAMS}/{cages}/members"
    check(zoo.put(f"{members}/{bob}", json={"secondary": True}).json(), TEAM)
    assert zoo.get(members).json() == {"userIds": [ann], "secondaryUserIds": [bob]}
    assert zoo.put(f"{members}/{bob}", json={}).json()["userIds"] == [ann, bob]
    assert zoo.delete(f"{members}/{ann}").status_code == 204
    assert zoo.get(members).json() == {"userIds": [bob], "secondaryUserIds": []}


def test_people_stay_when_their_team_goes(zoo: httpx.Client) -> None:
    cages = zoo.get(TEAMS).json()["results"][0]["id"]
    zoo.delete(f"{TEAMS}/{cages}")
    ann = zoo.get(f"{USERS}/{user_id(zoo, 'ann')}").json()
    assert "primaryTeamId" not in ann


@pytest.mark.parametrize("name", [None, " ", 7])
def test_a_team_needs_a_name(zoo: httpx.Client, name: object) -> None:
    answer = zoo.post(TEAMS, json={"name": name})
    check(answer.json(), ERROR)
    assert (answer.status_code, len(zoo.get(TEAMS).json()["results"])) == (400, 1)
