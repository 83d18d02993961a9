"""The rights, and which position holds which: one table, also shown as a page."""

from enum import StrEnum
from typing import Final

from portal.agencies.models import Member, Position
from portal.core.texts import Text, _l


class Right(StrEnum):
    """What a member may do in the portal."""

    VIEW = "view"
    EDIT_ACCOUNTS = "edit_accounts"
    ARCHIVE_ACCOUNTS = "archive_accounts"
    CONNECT_CRM = "connect_crm"
    REFRESH_MIRROR = "refresh_mirror"
    EDIT_JOB_ROLES = "edit_job_roles"
    EDIT_MAIL_TEMPLATES = "edit_mail_templates"
    MAP_JOB_ROLES = "map_job_roles"
    SEND_REQUESTS = "send_requests"
    PROVISION = "provision"
    READ_INBOX = "read_inbox"
    DECIDE_MAIL = "decide_mail"
    VIEW_AUDIT = "view_audit"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_AGENCY = "manage_agency"


LABELS: Final[dict[Right, Text]] = {
    Right.VIEW: _l("See accounts, users and requests"),
    Right.EDIT_ACCOUNTS: _l("Add and change accounts and contacts"),
    Right.ARCHIVE_ACCOUNTS: _l("Archive and restore accounts"),
    Right.CONNECT_CRM: _l("Connect and disconnect a CRM"),
    Right.REFRESH_MIRROR: _l("Read an account's CRM again"),
    Right.EDIT_JOB_ROLES: _l("Change the agency's job roles"),
    Right.EDIT_MAIL_TEMPLATES: _l("Change what the agency's mails say"),
    Right.MAP_JOB_ROLES: _l("Say what a job role means in an account"),
    Right.SEND_REQUESTS: _l("Open, send and withdraw access requests"),
    Right.PROVISION: _l("Confirm proposals and write to the CRM"),
    Right.READ_INBOX: _l("Read the mails that came in"),
    Right.DECIDE_MAIL: _l("Decide about mails in doubt, held or not matched"),
    Right.VIEW_AUDIT: _l("Read the audit trail"),
    Right.MANAGE_MEMBERS: _l("Invite, change and end members"),
    Right.MANAGE_AGENCY: _l("Change the agency's name, look and language"),
}

_VIEWER = frozenset({Right.VIEW})
_CONSULTANT = _VIEWER | {
    Right.EDIT_ACCOUNTS,
    Right.REFRESH_MIRROR,
    Right.MAP_JOB_ROLES,
    Right.SEND_REQUESTS,
    Right.PROVISION,
    Right.READ_INBOX,
    Right.DECIDE_MAIL,
}
_PARTNER_ADMIN = _CONSULTANT | {
    Right.ARCHIVE_ACCOUNTS,
    Right.CONNECT_CRM,
    Right.EDIT_JOB_ROLES,
    Right.EDIT_MAIL_TEMPLATES,
    Right.VIEW_AUDIT,
}

RIGHTS: Final[dict[Position, frozenset[Right]]] = {
    Position.OWNER: frozenset(Right),
    Position.PARTNER_ADMIN: _PARTNER_ADMIN,
    Position.CONSULTANT: _CONSULTANT,
    Position.VIEWER: _VIEWER,
}

POSITIONS: Final[dict[Position, Text]] = {
    Position.OWNER: _l("Owner"),
    Position.PARTNER_ADMIN: _l("Partner admin"),
    Position.CONSULTANT: _l("Consultant"),
    Position.VIEWER: _l("Viewer"),
}

POSITION_HINTS: Final[dict[Position, Text]] = {
    Position.OWNER: _l(
        "Runs the agency's portal: everything, its members and its settings too. Sees all accounts."
    ),
    Position.PARTNER_ADMIN: _l(
        "Looks after accounts: connects them, archives them, and reads the audit trail."
    ),
    Position.CONSULTANT: _l("Does the daily work: asks clients, confirms proposals, writes to the CRM."),
    Position.VIEWER: _l("Looks, and changes nothing."),
}


def may(member: Member, right: Right) -> bool:
    """Tell whether the member's position holds the right."""
    return right in RIGHTS[member.position]
