from datetime import UTC, datetime

import pytest

from portal.core import clock

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
NIGHT = datetime(2024, 3, 1, tzinfo=UTC)


def test_now_is_the_present_in_utc() -> None:
    before = datetime.now(UTC)

    assert before <= clock.now() <= datetime.now(UTC)
    assert clock.now().tzinfo is UTC


def test_it_is_another_time_inside_and_the_one_before_afterwards() -> None:
    with clock.at(NOON):
        assert clock.now() == NOON
        with clock.at(NIGHT):
            assert clock.now() == NIGHT
        assert clock.now() == NOON


def test_a_failure_inside_brings_the_present_back() -> None:
    with pytest.raises(ZeroDivisionError), clock.at(NOON):
        raise ZeroDivisionError

    assert clock.now() > NOON
