"""What a link in a mail to a member is for, how long it works, and the job that sends one."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

# The job; arguments: agency and member (0 for an unknown address), and network.
SEND_RESET: Final = "sign_in.send_reset"


class LinkPurpose(StrEnum):
    """What a member's link opens."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 - a name, not a secret
    INVITATION = "invitation"


LIFETIMES: Final = {
    LinkPurpose.PASSWORD_RESET: timedelta(hours=1),
    LinkPurpose.INVITATION: timedelta(days=7),
}
