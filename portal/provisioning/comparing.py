"""What was wanted beside what the CRM has, field by field."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from portal.core.email_addresses import canonical
from portal.crm.protocol import CrmUser, NewUser, UserChange
from portal.provisioning.states import Field

Values = tuple[str, ...]

RIGHTS = (Field.SEATS, Field.PERMISSION_SET, Field.PRIMARY_TEAM, Field.SECONDARY_TEAMS)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as wanted; ids and names as the CRM has them."""

    field: Field
    wanted: Values
    found: Values


def values_of(user: NewUser | CrmUser, field: Field) -> Values:
    """Return what a user has in a field, as a list whatever the field."""
    if field is Field.USER:
        return (canonical(user.email),)
    value = getattr(user, field.value)
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def missing(wanted: NewUser, found: CrmUser) -> list[Difference]:
    """Return the fields in which the user lacks something wanted."""
    return [each for each in _fields(wanted, found) if not set(each.wanted) <= set(each.found)]


def differences(wanted: NewUser, found: CrmUser) -> list[Difference]:
    """Return the fields that are not exactly as wanted; seats the CRM gave on top do not count."""
    lacking = {each.field for each in missing(wanted, found)}
    return [
        each
        for each in _fields(wanted, found)
        if each.field in lacking or (each.field is not Field.SEATS and set(each.wanted) != set(each.found))
    ]


def extra_seats(wanted: NewUser, found: CrmUser) -> Values:
    """Return the seats that the CRM gave on its own, as some permission sets make it do."""
    return tuple(seat for seat in found.seats if seat not in wanted.seats)


def is_what_was_sent(sent: NewUser, found: CrmUser) -> bool:
    """Tell whether a user found after an interruption is the one we were about to create.

    Names do not count: some CRMs keep one name per person over all accounts.
    """
    return not (found.super_admin or differences(sent, found))


def as_existing(wanted: NewUser, found: CrmUser) -> NewUser:
    """Return the user with what is wanted added; nothing an existing user holds is taken away.

    Where only one can be held, a wanted permission set takes the place of the old one, and the old
    primary team stays as another team.
    """
    primary = wanted.primary_team_id or found.primary_team_id
    teams = [*found.secondary_team_ids, *wanted.secondary_team_ids, found.primary_team_id]
    return replace(
        wanted,
        first_name=found.first_name,
        last_name=found.last_name,
        permission_set_id=wanted.permission_set_id or found.permission_set_id,
        seats=_once([*found.seats, *wanted.seats]),
        primary_team_id=primary,
        secondary_team_ids=_once(team for team in teams if team and team != primary),
    )


def change_to(target: NewUser, found: CrmUser) -> UserChange:
    """Return the change that makes the user what ``as_existing`` says; fields that fit are left out."""
    differing = {each.field for each in _fields(target, found) if set(each.wanted) != set(each.found)}
    return UserChange(
        permission_set_id=target.permission_set_id if Field.PERMISSION_SET in differing else None,
        seats=target.seats if Field.SEATS in differing else None,
        primary_team_id=target.primary_team_id if Field.PRIMARY_TEAM in differing else None,
        secondary_team_ids=target.secondary_team_ids if Field.SECONDARY_TEAMS in differing else None,
    )


def as_json(thing: NewUser | CrmUser | UserChange) -> dict[str, Any]:
    """Return what is sent or read as it is kept and shown."""
    values = {name: value for name, value in asdict(thing).items() if value is not None}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def from_json(kept: dict[str, Any]) -> CrmUser:
    """Return the user that ``as_json`` kept."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
    }
    return CrmUser(**values)


def _fields(wanted: NewUser, found: CrmUser) -> list[Difference]:
    return [Difference(field, values_of(wanted, field), values_of(found, field)) for field in RIGHTS]


def _once(values: Iterable[str]) -> Values:
    return tuple(dict.fromkeys(values))
