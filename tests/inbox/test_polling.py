from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.core import clock
from portal.core.db import db
from portal.inbox import jobs, polling
from portal.inbox.imap import Imap, NotHandedOut
from portal.inbox.models import Arrival, InboundMailbox
from portal.inbox.states import POLL
from portal.jobs import work
from tests.fixtures.dovecot import ImapAccount
from tests.inbox.letters import hand_over, letter

Poll = Callable[[], None]

pytestmark = pytest.mark.usefixtures("everywhere")


def stored() -> list[Arrival]:
    return list(db.session.scalars(select(Arrival).order_by(Arrival.id)))


def box() -> InboundMailbox:
    found = polling.find_mailbox()
    assert found
    return found


@pytest.fixture
def poll(app: Flask) -> Poll:
    """Have the mailbox looked into once."""

    def look() -> None:
        db.session.rollback()  # nothing of ours is in the worker's way
        work.run(app, work.Nudge(POLL, None))

    return look


class Killed(BaseException):
    """The worker is gone."""


def test_mails_are_stored_as_they_came_and_marked_as_read(imap: ImapAccount, poll: Poll) -> None:
    raws = [letter("One"), letter("Two")]
    imap.put(*raws)

    poll()

    assert [arrival.raw for arrival in stored()] == raws
    assert imap.flags() == [("\\Seen",), ("\\Seen",)]


def test_mails_are_moved_where_a_folder_is_set(
    app: Flask, imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_done_folder", "Done")
    imap.put(letter())

    poll()

    assert (len(stored()), imap.flags(), len(imap.flags("Done"))) == (1, [], 1)


def test_polling_again_stores_nothing_again(imap: ImapAccount, poll: Poll) -> None:
    imap.put(letter())

    poll()
    poll()

    assert len(stored()) == 1


def test_a_mail_is_put_aside_only_after_the_commit(
    imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    imap.put(letter())

    def die(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(polling, "go_on", die)  # after the mail was stored, before the commit
        with pytest.raises(Killed):
            poll()

    assert (stored(), imap.flags()) == ([], [()])


def test_what_was_stored_and_not_put_aside_is_put_aside_later(
    imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    imap.put(letter())

    def die(*_arguments: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Imap, "put_aside", die)
        with pytest.raises(Killed):
            poll()
    with clock.at(clock.now() + polling.LEASE):
        poll()

    assert (len(stored()), imap.flags()) == (1, [("\\Seen",)])


def test_a_mail_that_somebody_opened_first_is_stored_too(imap: ImapAccount, poll: Poll) -> None:
    imap.put(letter("One"))
    poll()
    imap.put(letter("Two"))
    with imap.opened() as box:
        list(box.fetch(mark_seen=True))

    poll()

    assert len(stored()) == 2


def test_a_bad_mail_does_not_block_the_others(
    imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    imap.put(letter("One"), letter("Bad"), letter("Three"))
    fetch = Imap.fetch

    def refuse(box: Imap, uid: str) -> object:
        if uid == "2":
            raise NotHandedOut("[UNAVAILABLE]")
        return fetch(box, uid)

    with monkeypatch.context() as patch:
        patch.setattr(Imap, "fetch", refuse)
        poll()
        skipped = box().skipped
    poll()

    assert skipped == {"2": "[UNAVAILABLE]"}
    assert [b"Bad" in arrival.raw for arrival in stored()] == [False, False, True]
    assert box().skipped == {}


def test_a_mail_on_which_the_server_hangs_up_comes_last_the_next_time(
    imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    imap.put(letter("Bad"), letter("Two"))
    fetch = Imap.fetch

    def hang_up(box: Imap, uid: str) -> object:
        if uid == "1":
            raise ConnectionResetError
        return fetch(box, uid)

    monkeypatch.setattr(Imap, "fetch", hang_up)
    poll()
    poll()

    assert [b"Two" in arrival.raw for arrival in stored()] == [True]


def test_a_mail_that_cannot_be_stored_stays_in_the_mailbox(
    imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    imap.put(letter("One"))

    with monkeypatch.context() as patch:
        patch.setattr(jobs.arrivals, "receive", lambda _delivery: 1 / 0)
        poll()

    assert (box().skipped, imap.flags()) == ({"1": "could not be stored"}, [()])


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(imap: ImapAccount, poll: Poll) -> None:
    raw = letter("x" * 26 * 1024 * 1024)
    imap.put(raw)

    poll()

    (arrival,) = stored()
    assert (arrival.is_cut, arrival.raw) == (True, raw[: 256 * 1024])


def test_two_workers_do_not_poll_at_once(imap: ImapAccount, poll: Poll) -> None:
    imap.put(letter())
    with work.step():
        polling.claim()

    poll()

    assert stored() == []


def test_the_same_mail_through_both_doors_is_one_mail(app: Flask, imap: ImapAccount, poll: Poll) -> None:
    raw = letter()
    hand_over(app.test_client(), raw)
    imap.put(b"Delivered-To: portal@portal.example\r\n" + raw)

    poll()

    first, second = stored()
    assert second.first_id == first.id


def test_a_mailbox_that_cannot_be_reached_is_written_down(
    app: Flask, imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    monkeypatch.setattr(app.extensions["settings"], "imap_port", 1)

    poll()

    seen = box()
    assert (seen.trouble, seen.lease_until, seen.polled_at) == ("[Errno 111] Connection refused", None, None)


def test_a_wrong_password_is_written_down(
    app: Flask, imap: ImapAccount, monkeypatch: pytest.MonkeyPatch, poll: Poll
) -> None:
    settings = app.extensions["settings"]
    monkeypatch.setattr(settings, "imap_password", type(settings.imap_password)("wrong"))

    poll()

    assert "Authentication failed" in box().trouble


def test_ten_minutes_without_a_look_is_an_alarm(imap: ImapAccount, poll: Poll) -> None:
    poll()
    polled = box()

    with clock.at(polled.polled_at + timedelta(minutes=10)):
        assert not polling.is_late(polled)
    with clock.at(polled.polled_at + timedelta(minutes=10, seconds=1)):
        assert polling.is_late(polled)


def test_the_sweep_has_the_mailbox_looked_into(app: Flask, imap: ImapAccount) -> None:
    assert work.Nudge("inbox.poll", None) in work.find_left_behind(app)


def test_without_a_mailbox_there_is_nothing_to_look_into(app: Flask) -> None:
    assert work.Nudge("inbox.poll", None) not in work.find_left_behind(app)
