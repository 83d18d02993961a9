"""What a mail that came in is: judged once, written down with what that rests on, and made known."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import current_app
from sqlalchemy import select

from portal.agencies import scope
from portal.config import Settings
from portal.core import clock
from portal.core.db import db
from portal.core.email_addresses import canonical
from portal.inbox import matching
from portal.inbox.authentication import Proof, Receiver, proof_of
from portal.inbox.envelope import headers_of
from portal.inbox.matching import Match, Trace
from portal.inbox.models import Arrival, InboundAttachment, InboundMail
from portal.inbox.states import LISTENERS, WORDLESS, ArrivalState, Fate, Why
from portal.jobs import work
from portal.mail import evidence
from portal.mail.evidence import Report
from portal.mail.models import OutboxMessage
from portal.mail.reading import read_mail
from portal.mail.states import Event
from portal.replies.facts import Problem, Reading, Sent, Unpacked, Verdict
from portal.replies.wire import READING

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SAME_IN_COPIES: Final = (
    *("account_id", "contact_id", "answers_id", "topic_kind", "topic_id"),
    *("sender_name", "sender", "subject"),
)
_BY_MACHINES: Final = (Fate.BOUNCE, Fate.COMPLAINT, Fate.AUTO_REPLY)
_BY_VERDICT: Final = {
    Verdict.LOOP: Fate.LOOP,
    Verdict.COMPLAINT: Fate.COMPLAINT,
    Verdict.BOUNCE: Fate.BOUNCE,
    Verdict.AUTO_REPLY: Fate.AUTO_REPLY,
}
_WITHOUT_WORDS: Final = {
    Verdict.REACTION: Fate.REACTION,
    Verdict.CALENDAR: Fate.CALENDAR,
    Verdict.NO_TEXT: Fate.NO_TEXT,
    Verdict.ENCRYPTED: Fate.ENCRYPTED,
}
_HEARD: Final = (Fate.ATTACHED, Fate.AUTO_REPLY, *WORDLESS)  # what the room of its record hears of
_SPAM_MARKS: Final = {"x-spam-flag": "yes", "x-spam-status": "yes", "x-spam": "yes"}


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of a delivery before it is judged, and what it is read against."""

    headers: Sequence[tuple[str, str]]
    trace: Trace
    unpacked: Unpacked
    match: Match
    sent: Sent | None
    proof: Proof

    @property
    def sender(self) -> str:
        """The one address it claims to come from, or nothing."""
        return self.unpacked.author[0].address if len(self.unpacked.author) == 1 else ""


def open_case(arrival: Arrival, raw: bytes, unpacked: Unpacked) -> Case:
    """Look up where a mail belongs, and whether its sender is proved; reads only, in every agency."""
    headers = headers_of(raw)
    named = [*unpacked.in_reply_to, *unpacked.references]
    trace = matching.trace_of(headers, arrival.recipients, named)
    found = matching.match(trace)
    sent = sent_as_read(found.mail) if found.mail is not None else None
    sender = unpacked.author[0].address if len(unpacked.author) == 1 else ""
    return Case(headers, trace, unpacked, found, sent, proof_of(headers, sender, _receiver()))


def conclude(case: Case, arrival: Arrival, reading: Reading) -> InboundMail | None:
    """Write down what a mail is, and make it known; ``arrival`` is locked and waits.

    None where nothing becomes of it: a copy that was only proof, or a mail that is no agency's.
    """
    if evidence.note_archived(case.unpacked.own_id, case.unpacked.message_id, arrival.received_at):
        _end(arrival, Fate.LOOP)
        arrival.raw = None  # it holds links, and the outbox has it
        return None
    _note_bounce(case, arrival, reading)
    _note_complaint(case, arrival, reading)
    owner = matching.find_owner(case.match, arrival.mailbox)
    if owner is None:
        _end(arrival, Fate.UNMATCHED)
        return None
    with scope.agency(owner):
        mail = _write(case, arrival, reading)
        db.session.flush()
        if mail.fate in _HEARD:
            tell_listener(mail)
    return mail


def conclude_copy(arrival: Arrival, first: Arrival) -> None:
    """Write down that a mail was here already, beside the first of it; ``first`` was judged."""
    statement = select(InboundMail).where(InboundMail.arrival_id == first.id)
    known = db.session.scalars(statement).one_or_none()
    if known is None:
        _end(arrival, Fate.DUPLICATE)
        arrival.raw = None if first.raw is None else arrival.raw
        return
    facts: dict[str, Any] = {name: getattr(known, name) for name in _SAME_IN_COPIES}
    with scope.agency(known.agency_id):
        _store(arrival, InboundMail(**facts, fate=Fate.DUPLICATE))
        db.session.flush()


def give_up(arrival: Arrival) -> None:
    """Stop trying to judge a mail; a person finds it among the unreadable ones."""
    raw = arrival.raw or b""
    found = matching.match(matching.trace_of(headers_of(raw), arrival.recipients, ()))
    owner = matching.find_owner(found, arrival.mailbox)
    if owner is None:
        _end(arrival, Fate.UNREADABLE)
        return
    with scope.agency(owner):
        _store(arrival, InboundMail(fate=Fate.UNREADABLE, why=Why.GAVE_UP))
        db.session.flush()


def _fate(case: Case, arrival: Arrival, reading: Reading) -> tuple[Fate, Why | None]:
    """Loop, complaint, bounce, automatic reply, answer, in this order; what nobody proved has no effect."""
    if arrival.is_cut or case.unpacked.problem is Problem.TOO_LARGE:
        return Fate.UNREADABLE, Why.TOO_LARGE
    if reading.verdict is Verdict.UNREADABLE:
        return Fate.UNREADABLE, Why.UNREADABLE
    if reading.verdict in _BY_VERDICT:
        is_proved = reading.verdict is Verdict.AUTO_REPLY and case.proof.is_proved
        return _BY_VERDICT[reading.verdict], Why.PROVED if is_proved and _is_from_a_contact(case) else None
    fate, why = _fate_of_answer(case)
    stands_at_a_record = fate in {Fate.ATTACHED, Fate.UNCONFIRMED}
    return (_WITHOUT_WORDS.get(reading.verdict, fate) if stands_at_a_record else fate), why


def _fate_of_answer(case: Case) -> tuple[Fate, Why | None]:
    if not case.match.is_sure or case.match.for_machines:
        is_spam = case.match.mail is None and _is_marked_as_spam(case)
        return (Fate.SPAM, Why.SERVER_SAYS_SPAM) if is_spam else (Fate.UNMATCHED, case.match.why)
    if case.match.mail is None or case.match.mail.topic_id is None:
        return Fate.UNMATCHED, Why.SEVERAL
    if not _is_from_a_contact(case):
        return Fate.UNCONFIRMED, Why.NOT_A_CONTACT
    return (Fate.ATTACHED, Why.PROVED) if case.proof.is_proved else (Fate.UNCONFIRMED, Why.NOT_PROVED)


def _is_from_a_contact(case: Case) -> bool:
    mail = case.match.mail
    return mail is not None and matching.find_contact(mail, case.sender) is not None


def _write(case: Case, arrival: Arrival, reading: Reading) -> InboundMail:
    fate, why = _fate(case, arrival, reading)
    unpacked, answered = case.unpacked, case.match.mail
    author = unpacked.author[0] if unpacked.author else None
    is_at_home = case.match.is_sure and (not case.match.for_machines or fate in _BY_MACHINES)
    mail = InboundMail(
        fate=fate,
        why=why or "",
        proof=case.proof.words,
        sender_name=_storable(author.name if author else "", 200),
        sender=_storable(canonical(author.address) if author else "", 254),
        subject=_storable(unpacked.subject, 300),
        text=_storable(reading.answer),
        rest=_storable(reading.rest),
        html=_storable(unpacked.html),
        has_html=bool(unpacked.html),
        reading=READING.dump_python(reading, mode="json"),
        written_at=unpacked.sent_at,
        answers_id=answered.id if answered is not None else None,
    )
    if answered is not None and is_at_home and (fate is not Fate.UNMATCHED or why is Why.SEVERAL):
        stand_at(mail, answered)
    _store(arrival, mail)
    for place, file in enumerate(unpacked.attachments):
        name = _storable(file.name, 200)
        mail.attachments.append(
            InboundAttachment(
                account_id=mail.account_id, place=place, name=name, size=file.size, content=file.content
            )
        )
    return mail


def tell_listener(mail: InboundMail) -> None:
    """Let the room hear of it whose record the mail stands at."""
    if mail.topic_kind in LISTENERS:
        mail.untaken_since = clock.now()
        work.enqueue(LISTENERS[mail.topic_kind], mail.id)


def stand_at(mail: InboundMail, answered: OutboxMessage) -> None:
    """Let a mail stand where the mail of ours stands that it answers."""
    mail.answers_id, mail.account_id = answered.id, answered.account_id
    mail.topic_kind, mail.topic_id = answered.topic_kind, answered.topic_id
    contact = matching.find_contact(answered, mail.sender)
    mail.contact_id = contact.id if contact else None
    for file in mail.attachments:
        file.account_id = answered.account_id


def stand_nowhere(mail: InboundMail) -> None:
    """Take a mail away from where it stood; which mail of ours it may answer stays as a suggestion."""
    mail.account_id, mail.contact_id, mail.untaken_since = None, None, None
    mail.topic_kind, mail.topic_id = "", None
    for file in mail.attachments:
        file.account_id = None


def _store(arrival: Arrival, mail: InboundMail) -> None:
    """Let the delivery become a mail; its bytes move along."""
    mail.arrival_id, mail.received_at, mail.raw = arrival.id, arrival.received_at, arrival.raw or b""
    arrival.state, arrival.raw = ArrivalState.JUDGED, None
    db.session.add(mail)


def _end(arrival: Arrival, fate: Fate) -> None:
    arrival.state, arrival.fate = ArrivalState.JUDGED, fate


def _note_bounce(case: Case, arrival: Arrival, reading: Reading) -> None:
    """Tell the outbox of a mail that came back, once for each address it was sent from."""
    bounce = reading.bounce or case.unpacked.bounce
    if reading.verdict is not Verdict.BOUNCE or bounce is None:
        return
    words = " ".join(f"{bounce.status} {bounce.diagnostic}".split())
    event = Event.BOUNCED if bounce.is_final else Event.DELAYED
    key = _key(case, arrival)
    for address in case.trace.senders:
        for speaks_of in bounce.addresses or ("",):
            evidence.note_bounce(
                address, Report(event, key, arrival.received_at, words, bounce.is_final, speaks_of)
            )


def _note_complaint(case: Case, arrival: Arrival, reading: Reading) -> None:
    """Tell the outbox that the receiver of a mail does not want our mails."""
    if reading.verdict is Verdict.COMPLAINT:
        for address in case.trace.senders:
            evidence.note_bounce(address, Report(Event.COMPLAINED, _key(case, arrival), arrival.received_at))


def _key(case: Case, arrival: Arrival) -> str:
    return hashlib.sha256((case.unpacked.message_id or str(arrival.id)).encode()).hexdigest()


def _is_marked_as_spam(case: Case) -> bool:
    return any(
        value.lower().startswith(_SPAM_MARKS[name]) for name, value in case.headers if name in _SPAM_MARKS
    )


def sent_as_read(mail: OutboxMessage) -> Sent:
    """Return a mail of ours as its receiver read it, to read the answer against."""
    read = read_mail(mail.raw)
    own = (_settings().mail_from,)
    return Sent(read.text, read.html, mail.subject, mail.language, mail.message_id, own)


def _storable(text: str, most: int | None = None) -> str:
    return _UNSTORABLE.sub("\ufffd", text)[:most]


def _receiver() -> Receiver:
    return Receiver(_settings().inbound_authserv_id, _settings().inbound_hops)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
