from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Account
from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core import clock
from portal.core.db import db
from portal.inbox import jobs, judging, ledger
from portal.inbox.models import Arrival
from portal.inbox.states import ArrivalState, Fate, Why
from portal.jobs import work
from portal.mail.models import OutboxMessage, SuppressedAddress
from portal.mail.states import MailState
from portal.replies.facts import Problem, Unpacked
from tests.factories.accounts import AccountFactory, ContactFactory
from tests.factories.bounces import complaint
from tests.inbox.judged import asked, mails, reply_address, take_in, the_mail
from tests.inbox.letters import QUOTES, TRACE, letter, proved


def answer(question: OutboxMessage, text: str = "Sales, please.", **more: object) -> bytes:
    return letter(text, **{"to": reply_address(question), "top": proved(), **more})


def bounce(question: OutboxMessage, status: str = "5.1.1", action: str = "failed") -> bytes:
    body = (
        "--=_b\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--=_b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.maple.example\r\n\r\n"
        f"Final-Recipient: rfc822; anna@maple.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n--=_b--"
    )
    return letter(
        body,
        sender="MAILER-DAEMON <mailer-daemon@maple.example>",
        to=question.envelope_from,
        subject="Undelivered Mail Returned to Sender",
        top=("Return-Path: <>", TRACE),
        Content_Type='multipart/report; report-type=delivery-status; boundary="=_b"',
    )


def test_an_answer_is_kept_with_what_it_says(app: Flask, question: OutboxMessage) -> None:
    raw = answer(
        question,
        f"Ana does sales.\r\n\r\n{QUOTES}\r\n> What will Ana do?",
    )

    take_in(app, raw)

    mail = the_mail()
    assert (mail.fate, mail.why, mail.proof) == (Fate.ATTACHED, Why.PROVED, "dmarc=pass")
    assert (mail.sender_name, mail.sender, mail.raw) == ("Anna Smith", "anna@maple.example", raw)
    assert (mail.text, mail.answers_id) == ("Ana does sales.", question.id)
    assert "What will Ana do?" in mail.rest
    assert (mail.topic_kind, mail.topic_id) == ("accounts", question.topic_id)


@pytest.mark.parametrize("written", ["grünfarn.example", "xn--grnfarn-o2a.example"])
@pytest.mark.parametrize("said", ["grünfarn.example", "XN--grnfarn-o2a.example"])
def test_an_answer_counts_in_either_spelling_of_the_contacts_domain(
    app: Flask, account: Account, written: str, said: str
) -> None:
    ida = ContactFactory(account_id=account.id, email=f"ida@{said}")
    question = asked(account=account, topic=account, recipient=ida.email)
    take_in(app, answer(question, sender=f"Ida Moe <ida@{written}>", top=proved(said)))

    assert (the_mail().fate, the_mail().sender) == (Fate.ATTACHED, "ida@xn--grnfarn-o2a.example")


def test_the_bytes_are_stored_once(app: Flask, question: OutboxMessage) -> None:
    take_in(app, answer(question))

    with scope.every_agency(reason="deliveries are nobody's"):
        assert [arrival.raw for arrival in db.session.scalars(select(Arrival))] == [None]


def test_a_token_in_the_envelope_counts_where_the_header_has_none(
    app: Flask, question: OutboxMessage
) -> None:
    take_in(app, letter(top=proved()), recipients=(reply_address(question),))

    assert the_mail().fate is Fate.ATTACHED


def test_a_token_that_the_receiver_writes_down_counts_too(app: Flask, question: OutboxMessage) -> None:
    take_in(app, letter(top=[f"Delivered-To: {reply_address(question)}", *proved()]))

    assert the_mail().fate is Fate.ATTACHED


def test_two_tokens_of_different_records_are_not_guessed_between(
    app: Flask, account: Account, question: OutboxMessage
) -> None:
    other = asked(account=account, topic=AccountFactory())

    take_in(app, answer(question, to=f"{reply_address(question)}, {reply_address(other)}"))

    assert (the_mail().fate, the_mail().why) == (Fate.UNMATCHED, Why.DISAGREE)


def test_without_a_token_a_message_id_of_ours_counts(app: Flask, question: OutboxMessage) -> None:
    take_in(app, letter(top=proved(), In_Reply_To=question.message_id))

    assert the_mail().fate is Fate.ATTACHED


def test_a_part_of_a_message_id_does_not_count(app: Flask, question: OutboxMessage) -> None:
    take_in(app, letter(top=proved(), In_Reply_To=question.message_id[2:]))

    assert the_mail().why == Why.NO_TRACE


def test_a_subject_never_counts(app: Flask, question: OutboxMessage) -> None:
    take_in(app, letter(top=proved(), subject=f"Re: {question.subject}"))

    assert (the_mail().fate, the_mail().account_id) == (Fate.UNMATCHED, None)


def test_two_authors_prove_nothing(app: Flask, question: OutboxMessage) -> None:
    take_in(app, answer(question, sender="anna@maple.example, eve@stranger.example"))

    assert (the_mail().fate, the_mail().why) == (Fate.UNCONFIRMED, Why.NOT_A_CONTACT)


def test_a_bounce_goes_to_the_mail_that_came_back(app: Flask, question: OutboxMessage) -> None:
    question.state = MailState.ACCEPTED
    db.session.commit()

    take_in(app, bounce(question), bounce(question))

    assert [(mail.fate, mail.answers_id) for mail in mails()] == [(Fate.BOUNCE, question.id)] * 2
    assert question.state is MailState.BOUNCED
    assert [row.address for row in db.session.scalars(select(SuppressedAddress))] == ["anna@maple.example"]


def test_a_delay_is_noted_and_changes_nothing(app: Flask, question: OutboxMessage) -> None:
    question.state = MailState.ACCEPTED
    db.session.commit()

    take_in(app, bounce(question, "4.4.1", "delayed"))

    assert (the_mail().fate, question.state) == (Fate.BOUNCE, MailState.ACCEPTED)


def test_an_automatic_reply_is_shown_where_it_belongs_without_effect(
    app: Flask, question: OutboxMessage
) -> None:
    raw = letter(
        "I am away until 3 December 2026.",
        to=question.envelope_from,
        subject="Automatic reply: Access",
        top=proved(),
        Auto_Submitted="auto-replied",
    )

    take_in(app, raw)

    mail = the_mail()
    assert (mail.fate, mail.topic_id) == (Fate.AUTO_REPLY, question.topic_id)
    assert mail.reading["verdict"] == "auto_reply"


def test_an_answer_to_where_only_machines_answer_is_not_attached(app: Flask, question: OutboxMessage) -> None:
    take_in(app, letter(to=question.envelope_from, top=proved()))

    mail = the_mail()
    assert (mail.fate, mail.account_id, mail.answers_id) == (Fate.UNMATCHED, None, question.id)


def test_a_mail_of_ours_that_comes_back_is_a_loop(app: Flask, question: OutboxMessage) -> None:
    take_in(app, answer(question, X_Portal_Mail="7.forged"))

    assert (the_mail().fate, the_mail().topic_id) == (Fate.LOOP, question.topic_id)


def test_a_copy_for_the_archive_is_proof_and_is_not_kept(app: Flask, question: OutboxMessage) -> None:
    question.state = MailState.IN_DOUBT
    db.session.commit()

    take_in(app, f"Delivered-To: {question.archive_to}\r\n".encode() + question.raw)

    assert (question.state, mails()) == (MailState.ACCEPTED, [])
    with scope.every_agency(reason="deliveries are nobody's"):
        (arrival,) = db.session.scalars(select(Arrival))
        assert (arrival.fate, arrival.raw) == (Fate.LOOP, None)


def test_the_same_mail_again_is_a_duplicate_without_effect(
    app: Flask, question: OutboxMessage, heard: list[int]
) -> None:
    raw = answer(question)

    take_in(app, raw, b"X-Delivered: again\r\n" + raw)

    assert [mail.fate for mail in mails()] == [Fate.ATTACHED, Fate.DUPLICATE]
    assert heard == [mails()[0].id]


def test_a_copy_waits_until_the_first_was_judged(app: Flask, question: OutboxMessage) -> None:
    raw = answer(question)
    with scope.every_agency(reason="deliveries are nobody's"):
        first = jobs.arrivals.receive(jobs.Delivery("a", "main", raw))
        second = jobs.arrivals.receive(jobs.Delivery("b", "main", raw))
        db.session.commit()
        nudges = [work.Nudge("inbox.judge", None, (arrival.id,)) for arrival in (second, first, second)]

    for nudge in nudges:
        db.session.rollback()
        work.run(app, nudge)

    assert [mail.fate for mail in mails()] == [Fate.ATTACHED, Fate.DUPLICATE]


def test_what_the_mail_server_marks_as_spam_is_spam(app: Flask, account: Account) -> None:
    take_in(app, letter(top=["X-Spam-Flag: YES", TRACE]))

    assert (the_mail().fate, the_mail().why) == (Fate.SPAM, Why.SERVER_SAYS_SPAM)


def test_an_answer_is_never_spam(app: Flask, question: OutboxMessage) -> None:
    take_in(app, answer(question, top=["X-Spam-Flag: YES", *proved()]))

    assert the_mail().fate is Fate.ATTACHED


def test_a_mail_that_cannot_be_read_safely_is_unreadable(app: Flask, question: OutboxMessage) -> None:
    raw = answer(question, X_Filler="x" * 300_000)

    take_in(app, raw)

    assert (the_mail().fate, the_mail().raw) == (Fate.UNREADABLE, raw)


def test_a_mail_whose_judging_fails_again_and_again_is_left_to_a_person(
    app: Flask, question: OutboxMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_raw: bytes) -> Unpacked:
        raise RuntimeError

    monkeypatch.setattr(jobs, "unpack", fail)
    with scope.every_agency(reason="deliveries are nobody's"):
        arrival = jobs.arrivals.receive(jobs.Delivery("a", "main", answer(question)))
        db.session.commit()
        nudge = work.Nudge("inbox.judge", None, (arrival.id,))

    for _try in range(jobs.MOST_TRIES):
        db.session.rollback()
        with pytest.raises(RuntimeError):
            work.run(app, nudge)
    db.session.rollback()
    work.run(app, nudge)

    assert (the_mail().fate, the_mail().why) == (Fate.UNREADABLE, Why.GAVE_UP)


@pytest.mark.parametrize(("slow_reads", "fate"), [(1, Fate.ATTACHED), (2, Fate.UNREADABLE)])
def test_a_mail_that_takes_too_long_is_tried_once_more(
    app: Flask,
    question: OutboxMessage,
    monkeypatch: pytest.MonkeyPatch,
    slow_reads: int,
    fate: Fate,
) -> None:
    answers = [Unpacked(problem=Problem.TOO_SLOW)] * slow_reads
    unpack = jobs.unpack
    monkeypatch.setattr(jobs, "unpack", lambda raw: answers.pop() if answers else unpack(raw))

    take_in(app, answer(question))
    assert mails() == []
    with scope.every_agency(reason="deliveries are nobody's"):
        arrival = db.session.scalars(select(Arrival)).one()
        arrival.next_try_at = clock.now()
        db.session.commit()
        [nudge] = jobs.find_unjudged()
    db.session.rollback()
    work.run(app, nudge)

    assert the_mail().fate == fate


def test_what_nobody_owns_waits_for_whoever_runs_the_portal(app: Flask, agency: Agency) -> None:
    take_in(app, letter(), mailbox="unknown")

    with scope.every_agency(reason="deliveries are nobody's"):
        (arrival,) = db.session.scalars(select(Arrival))
        assert (arrival.fate, arrival.raw is None, ledger.take_stock().ownerless) == (
            Fate.UNMATCHED,
            False,
            1,
        )


def test_the_only_agency_gets_what_says_nothing_else(app: Flask) -> None:
    with scope.every_agency(reason="set-up"):
        only = Agency(name="Only")
        db.session.add(only)
        db.session.commit()
        only_id = only.id

    take_in(app, letter(), mailbox="unknown")

    with scope.agency(only_id):
        assert the_mail().fate is Fate.UNMATCHED


def test_files_are_kept_as_they_came(app: Flask, question: OutboxMessage) -> None:
    body = (
        "--=_b\r\nContent-Type: text/plain\r\n\r\nSee the list.\r\n"
        "--=_b\r\nContent-Type: text/csv\r\n"
        'Content-Disposition: attachment; filename="../people.csv"\r\n\r\nname\r\nAna\r\n--=_b--'
    )

    take_in(app, answer(question, body, Content_Type='multipart/mixed; boundary="=_b"'))

    (file,) = the_mail().attachments
    assert (file.name, file.content.split()) == ("people.csv", [b"name", b"Ana"])
    assert file.account_id == question.account_id


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    heard: list[int] = []
    monkeypatch.setitem(judging.LISTENERS, "accounts", "test.heard")
    monkeypatch.setitem(work.HANDLERS, "test.heard", heard.append)
    return heard


def test_judging_may_be_killed_anywhere_and_done_again(
    app: Flask, question: OutboxMessage, heard: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killing(step: Callable[..., object], *, after: bool) -> Callable[..., object]:
        def die(*given: object, **named: object) -> object:
            if after:
                step(*given, **named)
            raise Killed

        return die

    with scope.every_agency(reason="deliveries are nobody's"):
        arrival = jobs.arrivals.receive(jobs.Delivery("a", "main", answer(question)))
        db.session.commit()
        nudge = work.Nudge("inbox.judge", None, (arrival.id,))
    for place, name in ((jobs, "unpack"), (judging, "open_case"), (jobs, "read"), (judging, "conclude")):
        for after in (False, True):
            db.session.rollback()
            with monkeypatch.context() as patch:
                patch.setattr(place, name, killing(getattr(place, name), after=after))
                patch.setattr(jobs, "MOST_TRIES", 100)
                with pytest.raises(Killed):
                    work.run(app, nudge)
    db.session.rollback()
    monkeypatch.setattr(jobs, "MOST_TRIES", 100)

    for _time in range(2):
        work.run(app, nudge)
    app.extensions["jobs"].drain()

    assert ([mail.fate for mail in mails()], heard) == ([Fate.ATTACHED], [the_mail().id])


def test_everything_that_came_in_is_accounted_for(app: Flask, question: OutboxMessage) -> None:
    raw = answer(question)
    take_in(app, raw, b"X: 1\r\n" + raw, letter(), letter(top=["X-Spam-Flag: YES"]), bounce(question))
    take_in(app, letter(), mailbox="unknown")
    with scope.every_agency(reason="the sum is that of all agencies"):
        jobs.arrivals.receive(jobs.Delivery("late", "main", letter()))

        stock = ledger.take_stock()

    ended = {fate: count for fate, count in stock.fates.items() if count}
    assert ended == {
        Fate.ATTACHED: 1,
        Fate.DUPLICATE: 1,
        Fate.UNMATCHED: 2,
        Fate.SPAM: 1,
        Fate.BOUNCE: 1,
    }
    assert (stock.deliveries, stock.waiting, stock.ownerless, stock.adds_up) == (7, 1, 1, True)


def test_the_sweep_finds_what_was_stored_and_not_judged(app: Flask, agency: Agency) -> None:
    with scope.every_agency(reason="deliveries are nobody's"):
        arrival = jobs.arrivals.receive(jobs.Delivery("a", "main", letter()))
        db.session.commit()
        assert list(jobs.find_unjudged()) == [work.Nudge("inbox.judge", None, (arrival.id,))]
        arrival.state = ArrivalState.JUDGED
        assert list(jobs.find_unjudged()) == []


@pytest.mark.parametrize(
    ("text", "subject", "fate"),
    [
        ("\N{THUMBS UP SIGN}", "Re: Access", Fate.REACTION),
        ("", "Accepted: Access", Fate.CALENDAR),
        ("Sent from my iPhone", "Re: Access", Fate.NO_TEXT),
        ("-----BEGIN PGP MESSAGE-----\r\nhQEMA", "Re: Access", Fate.ENCRYPTED),
    ],
)
@pytest.mark.parametrize(("top", "why"), [(proved(), Why.PROVED), ((TRACE,), Why.NOT_PROVED)])
def test_a_mail_without_words_stands_where_it_belongs_as_what_it_is(
    app: Flask, question: OutboxMessage, text: str, subject: str, fate: Fate, top: tuple[str, ...], why: Why
) -> None:
    take_in(app, answer(question, text, subject=subject, top=top))

    mail = the_mail()
    assert (mail.fate, mail.why, mail.topic_id) == (fate, why, question.topic_id)


def test_a_mail_without_words_that_answers_nothing_of_ours_waits_for_a_person(
    app: Flask, account: Account
) -> None:
    take_in(app, letter("", top=proved()))

    assert (the_mail().fate, the_mail().account_id) == (Fate.UNMATCHED, None)


def test_a_complaint_keeps_us_from_writing_to_that_address(app: Flask, question: OutboxMessage) -> None:
    question.state = MailState.ACCEPTED
    db.session.commit()
    raw = complaint().replace(b"To: reply+x@portal.example", f"To: {question.envelope_from}".encode(), 1)

    take_in(app, raw)

    assert (the_mail().fate, the_mail().answers_id) == (Fate.COMPLAINT, question.id)
    assert [row.address for row in db.session.scalars(select(SuppressedAddress))] == ["anna@maple.example"]
