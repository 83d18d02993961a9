import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.agencies import scope
from portal.agencies.models import Agency, Member, Position
from portal.agencies.queries import agencies
from portal.audit.proof import prove
from portal.core.db import db
from portal.job_roles.models import JobRole

PASSWORD = "violet kettle under seven bridges"
ABOUT = ["--agency", "Northlight", "--name", "Olga Owner", "--email", "Olga@Agency.example"]


def create_owner(app: Flask, *options: str, typed: str) -> Result:
    scope.leave()
    db.session.commit()
    return app.test_cli_runner().invoke(args=["create-owner", *options], input=typed)


def members() -> list[tuple[str, str, Position, str]]:
    with scope.every_agency(reason="test"):
        found = db.session.execute(
            select(Member.name, Member.email, Member.position, Agency.name).join(Member.agency)
        )
        return [tuple(row) for row in found]


def test_questions_lead_to_an_agency_with_an_owner(app: Flask, client: FlaskClient) -> None:
    answers = ("Northlight", "Olga Owner", "olga@agency.example", PASSWORD, PASSWORD)
    result = create_owner(app, typed="\n".join((*answers, "")))

    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        "Done. Olga Owner can sign in as olga@agency.example.",
    )
    assert members() == [("Olga Owner", "olga@agency.example", Position.OWNER, "Northlight")]
    assert client.submit("/sign-in", email="olga@agency.example", password=PASSWORD).status_code == 303


def test_a_script_hands_the_password_over_by_standard_input(app: Flask) -> None:
    result = create_owner(app, *ABOUT, "--password-stdin", typed=f"{PASSWORD}\n")

    assert result.exit_code == 0
    assert PASSWORD not in result.output
    assert members() == [("Olga Owner", "olga@agency.example", Position.OWNER, "Northlight")]


def test_the_agency_starts_with_job_roles_and_an_intact_trail(app: Flask) -> None:
    create_owner(app, *ABOUT, "--password-stdin", typed=f"{PASSWORD}\n")

    with scope.every_agency(reason="test"):
        agency = agencies()[0]
    with scope.agency(agency.id):
        assert db.session.scalars(select(func.count()).select_from(JobRole)).one() == 7
        assert prove().broken_at is None


def test_a_password_easy_to_guess_is_asked_for_again(app: Flask) -> None:
    weak = "Northlight-2026!"
    result = create_owner(app, *ABOUT, typed=f"{weak}\n{weak}\n{PASSWORD}\n{PASSWORD}\n")

    assert (result.exit_code, "This is easy to guess" in result.output) == (0, True)


@pytest.mark.parametrize(
    ("options", "typed"),
    [
        ([*ABOUT, "--password-stdin"], "short\n"),
        ([*ABOUT[:-1], "no address", "--password-stdin"], f"{PASSWORD}\n"),
        ([*ABOUT[:3], "x" * 121, *ABOUT[4:], "--password-stdin"], f"{PASSWORD}\n"),
        ([*ABOUT, "--language", "tlh", "--password-stdin"], f"{PASSWORD}\n"),
        ([*ABOUT, "--password", PASSWORD], ""),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_made(
    app: Flask, options: list[str], typed: str
) -> None:
    assert create_owner(app, *options, typed=typed).exit_code != 0
    assert members() == []


def test_an_address_that_signs_in_already_is_refused(app: Flask, owner: Member) -> None:
    options = [*ABOUT[:-1], owner.email, "--password-stdin"]
    before = len(members())
    scope.leave()

    result = create_owner(app, *options, typed=f"{PASSWORD}\n")

    assert (result.exit_code, "with this address already" in result.output) == (1, True)
    assert len(members()) == before
