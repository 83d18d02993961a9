"""What a link in a mail to a member is for, and how long it works."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class LinkPurpose(StrEnum):
    """What a member's link opens."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name, not a secret
    INVITATION = "invitation"


LIFETIMES: Final = {
    LinkPurpose.PASSWORD_RESET: timedelta(hours=1),
    LinkPurpose.INVITATION: timedelta(days=7),
}
