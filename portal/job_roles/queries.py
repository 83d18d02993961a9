"""Reading job roles, their texts, and what they mean in an account."""

from collections.abc import Sequence

from sqlalchemy import func, select

from portal.accounts.models import Account
from portal.core.db import db
from portal.core.errors import NotFound
from portal.crm.connections import is_not_offered
from portal.crm.protocol import Capability
from portal.crm.queries import find_connection
from portal.job_roles.meanings import Meaning, Target, Targets, meaning
from portal.job_roles.models import JobRole, JobRoleMapping, JobRoleText
from portal.users.models import PermissionSet, Seat, Team

FALLBACK = "en"


def job_roles(*, with_ended: bool = False) -> Sequence[JobRole]:
    """Return the agency's job roles in their order, with their texts; two statements."""
    statement = select(JobRole).order_by(JobRole.place, JobRole.id)
    if not with_ended:
        statement = statement.where(JobRole.ended_at.is_(None))
    return db.session.scalars(statement).all()


def get_job_role(key: str) -> JobRole:
    """Return one job role, ended or not, or raise ``NotFound``."""
    job_role = db.session.scalars(select(JobRole).where(JobRole.key == key)).one_or_none()
    if job_role is None:
        raise NotFound
    return job_role


def job_role_keys() -> Sequence[str]:
    """Return the keys that are taken."""
    return db.session.scalars(select(JobRole.key)).all()


def last_place() -> int:
    """Return the place of the last job role, 0 if there is none."""
    return db.session.scalar(select(func.max(JobRole.place))) or 0


def text_of(job_role: JobRole, language: str) -> JobRoleText:
    """Return the text in this language, else in English, else in the first language there is."""
    texts = {text.language: text for text in job_role.texts}
    return texts.get(language) or texts.get(FALLBACK) or job_role.texts[0]


def find_text(job_role: JobRole, language: str) -> JobRoleText | None:
    """Return the text in exactly this language, or None."""
    return next((text for text in job_role.texts if text.language == language), None)


def targets_of(account: Account) -> Targets:
    """Return what the account has to map to, as last read; four statements at most."""
    permission_sets = {
        found.external_id: Target(found.external_id, found.name, costs_seat=found.costs_seat)
        for found in db.session.scalars(
            select(PermissionSet).where(PermissionSet.account_id == account.id).order_by(PermissionSet.name)
        )
    }
    return Targets(
        seats={
            seat.name: Target(seat.name, seat.name, remaining=seat.remaining)
            for seat in db.session.scalars(
                select(Seat).where(Seat.account_id == account.id).order_by(Seat.name)
            )
        },
        permission_sets=permission_sets,
        teams={
            team.external_id: Target(team.external_id, team.name)
            for team in db.session.scalars(
                select(Team).where(Team.account_id == account.id).order_by(Team.name)
            )
        },
        offers_sets=bool(permission_sets)
        or not is_not_offered(find_connection(account.id), Capability.PERMISSION_SETS),
    )


def find_mapping(job_role: JobRole, account: Account) -> JobRoleMapping | None:
    """Return what a job role is mapped to in an account, or None."""
    statement = select(JobRoleMapping).where(
        JobRoleMapping.account_id == account.id, JobRoleMapping.job_role_id == job_role.id
    )
    return db.session.scalars(statement).one_or_none()


def meaning_of(job_role: JobRole, account: Account) -> Meaning:
    """Return what a job role means in an account."""
    return meaning(job_role, find_mapping(job_role, account), targets_of(account))


def meanings(account: Account, targets: Targets) -> list[Meaning]:
    """Return what every job role means in an account, in their order; three statements."""
    mappings = {
        mapping.job_role_id: mapping
        for mapping in db.session.scalars(
            select(JobRoleMapping).where(JobRoleMapping.account_id == account.id)
        )
    }
    return [meaning(job_role, mappings.get(job_role.id), targets) for job_role in job_roles()]
