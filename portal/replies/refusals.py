"""That somebody is to get no access: only where nothing in the sentence takes it back."""

from portal.replies.clauses import Clause
from portal.replies.cues import cue


def refused_at(clause: Clause) -> int | None:
    """The word where a part of a sentence refuses access as such; None where it does not, or is in doubt."""
    sentence = clause.segment.sentence
    language = clause.language
    if sentence.is_question or clause.others or clause.says("past"):
        return None
    words = cue("the_crm").sub(lambda found: "x" * len(found.group()), clause.words)
    found = cue("declined", language).search(clause.words) or cue("declined", language).search(words)
    if not found:
        return None
    behind = cue("polite", language).sub(" ", words[found.start() :])
    rest = sentence.words[sentence.words.find(clause.words) + len(clause.words) :]
    if _partly(behind, language) or _partly(_until_full(rest), language):
        return None
    if any(cue(topic, language).search(sentence.words) for topic in ("question", "stays", "remote_if")):
        return None
    if cue("somebody_else", language).search(clause.words):
        return None
    return clause.words.count(" ", 0, found.start())


def _partly(words: str, language: str) -> bool:
    return bool(cue("partly", language).search(words))


def _until_full(words: str) -> str:
    """What follows is only looked at as far as "but", "until" and their like take something back."""
    return " ".join(word for word in words.split(" ") if cue("takes_back").fullmatch(word))
