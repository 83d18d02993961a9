from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from portal.config import MailSending, Mode
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow
from portal.jobs import work
from portal.jobs.models import WorkerBeat
from portal.mail import delivery
from portal.mail.jobs import WouldLeaveTheMachine, deliver
from portal.mail.models import OutboxMessage
from portal.mail.smtp import Outcome, SmtpConversation, Verdict
from portal.mail.states import MailState, Reason
from tests.factories.mails import post
from tests.fixtures.smtp import HANG_UP, ScriptedServer

pytestmark = pytest.mark.usefixtures("agency")


def sent(mail: OutboxMessage) -> MailState:
    db.session.commit()
    deliver(mail.id)
    return mail.state


def sweep(app: Flask) -> None:
    db.session.commit()
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def tries(mail: OutboxMessage) -> list[tuple[str, str]]:
    return [(tried.outcome, tried.answer) for tried in mail.tries]


def claim(mail: OutboxMessage) -> delivery.Claim:
    with work.step():
        claimed = delivery.claim(mail.id, "test", is_on=True)
    assert claimed is not None
    return claimed


def let_the_lease_end(mail: OutboxMessage) -> None:
    with work.step():
        mail.lease_until = clock.now() - timedelta(seconds=1)


def test_a_posted_mail_reaches_the_server_as_frozen(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    db.session.commit()

    app.extensions["jobs"].drain()

    assert mail_server.mails == [mail.raw]
    assert (mail.state, tries(mail)) == (MailState.ACCEPTED, [("accepted", "250 fine")])
    assert mail.accepted_at is not None


def test_a_mail_is_handed_over_once_however_often_it_is_nudged(mail_server: ScriptedServer) -> None:
    mail = post()

    assert [sent(mail) for _ in range(3)] == [MailState.ACCEPTED] * 3
    assert len(mail_server.mails) == 1


def test_a_mail_put_off_comes_back_with_the_same_bytes(app: Flask, mail_server: ScriptedServer) -> None:
    mail_server.answers["dot"] = "451 later"
    mail = post()
    assert sent(mail) is MailState.DEFERRED
    del mail_server.answers["dot"]
    mail.next_try_at = clock.now()

    sweep(app)

    assert mail.state is MailState.ACCEPTED
    assert mail_server.mails == [mail.raw, mail.raw]


@pytest.mark.parametrize(
    ("attempt", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 120), (40, 120)]
)
def test_the_waits_grow_longer(attempt: int, minutes: int, mail_server: ScriptedServer) -> None:
    mail_server.answers["rcpt"] = "451 later"
    mail = post()
    mail.attempts = attempt - 1
    before = clock.now()

    assert sent(mail) is MailState.DEFERRED
    wait = (mail.next_try_at - before) / timedelta(minutes=1)
    assert minutes <= wait < minutes * 1.2 + 0.1


def test_after_three_days_of_trying_it_is_given_up(mail_server: ScriptedServer) -> None:
    mail_server.answers["rcpt"] = "451 later"
    mail = post()
    mail.attempts = 40

    assert (sent(mail), mail.reason) == (MailState.REFUSED, Reason.GAVE_UP)
    assert sum(delivery.LADDER, timedelta()) < timedelta(hours=72)


def test_a_mail_that_is_not_due_stays(mail_server: ScriptedServer) -> None:
    mail = post()
    mail.next_try_at = clock.now() + timedelta(minutes=1)

    assert sent(mail) is MailState.QUEUED


def test_a_refusal_is_final_and_keeps_the_words_of_the_server(
    app: Flask, mail_server: ScriptedServer
) -> None:
    mail_server.answers["rcpt"] = "550 nobody here"
    mail = post()

    assert (sent(mail), mail.reason) == (MailState.REFUSED, "550 nobody here")
    sweep(app)
    assert mail.state is MailState.REFUSED


def test_silence_after_the_dot_puts_a_mail_in_doubt_for_good(app: Flask, mail_server: ScriptedServer) -> None:
    mail_server.answers["dot"] = HANG_UP
    mail = post()

    assert (sent(mail), mail.reason) == (MailState.IN_DOUBT, Reason.NO_ANSWER)
    sweep(app)
    assert (mail.state, len(mail_server.mails)) == (MailState.IN_DOUBT, 1)


def test_killed_before_the_server_heard_of_it_leaves_the_mail_in_doubt(
    app: Flask, mail_server: ScriptedServer
) -> None:
    mail = post()
    claim(mail)
    let_the_lease_end(mail)

    sweep(app)

    assert (mail.state, mail.reason, mail_server.mails) == (MailState.IN_DOUBT, Reason.INTERRUPTED, [])


def test_killed_between_the_answer_and_the_commit_never_sends_twice(
    app: Flask, mail_server: ScriptedServer
) -> None:
    mail = post()
    claimed = claim(mail)
    with SmtpConversation(app.extensions["mail"], "portal.example") as conversation:
        assert conversation.hand_over(claimed.letter).outcome is Outcome.ACCEPTED
    let_the_lease_end(mail)

    sweep(app)

    assert (mail.state, mail_server.mails) == (MailState.IN_DOUBT, [mail.raw])


def test_a_claim_that_still_runs_is_left_alone(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    claim(mail)

    sweep(app)

    assert (mail.state, mail_server.mails) == (MailState.SENDING, [])


def test_an_answer_that_comes_late_ends_the_doubt(app: Flask) -> None:
    mail = post()
    claimed = claim(mail)
    mail.move_to(MailState.IN_DOUBT, Reason.INTERRUPTED)

    with work.step():
        delivery.settle(claimed, "test", Verdict(Outcome.ACCEPTED, "250 fine"))

    assert mail.state is MailState.ACCEPTED


def test_an_answer_to_an_attempt_long_over_is_only_noted() -> None:
    mail = post()
    claimed = claim(mail)
    mail.move_to(MailState.IN_DOUBT)
    delivery.requeue(mail)

    with work.step():
        delivery.settle(claimed, "test", Verdict(Outcome.REFUSED, "550 no"))

    assert (mail.state, tries(mail)) == (MailState.QUEUED, [("refused", "550 no")])


def test_a_busy_server_is_left_alone_for_all_mails(mail_server: ScriptedServer) -> None:
    mail_server.answers["mail"] = "421 too busy"
    first, second = post(), post()

    assert [sent(first), sent(second)] == [MailState.DEFERRED, MailState.QUEUED]
    assert second.next_try_at > clock.now() + timedelta(minutes=4)
    assert mail_server.commands.count("mail FROM:<" + second.envelope_from + ">") == 0


def test_a_refused_sign_in_holds_all_mail_and_raises_the_alarm(
    mail_server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    mail_server.answers["mail"] = "530 sign in first"
    first, second = post(), post()

    assert [sent(first), sent(second)] == [MailState.HELD, MailState.HELD]
    assert [first.reason, second.reason] == [Reason.LOGIN_REFUSED, Reason.LOGIN_REFUSED]
    assert "refuses our sign-in" in caplog.text
    assert len([said for said in mail_server.commands if said.startswith("mail")]) == 1


def test_mail_held_for_a_refused_sign_in_goes_once_the_pause_is_ended(
    app: Flask, mail_server: ScriptedServer
) -> None:
    mail_server.answers["mail"] = "530 sign in first"
    mail = post()
    sent(mail)
    sweep(app)
    assert mail.state is MailState.HELD
    del mail_server.answers["mail"]
    delivery.end_pauses()

    sweep(app)

    assert mail.state is MailState.QUEUED
    assert sent(mail) is MailState.ACCEPTED


def test_the_switch_holds_all_mail_and_lets_it_go_again(
    app: Flask, mail_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as switched_off:
        switched_off.setattr(app.extensions["settings"], "mail_sending", MailSending.HELD)
        mail = post()
        assert (sent(mail), mail.reason) == (MailState.HELD, Reason.SENDING_IS_OFF)
        sweep(app)
        assert mail.state is MailState.HELD

    sweep(app)

    assert sent(mail) is MailState.ACCEPTED


def test_in_a_demo_mail_goes_nowhere_but_to_this_machine(
    app: Flask, mail_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "mode", Mode.DEMO)
    monkeypatch.setattr(app.extensions["mail"], "server", "mail.example")
    mail = post()
    db.session.commit()

    with pytest.raises(WouldLeaveTheMachine):
        deliver(mail.id)
    assert mail.state is MailState.QUEUED


def test_a_nudge_that_was_lost_is_found_by_the_sweep(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    mail.next_try_at = clock.now() - timedelta(minutes=2)
    db.session.commit()
    app.extensions["jobs"].huey.storage.flush_all()

    sweep(app)

    assert mail.state is MailState.ACCEPTED


def test_a_mail_that_was_accepted_moves_nowhere(mail_server: ScriptedServer) -> None:
    mail = post()
    sent(mail)

    with pytest.raises(NotNow):
        delivery.requeue(mail)


@pytest.mark.parametrize(
    ("silent_for", "state"), [(29, MailState.SENDING), (31, MailState.IN_DOUBT)], ids=["alive", "gone"]
)
def test_a_mail_is_in_doubt_as_soon_as_its_worker_is_gone(
    app: Flask, silent_for: int, state: MailState
) -> None:
    mail = post()
    db.session.commit()
    claim(mail)
    mail.held_by = "another"
    db.session.add(WorkerBeat(name="another", at=clock.now() - timedelta(seconds=silent_for)))

    sweep(app)

    assert mail.state is state


def test_what_the_server_said_is_written_down_once_the_database_is_back(
    mail_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = iter([OperationalError("", {}, Exception("gone"))] * 2)
    settle = delivery.settle

    def settle_later(*arguments: Any) -> None:
        for failure in away:
            raise failure
        settle(*arguments)

    monkeypatch.setattr(delivery, "settle", settle_later)
    monkeypatch.setattr(work, "INSIST_EVERY", 0)
    mail = post()

    assert sent(mail) is MailState.ACCEPTED
    assert len(mail_server.mails) == 1
