from flask import Flask
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.core.db import db
from portal.inbox.models import Arrival
from portal.inbox.states import ArrivalState
from tests.inbox.judged import mails, take_in
from tests.inbox.letters import letter


def test_the_sum_of_what_came_in_is_printed(app: Flask, agency: Agency) -> None:
    take_in(app, letter(), letter())
    db.session.commit()

    answer = app.test_cli_runner().invoke(args=["inbox-sum"])

    lines = [line.split() for line in answer.output.splitlines()]
    assert (answer.exit_code, ["unmatched", "2"] in lines) == (0, True)
    assert ["came", "in", "2", "adds", "up"] in lines


def test_a_sum_that_does_not_add_up_is_an_error(app: Flask, agency: Agency) -> None:
    take_in(app, letter())
    db.session.scalars(select(Arrival)).one().fate = None
    db.session.commit()

    answer = app.test_cli_runner().invoke(args=["inbox-sum"])

    assert (answer.exit_code, "DOES NOT ADD UP" in answer.output) == (1, True)


def test_what_nobody_had_goes_to_the_agency_that_gets_the_mailbox(app: Flask, agency: Agency) -> None:
    take_in(app, letter(subject="Lost"), mailbox="sales")
    agency_id = agency.id
    db.session.commit()

    answer = app.test_cli_runner().invoke(args=["give-mailbox", "sales", str(agency_id)])
    db.session.expire_all()
    state = db.session.scalars(select(Arrival.state)).one()
    db.session.commit()
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()

    assert (answer.exit_code, state) == (0, ArrivalState.WAITING)
    assert [mail.subject for mail in mails()] == ["Lost"]
