from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from portal.demo.emulator.seeds import SeedAccount, SeedUser
from tests.demo.emulator.shapes import (
    BATCH,
    DETAILS,
    ERROR,
    MANAGED_TEAM,
    MEMBER,
    OWNER,
    PAGING,
    RECORD,
    SIGN_IN,
    check,
    listed,
)
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
        "createdAt": 1_704_164_645_000,
    }
    assert details["utcOffset"] in {"+01:00", "+02:00"}
    deep_link = f"http://{details['uiDomain']}/settings/{details['portalId']}/users"
    assert emulator.http.get(deep_link).status_code == 200


def sign_ins(client: httpx.Client, **given: object) -> list[dict[str, object]]:
    found, after = [], None
    while True:
        page = client.get(LOGIN, params=given | ({"after": after} if after else {})).json()
        check(page, listed(SIGN_IN))
        assert len(page["results"]) <= given.get("limit", 100)
        found += page["results"]
        after = page.get("paging", {}).get("next", {}).get("after")
        if after is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_lists_each_sign_in_once_page_by_page_and_one_without_a_user(zoo: httpx.Client, limit: int) -> None:
    found = sign_ins(zoo, limit=limit)
    assert sorted((str(one["email"]), one["loginAt"]) for one in found if "userId" in one) == [
        ("ann@zoo.example", "2026-03-01T08:00:00.000Z"),
        ("ann@zoo.example", "2026-05-01T08:00:00.000Z"),
        ("bob@zoo.example", "2026-04-01T08:30:00.000Z"),
    ]
    assert [one["email"] for one in found if "userId" not in one] == ["support@hubspot.example"]


def test_sign_ins_come_in_no_order_of_time(emulator: Emulator) -> None:
    history = tuple(datetime(2026, 3, day, 8, tzinfo=UTC) for day in range(1, 29))
    account = SeedAccount("starter", 71, "Ark", users=[SeedUser("noah@ark.example", sign_ins=history)])
    with emulator.client(emulator.seed(account)) as client:
        times = [str(one["loginAt"]) for one in sign_ins(client, limit=10) if "userId" in one]
    assert len(times) == 28
    assert times not in (sorted(times), sorted(times, reverse=True))


def test_lists_the_sign_ins_of_one_user(zoo: httpx.Client) -> None:
    found = zoo.get(LOGIN, params={"userId": user_id(zoo, "ann")}).json()["results"]
    assert [one["email"] for one in found] == ["ann@zoo.example"] * 2
    assert zoo.get(LOGIN, params={"userId": "5"}).json() == {"results": []}
    assert zoo.get(LOGIN, params={"userId": "ann"}).status_code == 400
    assert zoo.get(LOGIN, params={"after": "MQ=="}).status_code == 400


def test_this_user_signs_in_now(zoo: httpx.Client, emulator: Emulator) -> None:
    before = len(sign_ins(zoo))
    emulator.sign_in(ZOO.token, "bob@zoo.example")
    newest = max(sign_ins(zoo), key=lambda one: str(one["loginAt"]))
    assert (newest["email"], newest["loginSucceeded"], len(sign_ins(zoo))) == (
        "bob@zoo.example",
        True,
        before + 1,
    )


def test_a_deactivated_user_is_turned_away(zoo: httpx.Client, emulator: Emulator) -> None:
    answer = emulator.control(
        "sign-in", token=ZOO.token, email="cleo@zoo.example", at="2026-11-01T10:00:00+00:00"
    )
    (tried,) = [one for one in sign_ins(zoo) if one["email"] == "cleo@zoo.example"]
    assert (answer["succeeded"], tried["loginSucceeded"]) == (False, False)
    assert tried["loginAt"] == "2026-11-01T10:00:00.000Z"


def test_the_deactivated_are_in_archived_owners_only_and_without_a_name(
    zoo: httpx.Client, emulator: Emulator
) -> None:
    assert [user["email"] for user in zoo.get(USERS).json()["results"]] == [
        "ann@zoo.example",
        "bob@zoo.example",
    ]
    assert zoo.get(f"{USERS}/cleo@zoo.example", params={"idProperty": "EMAIL"}).status_code == 404
    (cleo,) = zoo.get(OWNERS, params={"archived": "true"}).json()["results"]
    assert (cleo["userId"], cleo["firstName"], cleo["lastName"]) == (None, "", "")
    assert zoo.get(f"{USERS}/{cleo['userIdIncludingInactive']}").status_code == 404
    emulator.control("deactivated", token=ZOO.token, email="cleo@zoo.example", on=False)
    assert user_id(zoo, "cleo") == str(cleo["userIdIncludingInactive"])
    assert zoo.get(OWNERS, params={"archived": "true"}).json() == {"results": []}


def deactivated(value: str, operator: str = "EQ") -> dict[str, object]:
    one = {"propertyName": "hs_deactivated", "operator": operator, "value": value}
    return {"filterGroups": [{"filters": [one]}], "properties": ["hs_deactivated", "hs_internal_user_id"]}


def test_search_finds_the_deactivated(zoo: httpx.Client, emulator: Emulator) -> None:
    found = zoo.post(SEARCH, json=deactivated("true")).json()
    check(found, {"total": int, "results": [RECORD], "paging?": PAGING})
    odd, cleo = [record["properties"] for record in found["results"]]
    assert (odd["hs_internal_user_id"], cleo["hs_email"]) == (None, "cleo@zoo.example")
    emulator.control("deactivated", token=ZOO.token, email="cleo@zoo.example", on=False)
    assert cleo["hs_internal_user_id"] == user_id(zoo, "cleo")
    left = zoo.post(SEARCH, json=deactivated("true")).json()["results"]
    assert [record["properties"] for record in left] == [odd]
    assert zoo.post(SEARCH, json=deactivated("true", "NEQ")).json()["total"] == 3


def test_search_pages(zoo: httpx.Client) -> None:
    first = zoo.post(SEARCH, json={"limit": 2}).json()
    second = zoo.post(SEARCH, json={"limit": 2, "after": first["paging"]["next"]["after"]}).json()
    assert (len(first["results"]), len(second["results"]), "paging" in second) == (2, 2, False)


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
    assert [owner["email"] for owner in owners["results"]] == ["ann@zoo.example", "bob@zoo.example"]
    zoo.delete(f"{USERS}/bob@zoo.example", params={"idProperty": "EMAIL"})
    gone = zoo.get(OWNERS, params={"archived": "true"}).json()
    check(gone, listed(OWNER))
    assert [(owner["email"], owner["firstName"], owner["archived"]) for owner in gone["results"]] == [
        ("bob@zoo.example", "Bob", True),
        ("cleo@zoo.example", "", True),
    ]


def test_finds_an_owner_by_address_with_an_id_of_its_own(zoo: httpx.Client) -> None:
    (owner,) = zoo.get(OWNERS, params={"email": "ANN@zoo.example"}).json()["results"]
    assert str(owner["userId"]) == user_id(zoo, "ann")
    assert owner["id"] != user_id(zoo, "ann")
    assert [team["name"] for team in owner["teams"]] == ["Cages"]


def members(client: httpx.Client, team: str) -> list[tuple[str, str]]:
    page = client.get(f"{team}/members").json()
    check(page, listed(MEMBER))
    return [(one["userId"], one["type"]) for one in page["results"]]


def test_creates_changes_and_removes_a_team(zoo: httpx.Client) -> None:
    ann = user_id(zoo, "ann")
    wanted = {"name": "Keepers", "members": [{"userId": ann, "type": "EXTRA"}]}
    created = zoo.post(TEAMS, json=wanted)
    check(created.json(), MANAGED_TEAM)
    team = created.headers["Location"]
    assert (created.status_code, zoo.post(TEAMS, json=wanted).status_code) == (201, 409)
    assert (team, members(zoo, team)) == (f"{TEAMS}/{created.json()['id']}", [(ann, "EXTRA")])
    cages = zoo.get(TEAMS).json()["results"][0]["id"]
    changed = zoo.patch(team, json={"name": "Wardens", "parentTeamId": cages}).json()
    assert changed == {"id": created.json()["id"], "name": "Wardens", "parentTeamId": cages}
    page = zoo.get(TEAMS, params={"limit": 1}).json()
    check(page, listed(MANAGED_TEAM))
    rest = zoo.get(TEAMS, params={"limit": 1, "after": page["paging"]["next"]["after"]}).json()
    assert [one["name"] for one in page["results"] + rest["results"]] == ["Cages", "Wardens"]
    assert zoo.put(team, json={"name": "Warders"}).status_code == 405
    assert zoo.delete(team).status_code == 204
    assert zoo.get(team).status_code == 404


def test_moves_people_between_teams(zoo: httpx.Client) -> None:
    cages = f"{TEAMS}/{zoo.get(TEAMS).json()['results'][0]['id']}"
    ann, bob = user_id(zoo, "ann"), user_id(zoo, "bob")
    added = zoo.post(f"{cages}/members", json={"userId": bob, "type": "EXTRA"})
    assert (added.status_code, added.json()) == (201, {"userId": bob, "type": "EXTRA"})
    assert members(zoo, cages) == [(ann, "DEFAULT"), (bob, "EXTRA")]
    batch = zoo.post(f"{cages}/members/batch", json={"inputs": [{"userId": bob, "type": "DEFAULT"}]})
    check(batch.json(), BATCH)
    assert members(zoo, cages) == [(ann, "DEFAULT"), (bob, "DEFAULT")]
    assert zoo.delete(f"{cages}/members/{ann}").status_code == 204
    assert members(zoo, cages) == [(bob, "DEFAULT")]


@pytest.mark.parametrize("wrong", [{"userId": "1"}, {"type": "EXTRA"}, {"userId": "1", "type": "PRIMARY"}])
def test_a_member_has_a_user_and_a_type(zoo: httpx.Client, wrong: dict[str, str]) -> None:
    cages = zoo.get(TEAMS).json()["results"][0]["id"]
    answer = zoo.post(f"{TEAMS}/{cages}/members", json=wrong)
    check(answer.json(), ERROR)
    assert answer.status_code in {400, 404}


def test_a_free_account_has_no_teams(emulator: Emulator) -> None:
    with emulator.client("demo-free-1") as client:
        created = client.post(TEAMS, json={"name": "Keepers", "members": []})
        check(created.json(), ERROR)
        assert (created.status_code, created.json()["category"]) == (403, "FORBIDDEN")
        assert [client.get(path).json() for path in (TEAMS, f"{USERS}/teams")] == [{"results": []}] * 2


def test_people_stay_when_their_team_goes(zoo: httpx.Client) -> None:
    cages = zoo.get(TEAMS).json()["results"][0]["id"]
    zoo.delete(f"{TEAMS}/{cages}")
    ann = zoo.get(f"{USERS}/{user_id(zoo, 'ann')}").json()
    assert "primaryTeamId" not in ann


@pytest.mark.parametrize("name", [None, " ", 7])
def test_a_team_needs_a_name(zoo: httpx.Client, name: object) -> None:
    answer = zoo.post(TEAMS, json={"name": name, "members": []})
    check(answer.json(), ERROR)
    assert (answer.status_code, len(zoo.get(TEAMS).json()["results"])) == (400, 1)
