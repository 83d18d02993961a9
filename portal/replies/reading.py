"""What a mail that was taken apart says, inside the child."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from portal.replies.absences import away_until
from portal.replies.cutting import Cut, cut
from portal.replies.facts import AskedPerson, Question, Reading, Unpacked, Verdict, Wish
from portal.replies.judging import judge, sounds_automatic
from portal.replies.markup import plain_text
from portal.replies.people import Findings, find_people
from portal.replies.tokens import tokens_of
from portal.replies.wordless import calendar_answer, is_unreadable, reaction, says_nothing

_CERTAIN: Final = frozenset({Verdict.LOOP, Verdict.COMPLAINT, Verdict.BOUNCE})  # whatever else they say


def read(mail: Unpacked, question: Question) -> Reading:
    """Say what a mail is and what it answers."""
    verdict, why = judge(mail, question.sent)
    if verdict in _CERTAIN:
        return _not_an_answer(mail, verdict, why)
    found = cut(mail.text, mail.html, question.sent)
    nothing_said = _without_words(mail, found, verdict)
    if nothing_said is not None:
        return nothing_said
    if verdict is not Verdict.ANSWER:
        return _not_an_answer(mail, verdict, why)
    on = (mail.sent_at or datetime.now(UTC)).date()
    findings = find_people(found.answer, question, on)
    sign = sounds_automatic(found.answer)
    if sign and not _speaks_of(question.asked, found.answer, findings):
        return _not_an_answer(mail, Verdict.AUTO_REPLY, f"it says: {sign}")
    return Reading(
        verdict,
        why,
        found.answer,
        found.rest,
        found.by,
        found.confidence,
        people=findings.people,
        job_roles=findings.job_roles,
        nobody=findings.nobody,
        also_remove=findings.also_remove,
        first_day=findings.first_day,
    )


def _without_words(mail: Unpacked, found: Cut, verdict: Verdict) -> Reading | None:
    """Say what a mail is in which nothing is said to read; None where there is.

    A reaction and an answer to an invitation are sent by programs, too, and are no automatic replies.
    """
    parted = Reading(
        verdict, answer=found.answer, rest=found.rest, cut_by=found.by, confidence=found.confidence
    )
    emoji, calendar = reaction(mail, found.answer), calendar_answer(mail, found.answer)
    if emoji is not None:
        return replace(parted, verdict=Verdict.REACTION, why="all it holds is an emoji", emoji=emoji)
    if calendar:
        return replace(parted, verdict=Verdict.CALENDAR, why="answers an invitation", calendar=calendar)
    if verdict is Verdict.AUTO_REPLY:
        return None
    if is_unreadable(mail, found.answer):
        return replace(parted, verdict=Verdict.ENCRYPTED, why="what it says is encrypted")
    if says_nothing(mail, found.answer, found.by):
        return replace(parted, verdict=Verdict.NO_TEXT, why="nothing in it is its own text")
    return None


def _not_an_answer(mail: Unpacked, verdict: Verdict, why: str) -> Reading:
    text = mail.text or plain_text(mail.html)
    until = _away(mail, text) if verdict is Verdict.AUTO_REPLY else None
    return Reading(verdict, why, rest=text, away_until=until, bounce=mail.bounce)


def _speaks_of(asked: Sequence[AskedPerson], answer: str, findings: Findings) -> bool:
    """Tell whether it says, of somebody we asked about and by name, what they are to get."""
    said = {token.folded for token in tokens_of(answer)}
    return any(
        person.asked is not None
        and person.wish is not Wish.UNCLEAR
        and any(token.folded in said for token in tokens_of(asked[person.asked].name))
        for person in findings.people
    )


def _away(mail: Unpacked, text: str) -> date | None:
    on = (mail.sent_at or datetime.now(UTC)).date()
    return away_until(f"{mail.subject}\n{text}", on, language=mail.language)
