"""Job roles found in what a client wrote: by their names, by what people call them, and with small slips."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from rapidfuzz import fuzz, process

from portal.replies.cues import plain, role_cues
from portal.replies.facts import JobRoleWords
from portal.replies.tokens import Token, tokens_of

ADMINISTRATOR: Final = "administrator"

_FILE: Final = Path(__file__).with_name("job_roles.toml")
_BY_NAME: Final = 0.9
_BY_SYNONYM: Final = 0.8
_LOOSELY: Final = 0.45
_WITH_SLIP: Final = 0.6  # at most, when the words are spelt a little differently
_ALIKE: Final = 87.0  # of 100
_SLIPS_FROM: Final = 6  # letters; in shorter words a slip is another word
_MOST_WORDS: Final = 6
_VAGUE: Final = ("cell", "loose")


@dataclass(frozen=True, slots=True)
class RoleMention:
    """A job role at a place: the tokens from ``start`` to before ``end``."""

    key: str
    start: int
    end: int
    confidence: float


class RoleFinder:
    """Knows the job roles that may be meant, and all they are called.

    The administrator of the portal's own job roles is left out of ``everything``: it takes more than a word.
    """

    def __init__(self, job_roles: Sequence[JobRoleWords]) -> None:
        self._phrases: dict[tuple[str, ...], dict[str, float]] = {}
        self._cells: set[tuple[str, ...]] = set()  # what is clear in a column of job roles only
        self.keys = tuple(job_role.key for job_role in job_roles)
        for job_role in job_roles:
            self._add(job_role.key, job_role.names, _BY_NAME)
            for kind, names in _synonyms(job_role.key):
                self._add(job_role.key, names, _LOOSELY if kind == "loose" else _BY_SYNONYM)
                self._cells |= {_phrase(name) for name in names} if kind in _VAGUE else set()
            self._cells -= {_phrase(name) for name in job_role.names}
        self._joined = {" ".join(phrase): phrase for phrase in self._phrases}

    def everything(self, tokens: Sequence[Token]) -> list[RoleMention]:
        """Return what speaks for job roles: their names, and what people write of such work.

        Of words that overlap, the longest count.
        """
        words = plain(tokens)
        named = (mention for mention in self.mentions(tokens) if mention.key != ADMINISTRATOR)
        found = [mention for mention in named if not self._is_vague(tokens[mention.start : mention.end])]
        for key in self.keys:
            for confidence, cues in role_cues(key):
                for match in cues.finditer(words):
                    start = words.count(" ", 0, match.start())
                    found.append(RoleMention(key, start, start + match.group().count(" ") + 1, confidence))
        found.sort(key=lambda one: (one.start - one.end, -one.confidence))
        return _apart(found)

    def mentions(self, tokens: Sequence[Token]) -> list[RoleMention]:
        """Return every job role that is named, the longest words first where several fit."""
        found: list[RoleMention] = []
        at = 0
        while at < len(tokens):
            here = self._exactly(tokens, at) or self._nearly(tokens, at)
            found.extend(here)
            at = here[0].end if here else at + 1
        return found

    def _is_vague(self, tokens: Sequence[Token]) -> bool:
        return tuple(token.folded for token in tokens) in self._cells

    def _exactly(self, tokens: Sequence[Token], at: int) -> list[RoleMention]:
        for count in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
            keys = self._phrases.get(tuple(token.folded for token in tokens[at : at + count]))
            if keys:
                return _shared(keys, at, at + count)
        return []

    def _nearly(self, tokens: Sequence[Token], at: int) -> list[RoleMention]:
        for count in (2, 1):
            window = tokens[at : at + count]
            text = " ".join(token.folded for token in window)
            if len(window) < count or len(text) < _SLIPS_FROM:
                continue
            hit = process.extractOne(text, self._joined.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE)
            if hit and len(self._joined[hit[0]]) == count and len(hit[0]) >= _SLIPS_FROM:
                keys = {
                    key: min(sure, _WITH_SLIP) for key, sure in self._phrases[self._joined[hit[0]]].items()
                }
                return _shared(keys, at, at + count)
        return []

    def _add(self, key: str, names: Iterable[str], confidence: float) -> None:
        for name in names:
            phrase = _phrase(name)
            if phrase:
                keys = self._phrases.setdefault(phrase, {})
                keys[key] = max(confidence, keys.get(key, 0))


def _apart(found: Sequence[RoleMention]) -> list[RoleMention]:
    """Those that do not overlap an earlier one; two keys may share the very same words."""
    kept: list[RoleMention] = []
    taken: dict[int, tuple[int, int]] = {}
    for one in found:
        place = (one.start, one.end)
        if all(taken.get(at, place) == place for at in range(*place)):
            same = [known for known in kept if (known.start, known.end) == place]
            if same and (one.key in {known.key for known in same} or one.confidence < same[0].confidence):
                continue
            kept.append(one)
            taken.update(dict.fromkeys(range(*place), place))
    return sorted(kept, key=lambda one: one.start)


def _shared(keys: dict[str, float], start: int, end: int) -> list[RoleMention]:
    """One that is clearly surer stands alone; several that are alike share what there is."""
    best = max(keys.values())
    likely = [key for key, confidence in keys.items() if confidence == best]
    return [RoleMention(key, start, end, best / len(likely)) for key in likely]


def _phrase(name: str) -> tuple[str, ...]:
    return tuple(token.folded for token in tokens_of(name))


@cache
def _synonyms(key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    listed = tomllib.loads(_FILE.read_text(encoding="utf-8")).get(key, {})
    return tuple((kind, tuple(names)) for kind, names in listed.items())
