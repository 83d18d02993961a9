"""That somebody is to get no access: only where nothing in the sentence takes it back."""

from typing import Final

from portal.replies.clauses import Clause
from portal.replies.cues import cue

_TAKEN_BACK: Final = ("question", "stays", "remote_if", "lacks")  # anywhere in the sentence


def refused_at(clause: Clause) -> int | None:
    """The word where a part of a sentence refuses access as such; None where it does not, or is in doubt."""
    sentence = clause.segment.sentence
    language = clause.language
    if sentence.is_question or clause.others or clause.says("past") or clause.says("no_change"):
        return None
    words = cue("the_crm").sub(lambda found: "x" * len(found.group()), clause.words)
    found = cue("declined", language).search(clause.words) or cue("declined", language).search(words)
    if not found:
        return _nothing(clause)
    behind = cue("polite", language).sub(" ", words[found.start() :])
    rest = sentence.words[sentence.words.find(clause.words) + len(clause.words) :]
    if _partly(behind, language) or _partly(_until_full(rest), language):
        return None
    if any(cue(topic, language).search(sentence.words) for topic in _TAKEN_BACK):
        return None
    left_a_job = clause.roles and not cue("access_named").search(clause.words)  # "she left sales"
    if left_a_job or cue("somebody_else", language).search(clause.words):
        return None
    return clause.words.count(" ", 0, found.start())


def points_back(clause: Clause, place: int) -> bool:
    """Tell whether a refusal without a name is about whom the words before spoke of."""
    before = clause.words.split(" ")[:place]
    if any(cue("strong_pronoun").fullmatch(word) for word in before):
        return True
    topics = ("filler", "not", "gets")
    return all(any(cue(topic).fullmatch(word) for topic in topics) for word in before)


def _nothing(clause: Clause) -> int | None:
    """The word "nothing", where access is named beside it or nothing but a name is."""
    found = clause.segment.says("nothing", clause.language)
    if not found or clause.says("polite"):
        return None
    named = {at for person in clause.people for at in range(person.start, person.end)}
    rest = [token.folded for at, token in enumerate(clause.segment.tokens) if at not in named]
    is_for_somebody = bool(clause.people) or clause.segment.sign in {":", ","}  # "Ben: nothing"
    topics: tuple[str, ...] = ("nothing", "nothing_fits")
    if cue("access_named").search(clause.words):  # "knows nothing about HubSpot" is none
        topics, is_for_somebody = (
            (*topics, "filler", "gets", "strong_pronoun", "has_to_do", "access_named"),
            True,
        )
    fits = all(any(cue(topic).fullmatch(word) for topic in topics) for word in rest)
    return clause.segment.places(found)[0] if fits and is_for_somebody else None


def _partly(words: str, language: str) -> bool:
    return bool(cue("partly", language).search(words))


def _until_full(words: str) -> str:
    """What follows is only looked at as far as "but", "until" and their like take something back."""
    return " ".join(word for word in words.split(" ") if cue("takes_back").fullmatch(word))
