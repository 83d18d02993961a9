"""What a job role looks like in an account, by name: offered to a person, never used by itself."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from portal.job_roles.actions import Choice
from portal.job_roles.meanings import Target, Targets
from portal.job_roles.models import JobRole

HALF: Final = 0.5

_WORDS = re.compile(r"[^\W_]+")


def likely_choice(job_role: JobRole, targets: Targets) -> Choice | None:
    """Return the targets whose names share at least half their words with the job role's, or None.

    Two that are alike equally well cancel each other out.
    """
    phrases = [_words(text) for text in (job_role.key, *(text.name for text in job_role.texts))]
    seat, permission_set, team = (
        _likeliest(phrases, known) for known in (targets.seats, targets.permission_sets, targets.teams)
    )
    if not (seat or permission_set or team):
        return None
    return Choice([seat] if seat else [], permission_set, team)


def _likeliest(phrases: Iterable[frozenset[str]], known: Mapping[str, Target]) -> str | None:
    ranked = sorted(
        ((max(_likeness(phrase, _words(target.name)) for phrase in phrases), target.id))
        for target in known.values()
    )
    if not ranked or ranked[-1][0] < HALF:
        return None
    is_tie = len(ranked) > 1 and ranked[-2][0] == ranked[-1][0]
    return None if is_tie else ranked[-1][1]


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(text.casefold()))
