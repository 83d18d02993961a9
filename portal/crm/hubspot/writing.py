"""What is sent when a user is created or changed."""

from portal.core.texts import _l
from portal.crm.errors import Refused
from portal.crm.hubspot.parsing import Record, permission_set_id
from portal.crm.protocol import NewUser, UserChange

# Names are not among them: they are the person's own in all accounts, and are given on creating only.
_KEPT = ("primaryTeamId", "secondaryTeamIds", "seatNames")


def new_user(new: NewUser) -> dict[str, object]:
    """Return the whole user for one call: nothing can be changed before the first sign-in."""
    fields: dict[str, object] = {
        "email": new.email,
        "firstName": new.first_name,
        "lastName": new.last_name,
        "roleId": new.permission_set_id,
        "seatNames": list(new.seats),
        "primaryTeamId": new.primary_team_id,
        "secondaryTeamIds": list(new.secondary_team_ids),
    }
    given = {name: value for name, value in fields.items() if value}
    return {**given, "sendWelcomeEmail": new.send_welcome_email}


def merged_user(current: Record, change: UserChange) -> dict[str, object]:
    """Return what the user holds with the change laid over it: what is left out may be taken away."""
    changed: dict[str, object | None] = {
        "roleId": change.permission_set_id or permission_set_id(current),
        "seatNames": None if change.seats is None else list(change.seats),
        "primaryTeamId": change.primary_team_id,
        "secondaryTeamIds": None if change.secondary_team_ids is None else list(change.secondary_team_ids),
    }
    kept = {name: current.fields[name] for name in _KEPT if current.fields.get(name) is not None}
    return kept | {name: value for name, value in changed.items() if value is not None}


def refuse_loss(current: Record, change: UserChange) -> None:
    """Stop before a change that would take away what the API cannot give back."""
    if current.flag("superAdmin") and (change.permission_set_id is not None or change.seats is not None):
        raise Refused(
            _l("This user is a super admin. The portal does not change that; nothing was done. Use the CRM.")
        )
    if len(current.texts("roleIds")) > 1:
        raise Refused(
            _l(
                "This user holds several permission sets, and the CRM's API would keep only one. "
                "Nothing was done. Change this user in the CRM."
            )
        )


def refuse_removal(current: Record) -> None:
    """Stop before a super admin is removed."""
    if current.flag("superAdmin"):
        raise Refused(_l("This user is a super admin. Nothing was done. Take that away in the CRM first."))
