from collections.abc import Iterator

import httpx
import pytest

from portal.demo.emulator.seeds import SeedAccount, SeedRole, SeedSeat, SeedUser
from tests.demo.emulator.shapes import ERROR, ROLE, SEAT, TEAM, USER, check, listed
from tests.fixtures.emulator import Emulator

USERS = "/settings/users/2026-09"
BY_EMAIL = {"idProperty": "EMAIL"}
ACME = SeedAccount(
    tier="enterprise",
    number=700,
    name="Acme",
    users=[
        SeedUser("ann@acme.example", "Ann", "Archer", role="Reader", seats=("Core",), primary_team="North"),
        SeedUser("bob@acme.example", "Bob", "Baker", seats=("Core",), secondary_teams=("North", "South")),
        SeedUser("cleo@acme.example", "Cleo", "Carter", super_admin=True, seats=("Core",)),
    ],
    teams=("North", "South"),
    roles=(SeedRole("Reader"), SeedRole("Seller", "Sales")),
    seats=(
        SeedSeat("Core", 2, "Edits.", paid=True),
        SeedSeat("Sales", 1, "Sells.", paid=True),
        SeedSeat("View-only"),
    ),
)


@pytest.fixture
def acme(emulator: Emulator) -> Iterator[httpx.Client]:
    with emulator.client(emulator.seed(ACME)) as client:
        yield client


def new(email: str, **more: object) -> dict[str, object]:
    return {"email": email, "sendWelcomeEmail": False} | more


def ids(client: httpx.Client, kind: str) -> dict[str, str]:
    return {one["name"]: one["id"] for one in client.get(f"{USERS}/{kind}").json()["results"]}


def remaining(client: httpx.Client) -> dict[str, int | None]:
    return {
        seat["name"]: seat.get("remainingSeats") for seat in client.get(f"{USERS}/seats").json()["results"]
    }


def refusal(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    check(body, ERROR)
    (error,) = body.get("errors", [{}])
    code = body.get("subCategory") or error.get("subCategory", "")
    return answer.status_code, body["category"], code.removeprefix("AppUserErrors.")


def test_lists_users_page_by_page(acme: httpx.Client) -> None:
    first = acme.get(USERS, params={"limit": 2}).json()
    check(first, listed(USER))
    second = acme.get(USERS, params={"limit": 2, "after": first["paging"]["next"]["after"]}).json()
    check(second, listed(USER))
    emails = [user["email"] for user in first["results"] + second["results"]]
    assert emails == ["ann@acme.example", "bob@acme.example", "cleo@acme.example"]
    assert "paging" not in second


def test_lists_what_the_account_offers_in_the_agreed_shapes(acme: httpx.Client) -> None:
    for kind, shape in {"roles": ROLE, "teams": TEAM, "seats": SEAT}.items():
        check(acme.get(f"{USERS}/{kind}").json(), listed(shape))
    assert remaining(acme) == {"Core": 2, "Sales": 1, "View-only": None}
    teams = acme.get(f"{USERS}/teams").json()["results"]
    assert [(team["name"], len(team["userIds"]), len(team["secondaryUserIds"])) for team in teams] == [
        ("North", 1, 1),
        ("South", 0, 1),
    ]


@pytest.mark.parametrize("tier", ["free", "starter", "professional"])
def test_has_no_permission_sets_below_enterprise(emulator: Emulator, tier: str) -> None:
    with emulator.client(f"demo-{tier}-1") as client:
        assert refusal(client.get(f"{USERS}/roles")) == (400, "VALIDATION_ERROR", "ROLES_NOT_AVAILABLE")


def test_creates_a_user_with_everything_in_one_call(acme: httpx.Client) -> None:
    role, team = ids(acme, "roles")["Reader"], ids(acme, "teams")["South"]
    wanted = new("Dora@Acme.example", firstName="Dora", lastName="Dean", roleId=role, primaryTeamId=team)
    answer = acme.post(USERS, json=wanted | {"secondaryTeamIds": [], "seatNames": ["Core"]})
    check(answer.json(), USER)
    user_id = answer.json()["id"]
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{USERS}/{user_id}")
    assert acme.get(f"{USERS}/dora@acme.example", params=BY_EMAIL).json() == {
        "id": user_id,
        "email": "dora@acme.example",
        "firstName": "Dora",
        "lastName": "Dean",
        "roleId": role,
        "roleIds": [role],
        "superAdmin": False,
        "primaryTeamId": team,
        "secondaryTeamIds": [],
        "seatNames": ["Core"],
    }


def test_refuses_a_second_user_with_the_same_address(acme: httpx.Client) -> None:
    answer = acme.post(USERS, json=new("ANN@acme.example"))
    assert refusal(answer) == (409, "CONFLICT", "USER_ALREADY_EXISTS")
    assert len(acme.get(USERS).json()["results"]) == 3


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"email": "d@acme.example"}, "MISSING_REQUIRED_FIELD"),
        (new("nobody"), "INVALID_EMAIL"),
        (new("d@acme.example", roleId="1"), "INVALID_ROLE_ID"),
        (new("d@acme.example", primaryTeamId="1"), "INVALID_TEAM_ID"),
        (new("d@acme.example", seatNames=["Throne"]), "INVALID_SEAT_NAME"),
        (new("d@acme.example", seatNames="Core"), "INVALID_TYPE"),
        (new("d@acme.example", firstName=1), "INVALID_TYPE"),
    ],
)
def test_refuses_what_it_cannot_use(acme: httpx.Client, wanted: dict[str, object], code: str) -> None:
    assert refusal(acme.post(USERS, json=wanted)) == (400, "VALIDATION_ERROR", code)
    assert len(acme.get(USERS).json()["results"]) == 3


def test_a_role_that_needs_billing_takes_a_paid_seat(acme: httpx.Client) -> None:
    seller = ids(acme, "roles")["Seller"]
    assert acme.post(USERS, json=new("d@acme.example", roleId=seller)).json()["seatNames"] == ["Sales"]
    assert remaining(acme)["Sales"] == 0
    refused = refusal(acme.post(USERS, json=new("e@acme.example", roleId=seller)))
    assert refused == (400, "VALIDATION_ERROR", "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION")
    assert acme.get(f"{USERS}/e@acme.example", params=BY_EMAIL).status_code == 404


def test_refuses_changes_before_the_first_sign_in(acme: httpx.Client, emulator: Emulator) -> None:
    change = {"seatNames": ["Core"]}
    answer = acme.put(f"{USERS}/bob@acme.example", params=BY_EMAIL, json=change)
    assert refusal(answer) == (400, "VALIDATION_ERROR", "USER_NOT_ON_ANY_HUBS")
    emulator.sign_in(ACME.token, "bob@acme.example")
    answer = acme.put(f"{USERS}/bob@acme.example", params=BY_EMAIL, json=change)
    check(answer.json(), USER)
    assert answer.status_code == 200


def test_put_takes_away_the_role_it_does_not_name(acme: httpx.Client, emulator: Emulator) -> None:
    emulator.sign_in(ACME.token, "ann@acme.example")
    before = acme.get(f"{USERS}/ann@acme.example", params=BY_EMAIL).json()
    after = acme.put(f"{USERS}/{before['id']}", json={"seatNames": ["Core"], "superAdmin": True}).json()
    assert after == {
        "id": before["id"],
        "email": "ann@acme.example",
        "firstName": "Ann",
        "lastName": "Archer",
        "roleIds": [],
        "superAdmin": False,
        "secondaryTeamIds": [],
        "seatNames": ["Core"],
    }


def test_names_are_the_same_in_every_account(acme: httpx.Client, emulator: Emulator) -> None:
    other = SeedAccount("free", 1, "Other", users=[SeedUser("ann@acme.example", "Anna", "Archer")])
    emulator.seed(other)
    assert acme.get(f"{USERS}/ann@acme.example", params=BY_EMAIL).json()["firstName"] == "Anna"


def test_removing_is_repeatable_and_the_address_keeps_its_id(acme: httpx.Client) -> None:
    user_id = acme.get(f"{USERS}/bob@acme.example", params=BY_EMAIL).json()["id"]
    statuses = [acme.delete(f"{USERS}/{user_id}").status_code for _ in range(2)]
    assert statuses == [204, 204]
    assert refusal(acme.get(f"{USERS}/{user_id}")) == (404, "OBJECT_NOT_FOUND", "")
    assert acme.post(USERS, json=new("bob@acme.example")).json()["id"] == user_id


def test_the_list_lags_behind_a_removal(acme: httpx.Client, emulator: Emulator) -> None:
    emulator.control("knobs", list_lag=3600)
    acme.delete(f"{USERS}/bob@acme.example", params=BY_EMAIL)
    assert len(acme.get(USERS).json()["results"]) == 3
    assert acme.get(f"{USERS}/bob@acme.example", params=BY_EMAIL).status_code == 404
    emulator.control("knobs", list_lag=0)
    assert len(acme.get(USERS).json()["results"]) == 2


def test_seats_of_removed_users_settle_late(acme: httpx.Client, emulator: Emulator) -> None:
    emulator.control("seats", token=ACME.token, name="Core", remaining=0)
    emulator.control("knobs", seat_lag=3600)
    acme.delete(f"{USERS}/bob@acme.example", params=BY_EMAIL)
    again = new("bob@acme.example", seatNames=["Core"])
    assert refusal(acme.post(USERS, json=again))[2] == "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"
    emulator.control("knobs", seat_lag=0)
    assert acme.post(USERS, json=again).status_code == 201


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"after": "x"}, {"after": "é"}]
)
def test_refuses_pages_that_do_not_exist(acme: httpx.Client, query: dict[str, str]) -> None:
    assert refusal(acme.get(USERS, params=query))[:2] == (400, "VALIDATION_ERROR")


def test_refuses_an_unknown_id_property(acme: httpx.Client) -> None:
    answer = acme.get(f"{USERS}/1", params={"idProperty": "NAME"})
    assert refusal(answer) == (400, "VALIDATION_ERROR", "INVALID_ID_PROPERTY")


def test_nobody_is_without_a_seat(acme: httpx.Client, emulator: Emulator) -> None:
    assert acme.post(USERS, json=new("dora@acme.example")).json()["seatNames"] == ["View-only"]
    paid = SeedAccount("starter", 701, "Paid", seats=(SeedSeat("Core", 1, paid=True),))
    with emulator.client(emulator.seed(paid)) as client:
        assert client.post(USERS, json=new("a@paid.example")).json()["seatNames"] == ["Core"]
        answer = client.post(USERS, json=new("b@paid.example"))
        assert refusal(answer)[2] == "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION"


def test_a_free_account_holds_two_users_whatever_seat_is_named(emulator: Emulator) -> None:
    emulator.control("knobs", seat_lag=3600)
    with emulator.client("demo-free-1") as client:
        (first,) = [user for user in client.get(USERS).json()["results"] if user["seatNames"] != ["Partner"]]
        second = client.post(USERS, json=new("second@free.example"))
        third = client.post(USERS, json=new("third@free.example"))
        client.delete(f"{USERS}/{second.json()['id']}")
        again = client.post(USERS, json=new("second@free.example"))
        emulator.control("knobs", seat_lag=0)
        settled = client.post(USERS, json=new("second@free.example"))
    assert (first["superAdmin"], second.status_code, settled.status_code) == (True, 201, 201)
    for answer in (third, again):
        assert refusal(answer) == (400, "VALIDATION_ERROR", "NO_SEAT_AVAILABLE_FOR_ROLE_COMBINATION")
