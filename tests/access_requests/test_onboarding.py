from datetime import date, timedelta

from sqlalchemy import select

from portal.access_requests import jobs, onboarding, proposals
from portal.access_requests.states import CHECK_SIGN_INS, PROVISION
from portal.accounts.states import Crm
from portal.core import clock
from portal.core.db import db
from portal.crm.models import Connection
from portal.jobs import restoring, work
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState, Reason
from portal.provisioning import actions as provisioning
from portal.provisioning.models import ProvisioningRun
from portal.users.models import User
from tests.access_requests.proposing import Answered
from tests.fixtures.crm_account import SEED, Place, let_time_pass

FINISHED = ("request_finished", "cora@agency.example", "en")


def check(answered: Answered) -> None:
    """Look for sign-ins, as the worker does."""
    jobs.check_sign_ins(answered.request.id)
    answered.work()


def test_from_confirmed_to_closed(answered: Answered) -> None:
    answered.consultant.email = "cora@agency.example"
    answered.confirm()
    assert answered.states() == ("onboarding", ["done"])
    assert answered.mails() == [("onboarding", "ana@maple.example", "fr")]

    answered.place.emulator.sign_in(SEED.token, "ana@maple.example")
    check(answered)

    assert answered.states() == ("closed", ["done"])
    assert answered.request.reason == "Everybody is in and has signed in."
    assert answered.mails() == [("onboarding", "ana@maple.example", "fr"), FINISHED]
    assert answered.trail()[-6:] == [
        ("Cora Consultant", "access_request.confirmed"),
        ("Portal", "user.created"),
        ("Portal", "user.read_back"),
        ("Portal", "onboarding.sent"),
        ("Portal", "user.signed_in"),
        ("Portal", "access_request.closed"),
    ]


def test_settling_again_welcomes_nobody_twice(answered: Answered) -> None:
    answered.confirm()

    for _ in range(3):
        jobs.settle(answered.request.id)
    onboarding.settle(answered.request)

    assert len(answered.mails()) == 1


def test_the_welcome_says_where_to_sign_in_what_they_can_do_and_when_they_start(answered: Answered) -> None:
    answered.person.start_date = date(2027, 3, 1)
    answered.confirm()

    raw = db.session.scalars(select(OutboxMessage.raw)).one().decode()
    assert "https://app.hubspot.com" in raw
    assert "Claire Dubois" in raw
    assert "1 mars 2027" in raw


def test_the_mirror_knows_the_new_user_at_once(answered: Answered) -> None:
    answered.confirm()

    user = db.session.scalars(select(User).where(User.email == "ana@maple.example")).one()
    assert user.seats == ["Core"]


def test_one_who_stops_does_not_hold_up_the_others(answered: Answered) -> None:
    answered.place.add("ben@maple.example", firstName="Ben", lastName="Alves")
    answered.add_person("Ben")
    answered.add_person("Cleo")

    answered.confirm()

    assert answered.states() == ("stopped", ["done", "stopped", "done"])
    assert (
        answered.request.reason == "Ben Silva: Already in the account as Ben Alves (Core). Change that user?"
    )
    assert [mail[1] for mail in answered.mails()] == ["ana@maple.example", "cleo@maple.example"]
    assert answered.place.account.waiting_for_us == 1


def test_leaving_out_the_one_who_stopped_lets_the_request_go_on(answered: Answered) -> None:
    answered.place.add("ben@maple.example", firstName="Ben", lastName="Alves")
    ben = answered.add_person("Ben")
    answered.confirm()

    provisioning.leave_out(ben.run, by=answered.consultant)
    db.session.commit()
    answered.work()

    assert answered.states() == ("onboarding", ["done", "cancelled"])
    assert answered.place.account.waiting_for_us == 0


def test_a_request_that_did_not_hear_of_the_last_decision_is_found(answered: Answered) -> None:
    answered.place.add("ben@maple.example", firstName="Ben", lastName="Alves")
    ben = answered.add_person("Ben")
    answered.confirm()
    db.session.commit()
    assert PROVISION not in {nudge.name for nudge in work.find_left_behind(answered.app)}

    provisioning.leave_out(ben.run, by=answered.consultant)
    db.session.commit()
    answered.app.extensions["jobs"].huey.storage.flush_all()  # the nudge is lost
    assert answered.states() == ("stopped", ["done", "cancelled"])
    db.session.commit()
    for nudge in work.find_left_behind(answered.app):
        work.push(answered.app, nudge)
    answered.work()

    assert answered.states() == ("onboarding", ["done", "cancelled"])


def test_when_nobody_is_left_the_request_is_closed(answered: Answered) -> None:
    answered.place.add(firstName="Ana", lastName="Alves")
    answered.confirm()

    provisioning.leave_out(answered.person.run, by=answered.consultant)
    db.session.commit()
    answered.work()

    assert answered.states() == ("closed", ["cancelled"])
    assert answered.request.reason == "Nobody was set up."


def test_a_waiting_run_keeps_the_request_being_set_up_and_goes_on_by_itself(answered: Answered) -> None:
    answered.place.emulator.fail_next("drop-after", method="POST")
    answered.confirm()
    assert answered.states() == ("provisioning", ["waiting"])

    let_time_pass(answered.person.run)
    for nudge in work.find_left_behind(answered.app):
        work.push(answered.app, nudge)
    answered.work()

    assert answered.states() == ("onboarding", ["done"])
    assert len(answered.place.people()) == 1


def test_after_a_restore_nobody_is_created_or_welcomed_twice(answered: Answered) -> None:
    proposals.confirm(answered.request, answered.request.version, (), answered.consultant)
    db.session.commit()  # the backup; what follows, it does not know
    place = answered.place
    place.add(
        firstName="Ana",
        lastName="Silva",
        seatNames=["Core"],
        roleId=place.sets["Sales rep"],
        primaryTeamId=place.teams["North"],
        secondaryTeamIds=[place.teams["South"]],
    )
    created_before = len(answered.place.creates())
    with work.step():
        restoring.take_precautions(clock.now())

    answered.work()
    assert answered.states() == ("stopped", ["stopped"])
    assert answered.request.reason.startswith("Ana Silva: Already in the account as Ana Silva")
    provisioning.change_existing(answered.person.run, by=answered.consultant)
    db.session.commit()
    answered.work()

    welcome = db.session.scalars(select(OutboxMessage)).one()
    assert len(answered.place.creates()) == created_before
    assert answered.states() == ("onboarding", ["done"])
    assert (welcome.state, welcome.reason) == (MailState.IN_DOUBT, Reason.RESTORED)


def test_who_has_not_signed_in_is_looked_for_again_later(answered: Answered) -> None:
    answered.confirm()
    check(answered)

    assert answered.request.state == "onboarding"
    assert answered.person.next_check_at > clock.now() + timedelta(minutes=2)
    left = {nudge.name for nudge in work.find_left_behind(answered.app)}
    assert CHECK_SIGN_INS not in left


def test_the_sweep_finds_sign_ins_to_look_for(answered: Answered) -> None:
    answered.confirm()
    answered.person.next_check_at = clock.now() - timedelta(seconds=1)
    db.session.commit()

    found = [nudge for nudge in work.find_left_behind(answered.app) if nudge.name == CHECK_SIGN_INS]
    assert [nudge.arguments for nudge in found] == [(answered.request.id,)]


def test_a_crm_that_does_not_answer_leaves_the_waiting_as_it_is(answered: Answered) -> None:
    answered.confirm()
    answered.place.emulator.control("revoke", token=SEED.token)

    check(answered)

    assert answered.request.state == "onboarding"
    assert answered.place.connection.last_error != ""


def test_a_members_word_closes_what_no_reading_can(answered: Answered) -> None:
    answered.confirm()

    onboarding.say_signed_in(answered.request, answered.person, answered.consultant)

    assert answered.request.state == "closed"
    assert ("Cora Consultant", "user.signed_in") in answered.trail()


def test_in_an_account_that_is_not_connected_all_of_it_is_done_by_hand(
    answered: Answered, place: Place
) -> None:
    db.session.query(Connection).delete()
    place_account = answered.request.account
    place_account.crm = Crm.MANUAL

    answered.confirm()
    run = db.session.scalars(select(ProvisioningRun)).one()
    assert answered.states() == ("stopped", ["by_hand"])
    for step in run.by_hand:
        provisioning.say_done(step, by=answered.consultant)
    db.session.commit()
    answered.work()

    assert answered.states() == ("onboarding", ["done"])
    assert answered.mails() == []
    assert answered.trail()[-1] == ("Portal", "onboarding.left_to_you")
