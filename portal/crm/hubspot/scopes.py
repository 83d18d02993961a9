"""Which scopes open HubSpot's calls, as far as is known; any one of a group is enough."""

from typing import Final

READ_USERS: Final = ("settings.users.read", "crm.objects.users.read")
WRITE_USERS: Final = ("settings.users.write", "crm.objects.users.write")
READ_TEAMS: Final = ("settings.users.teams.read",)
SEATS: Final = ("settings.billing.write",)
SIGN_INS: Final = ("account-info.security.read",)
USER_RECORDS: Final = ("crm.objects.users.read",)
OWNERS: Final = ("crm.objects.owners.read",)
DETAILS: Final = ("oauth",)
