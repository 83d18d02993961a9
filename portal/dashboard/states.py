"""The names of the home page's jobs, and the three views of it."""

from enum import StrEnum

DIGEST = "dashboard.digest"  # argument: the id of the ``Member``


class Whose(StrEnum):
    """Whose work the home page shows; the values stand in its address."""

    ME = "me"  # what I started
    MY_ACCOUNTS = "accounts"  # where I am the consultant
    EVERYONE = "everyone"
