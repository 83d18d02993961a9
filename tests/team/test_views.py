from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.accounts.models import Account, AccountAccess
from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.audit.models import AuditEntry
from portal.core.db import db
from portal.policy.rights import LABELS, RIGHTS
from portal.team import actions
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import MemberFactory

SignIn = Callable[[Member], FlaskClient]
CHANGES = ("position", "accounts", "end", "restore", "invitation")


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def fresh(member: Member) -> Member:
    return db.session.get_one(Member, member.id)


def given(member: Member) -> list[int]:
    statement = select(AccountAccess.account_id).where(AccountAccess.member_id == member.id)
    return sorted(db.session.scalars(statement))


def test_the_list_tells_names_positions_and_what_each_sees(
    owner: Member, consultant: Member, signed_in: SignIn
) -> None:
    consultant.sees_all_accounts = False
    db.session.add(AccountAccess(account_id=AccountFactory().id, member_id=consultant.id))

    page = signed_in(owner).get("/team").text

    assert [page.count(text) for text in ("Cora Consultant", "1 account", "all accounts")] == [1, 1, 1]
    assert "Canary Owner" not in page


def test_the_list_costs_the_same_for_one_member_and_for_many(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    with counted_statements() as few:
        browser.get("/team")
    MemberFactory.create_batch(3)
    with counted_statements() as many:
        browser.get("/team")

    assert len(many) == len(few)


def test_the_list_pages_by_name(owner: Member, signed_in: SignIn) -> None:
    MemberFactory.create_batch(60, name="Ann")
    browser = signed_in(owner)
    first = browser.get("/team").text
    way = first.split('rel="next" href="')[1].split('"')[0]

    assert first.count(">Ann</a>") == 50
    assert browser.get(way).text.count(">Ann</a>") == 10


@pytest.mark.parametrize("position", [Position.PARTNER_ADMIN, Position.CONSULTANT, Position.VIEWER])
def test_only_owners_manage_members(owner: Member, signed_in: SignIn, position: Position) -> None:
    browser = signed_in(MemberFactory(position=position))
    reading = [browser.get(path).status_code for path in ("/team", "/team/invite", f"/team/{owner.id}")]
    writing = [browser.submit(f"/team/{owner.id}/{change}", at="/profile").status_code for change in CHANGES]

    assert reading == [403] * 3
    assert writing == [403] * 5


def test_members_of_other_agencies_do_not_exist(
    owner: Member, other_agency: Agency, signed_in: SignIn
) -> None:
    with scope.every_agency(reason="test"):
        foreign = db.session.scalars(select(Member.id).where(Member.name == "Canary Owner")).one()
    browser = signed_in(owner)

    assert browser.get(f"/team/{foreign}").status_code == 404
    answers = [browser.submit(f"/team/{foreign}/{change}", at="/profile") for change in CHANGES]
    assert [answer.status_code for answer in answers] == [404] * 5


def test_a_new_position_counts_from_the_next_request(
    owner: Member, viewer: Member, signed_in: SignIn
) -> None:
    theirs = signed_in(viewer)
    assert theirs.get("/team").status_code == 403

    signed_in(owner).submit(f"/team/{viewer.id}/position", at=f"/team/{viewer.id}", position="owner")

    assert theirs.get("/team").status_code == 200


def test_nobody_changes_limits_or_ends_themselves(owner: Member, signed_in: SignIn) -> None:
    MemberFactory(position=Position.OWNER)
    browser = signed_in(owner)
    asked = (("position", {"position": "viewer"}), ("accounts", {"sees": "some"}), ("end", {}))

    answers = [
        browser.submit(f"/team/{owner.id}/{change}", at="/profile", **form).status_code
        for change, form in asked
    ]

    assert answers == [403, 403, 403]
    assert (fresh(owner).position, fresh(owner).ended_at) == (Position.OWNER, None)


def test_the_last_owner_stays(owner: Member, partner_admin: Member) -> None:
    with pytest.raises(actions.LastOwner):
        actions.change_position(partner_admin, owner, Position.VIEWER)
    with pytest.raises(actions.LastOwner):
        actions.end(partner_admin, owner)


def test_an_invited_owner_does_not_count_as_one(owner: Member, partner_admin: Member) -> None:
    MemberFactory(position=Position.OWNER, password_hash=None)

    with pytest.raises(actions.LastOwner):
        actions.end(partner_admin, owner)


def test_one_of_two_owners_may_go(owner: Member, signed_in: SignIn) -> None:
    other = MemberFactory(position=Position.OWNER)
    signed_in(owner).submit(f"/team/{other.id}/end", at=f"/team/{other.id}")

    assert fresh(other).ended_at is not None


def test_a_limited_member_sees_only_their_accounts_from_the_next_request_on(
    owner: Member, consultant: Member, signed_in: SignIn
) -> None:
    mine, other = AccountFactory(slug="mine"), AccountFactory(slug="other")
    theirs = signed_in(consultant)
    assert theirs.get("/accounts/other").status_code == 200

    path = f"/team/{consultant.id}"
    signed_in(owner).submit(f"{path}/accounts", at=path, sees="some", accounts=[str(mine.id)])

    assert (theirs.get("/accounts/mine").status_code, theirs.get("/accounts/other").status_code) == (200, 404)
    assert other.id not in given(consultant)


def test_accounts_are_given_exactly_as_chosen(owner: Member, consultant: Member, signed_in: SignIn) -> None:
    first, second, third = (account.id for account in AccountFactory.create_batch(3))
    browser, path = signed_in(owner), f"/team/{consultant.id}"
    browser.submit(f"{path}/accounts", at=path, sees="some", accounts=[str(first), str(second)])
    browser.submit(f"{path}/accounts", at=path, sees="some", accounts=[str(second), str(third)])
    assert given(consultant) == [second, third]

    browser.submit(f"{path}/accounts", at=path, sees="all")
    assert (given(consultant), fresh(consultant).sees_all_accounts) == ([], True)


def test_a_foreign_account_cannot_be_given(
    owner: Member, consultant: Member, other_agency: Agency, signed_in: SignIn
) -> None:
    with scope.every_agency(reason="test"):
        foreign = Account(agency_id=other_agency.id, slug="canary", name="Canary", sort_name="canary")
        db.session.add(foreign)
    browser, path = signed_in(owner), f"/team/{consultant.id}"
    for wrong in (str(foreign.id), "999999", "nonsense"):
        answer = browser.submit(f"{path}/accounts", at=path, sees="some", accounts=[wrong])
        assert answer.status_code == 422

    assert given(consultant) == []


def test_owners_cannot_be_limited(owner: Member, signed_in: SignIn) -> None:
    other = MemberFactory(position=Position.OWNER)

    answer = signed_in(owner).submit(f"/team/{other.id}/accounts", at="/team", sees="some")

    assert answer.status_code == 409


def test_an_ended_member_is_out_at_once_and_old_sessions_do_not_come_back(
    owner: Member, consultant: Member, signed_in: SignIn
) -> None:
    browser, theirs = signed_in(owner), signed_in(consultant)
    browser.submit(f"/team/{consultant.id}/end", at=f"/team/{consultant.id}")
    assert theirs.get("/").status_code == 302

    browser.submit(f"/team/{consultant.id}/restore", at=f"/team/{consultant.id}")

    assert theirs.get("/").status_code == 302
    assert signed_in(fresh(consultant)).get("/").status_code == 200


def test_restoring_somebody_who_never_joined_invites_them_anew(
    owner: Member, signed_in: SignIn, invitation: Callable[[], str], client: FlaskClient
) -> None:
    member = MemberFactory(password_hash=None)
    browser = signed_in(owner)
    browser.submit(f"/team/{member.id}/end", at="/team")
    browser.submit(f"/team/{member.id}/restore", at=f"/team/{member.id}")

    assert client.get(invitation()).status_code == 200


def test_an_ended_member_is_changed_only_after_being_restored(
    owner: Member, viewer: Member, signed_in: SignIn
) -> None:
    browser = signed_in(owner)
    browser.submit(f"/team/{viewer.id}/end", at=f"/team/{viewer.id}")
    asked = (("position", {"position": "owner"}), ("accounts", {"sees": "some"}), ("end", {}))

    answers = [browser.submit(f"/team/{viewer.id}/{change}", at="/profile", **form) for change, form in asked]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert browser.get("/team?show=ended").text.count("Vic Viewer") == 1


def test_every_change_is_in_the_trail(owner: Member, viewer: Member, signed_in: SignIn) -> None:
    browser, path = signed_in(owner), f"/team/{viewer.id}"
    browser.submit(f"{path}/position", at=path, position="consultant")
    browser.submit(f"{path}/accounts", at=path, sees="some")
    browser.submit(f"{path}/end", at=path)
    browser.submit(f"{path}/restore", at=path)

    statement = select(AuditEntry.action).where(AuditEntry.subject_id == viewer.id)
    assert db.session.scalars(statement.order_by(AuditEntry.sequence)).all() == [
        "member.position_changed",
        "member.accounts_changed",
        "member.ended",
        "member.restored",
    ]


def test_everybody_may_read_who_may_do_what(viewer: Member, signed_in: SignIn) -> None:
    page = signed_in(viewer).get("/team/rights").text

    held = sum(map(len, RIGHTS.values()))
    assert page.count("<tr>") == len(LABELS) + 1
    assert page.count('aria-label="yes"') == held
    assert page.count('aria-label="no"') == len(LABELS) * len(RIGHTS) - held


def test_an_owner_signs_a_member_out_everywhere(owner: Member, consultant: Member, signed_in: SignIn) -> None:
    theirs, own = signed_in(consultant), signed_in(owner)
    page = f"/team/{consultant.id}"

    own.submit(f"{page}/sessions/end", at=page)

    assert (theirs.get("/").status_code, own.get("/").status_code) == (302, 200)
    assert db.session.scalars(select(AuditEntry.action)).all()[-1] == "member.sessions_ended"
