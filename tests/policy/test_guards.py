from collections.abc import Callable
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.agencies.models import Member, Position
from portal.policy.guards import UnguardedView, refuse_unguarded_views
from portal.policy.rights import LABELS, POSITION_HINTS, POSITIONS, RIGHTS, Right
from tests.factories.agencies import MemberFactory

SignIn = Callable[[Member], FlaskClient]


def test_the_table_of_rights_is_whole() -> None:
    assert list(LABELS) == list(Right)
    assert list(RIGHTS) == list(POSITIONS) == list(POSITION_HINTS) == list(Position)


def test_each_position_may_all_that_the_one_below_may() -> None:
    order = [Position.OWNER, Position.PARTNER_ADMIN, Position.CONSULTANT, Position.VIEWER]

    for above, below in pairwise(order):
        assert RIGHTS[above] > RIGHTS[below]


def test_only_owners_manage_members_and_the_agency() -> None:
    for right in (Right.MANAGE_MEMBERS, Right.MANAGE_AGENCY):
        assert [position for position in Position if right in RIGHTS[position]] == [Position.OWNER]


def test_a_view_without_a_right_stops_the_start() -> None:
    app = Flask("unguarded", static_folder=None)
    app.add_url_rule("/", "open_door", lambda: "come in")

    with pytest.raises(UnguardedView, match="open_door"):
        refuse_unguarded_views(app)


@pytest.mark.parametrize("position", list(Position))
def test_what_the_table_says_is_what_views_do(owner: Member, signed_in: SignIn, position: Position) -> None:
    browser = signed_in(MemberFactory(position=position))
    pages = {"/": Right.VIEW, "/audit": Right.VIEW_AUDIT, "/team": Right.MANAGE_MEMBERS}

    for path, right in pages.items():
        assert browser.get(path).status_code == (200 if right in RIGHTS[position] else 403)
