from collections.abc import Callable

import httpx
import pytest

from portal.demo.emulator.oauth_api import CLIENT_ID, CLIENT_SECRET
from tests.demo.emulator.shapes import ERROR, INTROSPECTED, TOKEN_INFO, TOKENS, check
from tests.fixtures.emulator import Emulator

TOKEN = "demo-enterprise-3"
USERS = "/settings/users/2026-09"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
CALLS: list[tuple[str, str, dict[str, object] | None, str]] = [
    ("GET", USERS, None, "settings.users.read crm.objects.users.read"),
    ("POST", USERS, {}, "settings.users.write crm.objects.users.write"),
    ("GET", f"{USERS}/1", None, "settings.users.read crm.objects.users.read"),
    ("PUT", f"{USERS}/1", {}, "settings.users.write crm.objects.users.write"),
    ("DELETE", f"{USERS}/1", None, "settings.users.write crm.objects.users.write"),
    ("GET", f"{USERS}/roles", None, "settings.users.read crm.objects.users.read"),
    ("GET", f"{USERS}/teams", None, "settings.users.teams.read"),
    ("GET", f"{USERS}/seats", None, "settings.billing.write"),
    ("GET", "/settings/teams/2026-09", None, "settings.users.teams.read"),
    ("POST", "/settings/teams/2026-09", {}, "settings.users.teams.write"),
    ("GET", "/account-info/2026-09/details", None, "oauth"),
    ("GET", "/account-info/2026-09/activity/login", None, "account-info.security.read"),
    ("POST", "/crm/objects/2026-09/users/search", {}, "crm.objects.users.read"),
    ("GET", "/crm/owners/2026-09", None, "crm.objects.owners.read"),
]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    check(answer.json(), ERROR)
    return answer.status_code, answer.json()["category"]


@pytest.mark.parametrize(("method", "path", "body", "scopes"), CALLS)
def test_each_call_names_the_scopes_that_open_it(
    emulator: Emulator, method: str, path: str, body: dict[str, object] | None, scopes: str
) -> None:
    without = TOKEN + "".join(f".without-{scope}" for scope in scopes.split())
    with emulator.client(without) as client:
        answer = client.request(method, path, json=body)
    assert refusal(answer) == (403, "MISSING_SCOPES")
    assert answer.json()["errors"][0]["context"] == {"requiredGranularScopes": scopes.split()}
    for scope in scopes.split():
        others = "".join(f".without-{other}" for other in scopes.split() if other != scope)
        with emulator.client(f"{TOKEN}{others}.with-{scope}") as client:
            assert client.request(method, path, json=body).status_code != 403


def test_several_scopes_can_be_missing(emulator: Emulator) -> None:
    with emulator.client(f"{TOKEN}.without-oauth.without-settings.billing.write") as client:
        statuses = [
            client.get(path).status_code
            for path in ("/account-info/2026-09/details", f"{USERS}/seats", USERS)
        ]
    assert statuses == [403, 403, 200]


def test_a_role_that_needs_billing_needs_its_scope(emulator: Emulator) -> None:
    with emulator.client(f"{TOKEN}.without-settings.billing.write") as client:
        role = client.get(f"{USERS}/roles").json()["results"][0]
        wanted = {"email": "a@b.example", "sendWelcomeEmail": False, "roleId": role["id"]}
        assert role["requiresBillingWrite"] is True
        assert refusal(client.post(USERS, json=wanted)) == (403, "MISSING_SCOPES")


@pytest.mark.parametrize(
    "token", ["", "demo", "demo-gold-1", "demo-free-", "demo-free-1 ", "demo-free-1x", "é"]
)
def test_unknown_tokens_open_nothing(emulator: Emulator, token: str) -> None:
    answer = emulator.http.get(USERS, headers={"Authorization": f"Bearer {token}x".encode()})
    assert refusal(answer) == (401, "INVALID_AUTHENTICATION")
    assert emulator.http.get("/_control/accounts").json() == {"accounts": []}


def test_the_same_token_opens_the_same_account(emulator: Emulator) -> None:
    def content() -> object:
        with emulator.client(TOKEN) as client:
            users = client.get(USERS).json()["results"]
            details = client.get("/account-info/2026-09/details").json()
        return details["portalId"], details["portalName"], [user["email"] for user in users]

    first = content()
    emulator.control("reset")
    assert content() == first


def test_a_revoked_token_is_dead_until_restored(emulator: Emulator) -> None:
    emulator.control("revoke", token=TOKEN)
    with emulator.client(TOKEN) as client:
        assert refusal(client.get(USERS)) == (401, "INVALID_AUTHENTICATION")
        emulator.control("revoke", token=TOKEN, on=False)
        assert client.get(USERS).status_code == 200


def test_all_tokens_of_an_account_can_be_revoked(emulator: Emulator) -> None:
    portal_id = emulator.control("accounts", token=f"{TOKEN}.without-oauth")["portalId"]
    emulator.control("revoke", portalId=portal_id)
    for token in (TOKEN, f"{TOKEN}.without-oauth"):
        with emulator.client(token) as client:
            assert client.get(USERS).status_code == 401


def test_scopes_can_be_taken_away(emulator: Emulator) -> None:
    emulator.control("scopes", token=TOKEN, remove="oauth settings.users.write")
    with emulator.client(TOKEN) as client:
        assert refusal(client.get("/account-info/2026-09/details")) == (403, "MISSING_SCOPES")
        assert client.get(USERS).status_code == 200


def granted(emulator: Emulator, **given: str) -> httpx.Response:
    return emulator.http.post("/oauth/2026-09/token", data=CLIENT | given)


def test_a_code_grants_tokens_that_can_be_refreshed(emulator: Emulator) -> None:
    first = granted(emulator, grant_type="authorization_code", code=TOKEN).json()
    check(first, TOKENS)
    assert first["expires_in"] == 1800
    emulator.control("expire", token=first["access_token"])
    with emulator.client(first["access_token"]) as client:
        assert refusal(client.get(USERS)) == (401, "EXPIRED_AUTHENTICATION")
    second = granted(emulator, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    check(second, TOKENS)
    with emulator.client(second["access_token"]) as client:
        assert client.get(USERS).status_code == 200


def test_a_code_is_used_once(emulator: Emulator) -> None:
    answers = [granted(emulator, grant_type="authorization_code", code=TOKEN) for _ in range(2)]
    assert answers[0].status_code == 200
    assert refusal(answers[1]) == (400, "BAD_AUTH_CODE")
    assert answers[1].json()["error"] == "invalid_grant"
    another = str(emulator.control("code", token=TOKEN)["code"])
    statuses = [granted(emulator, grant_type="authorization_code", code=another).status_code for _ in "ab"]
    assert statuses == [200, 400]


def test_codes_and_refresh_tokens_open_no_call(emulator: Emulator) -> None:
    tokens = granted(emulator, grant_type="authorization_code", code=TOKEN).json()
    code = str(emulator.control("code", token=TOKEN)["code"])
    for value in (tokens["refresh_token"], code):
        with emulator.client(value) as client:
            assert refusal(client.get(USERS)) == (401, "INVALID_AUTHENTICATION")


def test_a_key_is_told_what_it_may_do_and_other_tokens_are_not(emulator: Emulator) -> None:
    def info(token: str) -> httpx.Response:
        return emulator.http.post("/oauth/v2/private-apps/get/access-token-info", json={"tokenKey": token})

    told = info(f"{TOKEN}.without-oauth").json()
    check(told, TOKEN_INFO)
    assert "settings.users.write" in told["scopes"]
    assert "oauth" not in told["scopes"]
    access = granted(emulator, grant_type="authorization_code", code=TOKEN).json()["access_token"]
    assert [info(token).status_code for token in (access, "nobody", "")] == [404, 401, 401]
    assert TOKEN not in str(emulator.calls())


Given = Callable[[dict[str, str]], dict[str, str]]


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (lambda _: {"grant_type": "refresh_token", "refresh_token": "x"}, (400, "BAD_REFRESH_TOKEN")),
        (
            lambda t: {"grant_type": "refresh_token", "refresh_token": t["access_token"]},
            (400, "BAD_REFRESH_TOKEN"),
        ),
        (lambda t: {"grant_type": "authorization_code", "code": t["refresh_token"]}, (400, "BAD_AUTH_CODE")),
        (lambda _: {"grant_type": "password"}, (400, "BAD_GRANT_TYPE")),
        (lambda _: {"grant_type": "refresh_token", "client_secret": "x"}, (401, "INVALID_CLIENT")),
    ],
)
def test_refuses_to_grant_for_anything_else(
    emulator: Emulator, given: Given, refused: tuple[int, str]
) -> None:
    tokens = granted(emulator, grant_type="authorization_code", code=TOKEN).json()
    assert refusal(granted(emulator, **given(tokens))) == refused


def test_a_revoked_refresh_token_is_refused(emulator: Emulator) -> None:
    tokens = granted(emulator, grant_type="authorization_code", code=TOKEN).json()
    given = {"token": tokens["refresh_token"]}
    introspect, revoke = "/oauth/2026-09/token/introspect", "/oauth/2026-09/token/revoke"
    told = emulator.http.post(introspect, data=CLIENT | given).json()
    check(told, INTROSPECTED)
    assert told["token_use"] == "refresh_token"
    assert emulator.http.post(revoke, data=CLIENT | given).status_code == 200
    assert emulator.http.post(introspect, data=CLIENT | given).json() == {"active": False}
    again = granted(emulator, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert refusal(again) == (400, "BAD_REFRESH_TOKEN")
