from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.core.db import db
from portal.mail.models import OutboxMessage
from portal.sign_in.models import MemberLink

SignIn = Callable[[Member], FlaskClient]
Path = Callable[[], str]
PASSWORD = "violet kettle under seven bridges"
NORA = {
    "name": "Nora Lind",
    "email": "Nora@agency.example",
    "position": "consultant",
    "language": "fr",
    "sees": "all",
}
ANSWER = {"name": "Nora L.", "new_password": PASSWORD, "language": "nl", "time_zone": "Europe/Madrid"}


@pytest.fixture
def invited(owner: Member, signed_in: SignIn) -> FlaskClient:
    browser = signed_in(owner)
    browser.submit("/team/invite", at="/team/invite", **NORA)
    return browser


def nora() -> Member:
    return db.session.scalars(select(Member).where(Member.email == "nora@agency.example")).one()


def test_an_invitation_is_mailed_in_the_language_of_the_invited(invited: FlaskClient) -> None:
    mail = db.session.scalars(select(OutboxMessage)).one()

    assert (mail.recipient, mail.language, mail.kind) == ("nora@agency.example", "fr", "invitation")


def test_the_link_makes_a_member_who_is_signed_in(app: Flask, invited: FlaskClient, invitation: Path) -> None:
    browser = app.test_client()
    assert browser.submit(invitation(), at=invitation(), **ANSWER).status_code == 303

    assert browser.get("/").status_code == 200
    assert (nora().name, nora().language, nora().time_zone) == ("Nora L.", "nl", "Europe/Madrid")


def test_before_joining_nobody_can_sign_in(invited: FlaskClient, client: FlaskClient) -> None:
    answer = client.submit("/sign-in", email="nora@agency.example", password="nobody has this password")

    assert answer.status_code == 422


def test_opening_the_link_changes_nothing(
    invited: FlaskClient, client: FlaskClient, invitation: Path
) -> None:
    headers = client.get(invitation()).headers

    assert nora().password_hash is None
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")


def test_used_withdrawn_and_forged_links_look_the_same(
    app: Flask, invited: FlaskClient, invitation: Path
) -> None:
    used, stranger = invitation(), app.test_client()
    stranger.submit(used, at=used, **ANSWER)
    other = {**NORA, "email": "other@agency.example"}
    invited.submit("/team/invite", at="/team/invite", **other)
    member_id = db.session.scalars(select(Member.id).where(Member.email == other["email"])).one()
    withdrawn = invitation()
    invited.submit(f"/team/{member_id}/end", at="/team")

    pages = [app.test_client().get(path) for path in (used, withdrawn, "/invitation/forged")]

    assert [page.status_code for page in pages] == [404, 404, 404]
    assert len({page.text for page in pages}) == 1


def test_an_invitation_expires_after_a_week(invited: FlaskClient) -> None:
    link = db.session.scalars(select(MemberLink)).one()

    assert link.expires_at - link.created_at == pytest.approx(timedelta(days=7), abs=timedelta(seconds=1))


def test_an_expired_invitation_does_not_work(
    invited: FlaskClient, client: FlaskClient, invitation: Path
) -> None:
    db.session.scalars(select(MemberLink)).one().expires_at = datetime.now(UTC)

    assert client.get(invitation()).status_code == 404


def test_a_new_invitation_replaces_the_one_before(
    invited: FlaskClient, client: FlaskClient, invitation: Path
) -> None:
    first = invitation()
    invited.submit(f"/team/{nora().id}/invitation", at="/team")

    assert client.get(first).status_code == 404
    assert client.get(invitation()).status_code == 200


def test_whoever_joined_is_not_invited_again(app: Flask, invited: FlaskClient, invitation: Path) -> None:
    app.test_client().submit(invitation(), at=invitation(), **ANSWER)

    assert invited.submit(f"/team/{nora().id}/invitation", at="/team").status_code == 409


def test_a_weak_password_is_refused_and_the_link_stays_good(
    client: FlaskClient, invited: FlaskClient, invitation: Path
) -> None:
    weak = {**ANSWER, "new_password": "Northlight-2026!"}
    answer = client.submit(invitation(), at=invitation(), htmx=True, **weak)

    assert answer.status_code == 422
    assert client.get(invitation()).status_code == 200


def test_an_address_signs_in_to_one_agency_only(
    owner: Member, other_agency: Agency, signed_in: SignIn
) -> None:
    with scope.every_agency(reason="test"):
        foreign = db.session.scalars(select(Member.email).where(Member.name == "Canary Owner")).one()
    browser = signed_in(owner)
    for email in (owner.email, foreign.upper()):
        form = {**NORA, "email": email}
        answer = browser.submit("/team/invite", at="/team/invite", htmx=True, **form)
        assert (answer.status_code, "with this address already" in answer.text) == (422, True)

    assert db.session.scalars(select(func.count()).select_from(OutboxMessage)).one() == 0


def test_nonsense_is_refused_at_its_place(owner: Member, signed_in: SignIn) -> None:
    browser = signed_in(owner)
    for wrong in (
        {"email": "nobody"},
        {"email": "a@b.c" * 60},
        {"name": "x" * 121},
        {"name": "a\x00b"},
        {"position": "emperor"},
        {"language": "tlh"},
        {"sees": "half"},
    ):
        form = {**NORA, **wrong}
        answer = browser.submit("/team/invite", at="/team/invite", htmx=True, **form)
        assert (answer.status_code, answer.text.count("One field needs")) == (422, 1), wrong


def test_an_invited_owner_sees_all_accounts(owner: Member, signed_in: SignIn) -> None:
    form = {**NORA, "position": "owner", "sees": "some"}
    signed_in(owner).submit("/team/invite", at="/team/invite", **form)

    assert (nora().position, nora().sees_all_accounts) == (Position.OWNER, True)


def test_the_name_of_somebody_who_joins_holds_no_link(
    app: Flask, invited: FlaskClient, invitation: Path
) -> None:
    path, stranger = invitation(), app.test_client()
    answer = stranger.submit(path, at=path, htmx=True, **{**ANSWER, "name": "Win at evil.example"})

    assert (answer.status_code, "Indiquez uniquement le nom" in answer.text) == (422, True)
