"""Keeping the agency's job roles, and saying what each means in an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock, ids
from portal.core.db import db
from portal.core.errors import NotNow
from portal.core.texts import LANGUAGES
from portal.job_roles import queries
from portal.job_roles.catalogue import ShippedJobRole, shipped_job_role
from portal.job_roles.models import JobRole, JobRoleMapping, JobRoleText

MAX_KEY = 40


@dataclass(frozen=True, slots=True)
class Wording:
    """A job role as a client reads it, in one language."""

    name: str
    description: str
    can_do: Sequence[str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a job role is to mean in an account, by the CRM's own ids."""

    seats: Sequence[str] = ()
    permission_set_id: str | None = None
    primary_team_id: str | None = None
    secondary_team_ids: Sequence[str] = ()


def copy_shipped_job_roles() -> None:
    """Give the agency the job roles every agency starts with; those it has already stay as they are."""
    taken = set(queries.job_role_keys())
    for place, shipped in enumerate(ShippedJobRole, start=1):
        if shipped in taken:
            continue
        is_admin = shipped is ShippedJobRole.ADMINISTRATOR
        job_role = JobRole(key=str(shipped), place=place, is_admin=is_admin)
        for language in LANGUAGES:
            text = shipped_job_role(shipped, language)
            _put_text(job_role, language, Wording(text.name, text.description, text.can_do))
        db.session.add(job_role)
    db.session.flush()


def add_job_role(language: str, wording: Wording, by: Member, *, is_admin: bool = False) -> JobRole:
    """Add a job role of the agency's own, at the end and in one language to begin with."""
    job_role = JobRole(key=_free_key(wording.name), place=queries.last_place() + 1, is_admin=is_admin)
    _put_text(job_role, language, wording)
    db.session.add(job_role)
    trail.record(by, "job_role.added", job_role)
    return job_role


def change_job_role(
    job_role: JobRole, language: str, wording: Wording, by: Member, *, is_admin: bool
) -> None:
    """Change a job role's text in one language, and whether it is confirmed with special care."""
    _put_text(job_role, language, wording)
    job_role.is_admin = is_admin
    trail.record(by, "job_role.changed", job_role, language=language, is_admin=is_admin)


def move_up(job_role: JobRole, by: Member) -> None:
    """Move a job role one place up, in the list and on the answer page."""
    if job_role.ended_at is not None:
        raise NotNow
    order = list(queries.job_roles())
    position = order.index(job_role)
    if position:
        order[position - 1 : position + 1] = [job_role, order[position - 1]]
    for place, moved in enumerate(order, start=1):
        moved.place = place
    trail.record(by, "job_role.moved", job_role, place=job_role.place)


def end_job_role(job_role: JobRole, by: Member) -> None:
    """Offer a job role no longer; what was asked with it before stays readable."""
    if job_role.ended_at is not None:
        raise NotNow
    job_role.ended_at = clock.now()
    trail.record(by, "job_role.ended", job_role)


def restore_job_role(job_role: JobRole, by: Member) -> None:
    """Offer an ended job role again, at the end of the list."""
    if job_role.ended_at is None:
        raise NotNow
    job_role.ended_at, job_role.place = None, queries.last_place() + 1
    trail.record(by, "job_role.restored", job_role)


def map_job_role(account: Account, job_role: JobRole, choice: Choice, by: Member) -> JobRoleMapping:
    """Say what a job role means in an account."""
    mapping = queries.find_mapping(job_role, account)
    if mapping is None:
        mapping = JobRoleMapping(account_id=account.id, job_role_id=job_role.id)
        db.session.add(mapping)
    further = dict.fromkeys(team for team in choice.secondary_team_ids if team != choice.primary_team_id)
    mapping.seats = list(dict.fromkeys(choice.seats))
    mapping.permission_set_id = choice.permission_set_id or None
    mapping.primary_team_id = choice.primary_team_id or None
    mapping.secondary_team_ids = list(further)
    mapping.names = _names(account, mapping)
    chosen = sorted(mapping.names.values())
    trail.record(by, "job_role.mapped", account, job_role=job_role.name, targets=chosen)
    return mapping


def clear_mapping(account: Account, job_role: JobRole, by: Member) -> None:
    """Take back what a job role means in an account; it is shown as not mapped."""
    mapping = queries.find_mapping(job_role, account)
    if mapping is None:
        raise NotNow
    db.session.delete(mapping)
    trail.record(by, "job_role.unmapped", account, job_role=job_role.name)


def _names(account: Account, mapping: JobRoleMapping) -> dict[str, str]:
    """Return what the chosen targets are called now."""
    targets = queries.targets_of(account)
    teams = [mapping.primary_team_id, *mapping.secondary_team_ids]
    chosen = (
        ("seat", targets.seats, mapping.seats),
        ("permission_set", targets.permission_sets, [mapping.permission_set_id]),
        ("team", targets.teams, teams),
    )
    return {
        f"{kind}:{target_id}": known[target_id].name
        for kind, known, wanted in chosen
        for target_id in wanted
        if target_id and target_id in known
    }


def _put_text(job_role: JobRole, language: str, wording: Wording) -> None:
    text = next((text for text in job_role.texts if text.language == language), None)
    if text is None:
        text = JobRoleText(language=language)
        job_role.texts.append(text)
    text.name, text.description, text.can_do = wording.name, wording.description, list(wording.can_do)


def _free_key(name: str) -> str:
    """Return a key nobody has yet, made from the name; an ended job role keeps its own."""
    taken = set(queries.job_role_keys())
    stem = ids.slug(name).replace("-", "_")[: MAX_KEY - 4]
    keys = (stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3)))
    return next(key for key in keys if key not in taken)
