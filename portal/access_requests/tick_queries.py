"""What the API cannot set for a person: what a member ticks by hand, and which scopes are missing."""

from collections.abc import Iterator
from typing import Final

from flask_babel import get_locale

from portal.core.texts import Text, _
from portal.crm.connections import why_not
from portal.crm.models import Connection
from portal.crm.protocol import Capability, Reason
from portal.crm.words import line_of
from portal.job_roles.meanings import Meaning, Targets
from portal.job_roles.models import JobRole, JobRoleText
from portal.job_roles.queries import text_of

GIVEN: Final = (Capability.PERMISSION_SETS, Capability.SEATS, Capability.TEAMS)


def to_tick(meaning: Meaning | None, targets: Targets) -> tuple[str, ...]:
    """Return what to tick by hand, in words; nothing where permission sets can be set by API."""
    if targets.offers_sets:
        return ()
    if meaning is None:
        return (_("No job role was chosen: ask what this person needs."),)
    return tuple(_lines(meaning))


def missing_scopes(connection: Connection | None) -> tuple[Text, ...]:
    """Return what the portal cannot give people because the connection lacks a scope, with its name."""
    findings = (why_not(connection, capability) for capability in GIVEN)
    return tuple(line_of(found) for found in findings if found and found.reason is Reason.SCOPE)


def name_of(job_role: JobRole) -> str:
    """Return the job role's name in the reader's language."""
    return _text(job_role).name


def _lines(meaning: Meaning) -> Iterator[str]:
    text = _text(meaning.job_role)
    yield _("Job role: %(name)s", name=text.name)
    if meaning.permission_set is not None:
        yield _("As in the permission set %(name)s", name=meaning.permission_set.name)
    yield from (line for line in (text.description, *text.can_do) if line)


def _text(job_role: JobRole) -> JobRoleText:
    locale = get_locale()
    return text_of(job_role, locale.language if locale else "en")
