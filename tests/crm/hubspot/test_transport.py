import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from portal.crm.errors import NotConnected, RateLimited, Refused, Unreachable, Unreadable
from portal.crm.hubspot import HubSpotConnector
from portal.crm.hubspot.pace import Clock
from portal.crm.protocol import NewUser
from tests.crm.hubspot.conftest import START, TOKEN, Answer, Script, Time

ANNA = {"id": "7", "email": "anna@example.com"}
NOBODY: dict[str, object] = {"results": []}


def limit(policy: str) -> Answer:
    return Answer(429, {"status": "error", "errorType": "RATE_LIMIT", "policyName": policy})


def test_a_read_is_tried_again_after_server_errors_and_dropped_lines(
    script: Script, hubspot: HubSpotConnector, time: Time
) -> None:
    script.say(Answer(502, b"<html>"), Answer(body=None), Answer(body=ANNA))

    assert hubspot.get_user("7").email == "anna@example.com"
    assert time.slept == [0.5, 1.0]


def test_a_read_gives_up_after_four_attempts(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(503, {}))

    with pytest.raises(Unreachable) as caught:
        hubspot.get_user("7")

    assert (len(script.received), caught.value.outcome_known) == (4, True)


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (limit("TEN_SECONDLY_ROLLING"), [10.0]),
        (limit("SECONDLY"), [1.0]),
        (Answer(423, {}), [2.0]),
        (Answer(477, {}, {"Retry-After": "7"}), []),
    ],
)
def test_a_read_waits_as_long_as_it_was_asked_to_when_that_is_short(
    script: Script, hubspot: HubSpotConnector, time: Time, answer: Answer, waits: list[float]
) -> None:
    script.say(answer, Answer(body=ANNA))

    if waits:
        hubspot.get_user("7")
    else:
        with pytest.raises(RateLimited):
            hubspot.get_user("7")

    assert time.slept == waits


def test_a_read_waits_ten_seconds_once_and_then_says_when_to_come_back(
    script: Script, hubspot: HubSpotConnector, time: Time
) -> None:
    script.say(limit("TEN_SECONDLY_ROLLING"))

    with pytest.raises(RateLimited) as caught:
        hubspot.get_user("7")

    assert time.slept == [10.0]
    assert caught.value.until == START + timedelta(seconds=20)


def test_the_daily_limit_ends_at_midnight_where_the_account_is(
    script: Script, hubspot: HubSpotConnector, time: Time
) -> None:
    script.say(Answer(body={"portalId": 5, "timeZone": "America/New_York"}), limit("DAILY"))
    hubspot.details()

    with pytest.raises(RateLimited) as caught:
        hubspot.get_user("7")

    assert caught.value.until == datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert time.slept == []


@pytest.mark.parametrize("answer", [Answer(500, {}), Answer(body=None), Answer(201, b"oops")])
def test_a_write_without_a_clear_answer_is_sent_once_and_its_outcome_is_unknown(
    script: Script, hubspot: HubSpotConnector, answer: Answer
) -> None:
    script.say(answer)

    with pytest.raises(Unreachable) as caught:
        hubspot.create_user(NewUser("anna@example.com"))

    assert (len(script.received), caught.value.outcome_known) == (1, False)


def test_a_write_over_the_limit_is_sent_once_and_nothing_was_done(
    script: Script, hubspot: HubSpotConnector, time: Time
) -> None:
    script.say(limit("SECONDLY"))

    with pytest.raises(RateLimited) as caught:
        hubspot.create_user(NewUser("anna@example.com"))

    assert (len(script.received), time.slept, caught.value.outcome_known) == (1, [], True)


def test_a_write_that_never_left_is_known_not_to_be_done(time: Time, free_port: int) -> None:
    hubspot = HubSpotConnector(TOKEN, base_url=f"http://127.0.0.1:{free_port}", clock=time.clock())

    with pytest.raises(Unreachable) as caught:
        hubspot.create_user(NewUser("anna@example.com"))

    hubspot.close()
    assert caught.value.outcome_known


def test_calls_over_the_budget_wait_for_their_turn(
    script: Script, connect: Callable[..., HubSpotConnector], time: Time
) -> None:
    script.say(Answer(body=ANNA))
    hubspot = connect(budget=2)

    for _call in range(5):
        hubspot.get_user("7")

    assert time.slept == [10.0, 10.0]


def test_searches_keep_to_five_a_second(script: Script, hubspot: HubSpotConnector, time: Time) -> None:
    script.say(Answer(body=NOBODY))

    for _call in range(6):
        next(hubspot.deactivated_users(), None)

    assert time.slept == [1.0]


def test_the_budget_hubspot_states_goes_before_our_own(
    script: Script, hubspot: HubSpotConnector, time: Time
) -> None:
    headers = {"X-HubSpot-RateLimit-Interval-Milliseconds": "10000", "X-HubSpot-RateLimit-Remaining": "0"}
    script.say(Answer(body=ANNA, headers=headers), Answer(body=ANNA))

    hubspot.get_user("7")
    hubspot.get_user("7")

    assert time.slept == [10.0]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>hello</html>"),
        Answer(body=b"[" * 100_000),
        Answer(body=[1, 2]),
        Answer(body=b" " * 10_000_001),
        Answer(404, b"<html>nobody here</html>"),
        Answer(302, b"", {"Location": "http://127.0.0.2:1/"}),
        Answer(body={"id": ["7"], "email": "anna@example.com"}),
        Answer(body={"id": "7"}),
        Answer(body={"id": "7", "email": "anna@example.com", "seatNames": "Core"}),
        Answer(body={"id": "7", "email": "a" * 1001}),
    ],
)
def test_an_answer_hubspot_would_not_give_is_unreadable_and_not_asked_for_again(
    script: Script, hubspot: HubSpotConnector, answer: Answer
) -> None:
    script.say(answer)

    with pytest.raises(Unreadable):
        hubspot.find_user("anna@example.com")

    assert len(script.received) == 1


def test_a_page_that_leads_to_itself_is_unreadable(script: Script, hubspot: HubSpotConnector) -> None:
    script.say(Answer(body={"results": [ANNA], "paging": {"next": {"after": "x"}}}))

    with pytest.raises(Unreadable):
        list(hubspot.users())

    assert len(script.received) == 2


def test_control_characters_and_lone_surrogates_are_dropped(
    script: Script, hubspot: HubSpotConnector
) -> None:
    script.say(Answer(body={"id": 7, "email": "anna@example.com", "firstName": "A\x00nn\ud800a\n"}))

    assert hubspot.get_user("7").first_name == "Anna"


def test_the_token_is_in_no_error_and_no_log(
    script: Script, hubspot: HubSpotConnector, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script.say(Answer(400, {"message": f"no {TOKEN}", TOKEN: 1, "context": {"sent": [f"Bearer {TOKEN}"]}}))

    with pytest.raises(Refused) as caught:
        hubspot.get_user("7")

    error = caught.value
    assert TOKEN not in f"{error} {error!r} {error.detail} {hubspot!r} {caplog.text}"
    assert error.detail["body"] == {"message": "no [cut]", "[cut]": 1, "context": {"sent": ["[cut]"]}}


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "schlüssel", "x" * 2049])
def test_what_can_be_no_token_is_refused_before_anything_is_sent(token: str) -> None:
    with pytest.raises(NotConnected) as caught:
        HubSpotConnector(token, base_url="https://api.hubapi.com")

    assert str(caught.value) == "This is not a token: it is empty, or has spaces or odd letters in it."


@pytest.mark.parametrize(
    "base_url",
    [
        "api.hubapi.com",
        "http://api.hubapi.com",
        "https://u:p@api.hubapi.com",
        "https://api.hubapi.com/x",
        "ftp://x",
    ],
)
def test_the_api_is_reached_over_tls_and_at_a_host_only(base_url: str) -> None:
    with pytest.raises(ValueError, match="The address of the CRM's API"):
        HubSpotConnector(TOKEN, base_url=base_url)


def test_the_clock_is_in_utc() -> None:
    assert Clock().now().tzinfo is UTC
