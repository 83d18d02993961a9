"""A portal put back to an older state sends no mail a second time."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.core import clock
from portal.core.db import db
from portal.jobs import restoring, work
from portal.mail import delivery, evidence
from portal.mail.actions import send_again
from portal.mail.models import OutboxMessage
from portal.mail.states import MailState, Reason
from tests.factories.agencies import MemberFactory
from tests.factories.mails import post
from tests.fixtures.smtp import ScriptedServer

pytestmark = pytest.mark.usefixtures("agency")

WAITING = (MailState.QUEUED, MailState.DEFERRED, MailState.SENDING, MailState.HELD)
OVER = (MailState.ACCEPTED, MailState.REFUSED, MailState.CANCELLED, MailState.IN_DOUBT)


def restored(until: object = None) -> None:
    with work.step():
        restoring.take_precautions(until or clock.now())


def states(mails: list[OutboxMessage]) -> list[tuple[str, str]]:
    return [(mail.state.value, mail.reason) for mail in mails]


def test_what_waited_is_in_doubt_and_what_was_over_stays_as_it_was(app: Flask) -> None:
    mails = [post() for _state in WAITING + OVER]
    for mail, state in zip(mails, WAITING + OVER, strict=True):
        mail.state = state

    restored()

    assert states(mails[:4]) == [("in_doubt", Reason.RESTORED)] * 4
    assert states(mails[4:]) == [(state.value, "") for state in OVER]


def test_what_was_written_after_the_restore_is_sent(app: Flask, mail_server: ScriptedServer) -> None:
    restored(clock.now() - timedelta(seconds=1))
    mail = post()
    db.session.commit()

    app.extensions["jobs"].drain()

    assert (mail.state, len(mail_server.mails)) == (MailState.ACCEPTED, 1)


def test_what_follows_from_an_event_before_the_restore_is_born_in_doubt(
    app: Flask, mail_server: ScriptedServer
) -> None:
    before = clock.now()
    restored()
    old, new = post(caused_at=before), post(caused_at=clock.now())
    db.session.commit()

    app.extensions["jobs"].drain()

    assert states([old, new]) == [("in_doubt", Reason.RESTORED), ("accepted", "")]
    assert mail_server.mails == [new.raw]


def test_that_no_copy_comes_proves_nothing_about_it(app: Flask) -> None:
    mail = post()
    mail.archive_to = "archive@portal.example"
    restored()

    assert (mail.doubted_at, evidence.find_awaited_copy()) == (None, None)


def test_a_member_can_still_have_it_sent(app: Flask, mail_server: ScriptedServer) -> None:
    mail = post()
    restored()
    send_again(mail, MemberFactory())
    db.session.commit()

    app.extensions["jobs"].drain()

    assert (mail.state, mail_server.mails) == (MailState.ACCEPTED, [mail.raw])


def test_a_backup_an_hour_old_put_back_sends_nothing_twice(
    app: Flask, mail_server: ScriptedServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--database") != "sqlite":
        pytest.skip("the backup is a copy of the SQLite file")
    mail = post()
    mail_id = mail.id
    db.session.commit()
    backup, file = tmp_path / "backup.db", Path(str(db.engine.url.database))
    with db.engine.raw_connection().driver_connection as connection:  # what "sqlite3 .backup" does
        connection.execute(f"VACUUM INTO '{backup}'")
    delivery_before = app.extensions["jobs"].drain()
    restoring.keep_mark(app, clock.now())  # the worker goes on after the backup

    db.session.remove()
    db.engine.dispose()
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    shutil.copy(backup, file)
    restoring.notice(app)
    app.extensions["jobs"].sweep()
    app.extensions["jobs"].drain()

    assert (delivery_before, len(mail_server.mails)) == (1, 1)
    assert states([db.session.get_one(OutboxMessage, mail_id)]) == [("in_doubt", Reason.RESTORED)]
    assert delivery.left_behind() == []
