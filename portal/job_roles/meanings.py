"""What a job role means in one account: the chosen targets, and whether the CRM still has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from portal.core.texts import Text, _l
from portal.job_roles.models import JobRole, JobRoleMapping


class Presence(StrEnum):
    """Whether the CRM has what was chosen."""

    THERE = "there"
    VANISHED = "vanished"
    UNCHECKED = "unchecked"  # the portal cannot read any of this kind in the account


@dataclass(frozen=True, slots=True)
class Target:
    """A seat, permission set or team of the account; a seat's id is its name."""

    id: str
    name: str
    presence: Presence = Presence.THERE
    remaining: int | None = None  # seats; None where the CRM does not say
    costs_seat: bool = False  # permission sets

    @property
    def problem(self) -> Text | None:
        """What a person must look at before this can be used, or None."""
        if self.presence is Presence.VANISHED:
            return _l("vanished: '%(name)s' is gone from the CRM", name=self.name)
        if self.presence is Presence.UNCHECKED:
            return _l(
                "not checked: the portal cannot read whether the CRM still has '%(name)s'", name=self.name
            )
        return None


@dataclass(frozen=True, slots=True)
class Targets:
    """Everything in an account that a job role can be mapped to, by id and in the order to show."""

    seats: Mapping[str, Target] = field(default_factory=dict)
    permission_sets: Mapping[str, Target] = field(default_factory=dict)
    teams: Mapping[str, Target] = field(default_factory=dict)
    offers_sets: bool = True  # False where the account's tier has no permission sets that an API could set

    def __bool__(self) -> bool:
        return bool(self.seats or self.permission_sets or self.teams) or not self.offers_sets


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a job role stands for in an account; nothing in it is ever guessed."""

    job_role: JobRole
    is_mapped: bool = False
    seats: tuple[Target, ...] = ()
    permission_set: Target | None = None
    primary_team: Target | None = None
    further_teams: tuple[Target, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """Everything chosen."""
        single = tuple(target for target in (self.permission_set, self.primary_team) if target)
        return (*self.seats, *single, *self.further_teams)

    @property
    def vanished(self) -> tuple[Target, ...]:
        """What was chosen and is gone from the CRM."""
        return tuple(target for target in self.targets if target.presence is Presence.VANISHED)

    @property
    def problems(self) -> tuple[Text, ...]:
        """What a person must look at before this can be used, in words; empty if nothing."""
        if not self.is_mapped:
            return (NOT_MAPPED,)
        return tuple(target.problem for target in self.targets if target.problem)


NOT_MAPPED: Final = _l("not mapped in this account")


def meaning(job_role: JobRole, mapping: JobRoleMapping | None, targets: Targets) -> Meaning:
    """Put a mapping and what the account has together."""
    if mapping is None:
        return Meaning(job_role)
    names = mapping.names

    def one(kind: str, known: Mapping[str, Target], target_id: str) -> Target:
        if target_id in known:
            return known[target_id]
        is_gone = known or (kind == "permission_set" and not targets.offers_sets)
        presence = Presence.VANISHED if is_gone else Presence.UNCHECKED
        return Target(target_id, names.get(f"{kind}:{target_id}", target_id), presence)

    def some(kind: str, known: Mapping[str, Target], ids: Iterable[str | None]) -> tuple[Target, ...]:
        return tuple(one(kind, known, target_id) for target_id in ids if target_id)

    permission_set = some("permission_set", targets.permission_sets, [mapping.permission_set_id])
    primary_team = some("team", targets.teams, [mapping.primary_team_id])
    return Meaning(
        job_role,
        is_mapped=True,
        seats=some("seat", targets.seats, mapping.seats),
        permission_set=permission_set[0] if permission_set else None,
        primary_team=primary_team[0] if primary_team else None,
        further_teams=some("team", targets.teams, mapping.secondary_team_ids),
    )
