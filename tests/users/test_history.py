from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest

from portal.accounts.models import Account
from portal.core import clock
from portal.crm.protocol import SignIn
from portal.users.history import ENOUGH_OLD, LATE, known_until, until_old
from portal.users.models import MirrorRead

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEWEST_FIRST = [SignIn("1", "", SINCE + timedelta(hours=hour)) for hour in range(50, -500, -1)]


def read_of(sign_ins: list[SignIn], since: datetime | None = SINCE) -> list[SignIn]:
    return list(until_old(sign_ins, since))


def test_newest_first_is_read_as_far_as_many_old_ones_in_a_row() -> None:
    assert read_of(NEWEST_FIRST) == NEWEST_FIRST[: 51 + ENOUGH_OLD]


@pytest.mark.parametrize(
    "order",
    [
        NEWEST_FIRST[::-1],
        list(chain.from_iterable(zip(NEWEST_FIRST[:275], NEWEST_FIRST[:274:-1], strict=True))),
        [NEWEST_FIRST[300], *NEWEST_FIRST],
    ],
    ids=["oldest first", "mixed", "one out of its place"],
)
def test_in_any_other_order_all_is_read(order: list[SignIn]) -> None:
    assert read_of(order) == order


def test_where_nothing_is_known_all_is_read() -> None:
    assert read_of(NEWEST_FIRST, None) == NEWEST_FIRST


def test_once_a_day_the_whole_history_is_read_again(
    account: Account, read: Callable[[Account], MirrorRead]
) -> None:
    noon = datetime.now(UTC).replace(hour=12)
    with clock.at(noon):
        row = read(account)
        known = known_until(account.id)
    with clock.at(noon + timedelta(days=1)):
        tomorrow = known_until(account.id)

    assert (known, tomorrow) == (row.started_at - LATE, None)
