"""The ways through one account: its tabs, and which of them a page belongs to."""

from typing import Final

from portal.core.texts import Text, _l

OVERVIEW: Final = "accounts.show"

TABS: Final[dict[str, Text]] = {
    OVERVIEW: _l("Overview"),
    "users.of_account": _l("Users"),
    "access_requests.of_account": _l("Access requests"),
    "job_roles.of_account": _l("Job roles"),
    "contacts.of_account": _l("Contacts"),
    "crm.connection": _l("Connection"),
    "account_settings.edit": _l("Settings"),
}

_BY_BLUEPRINT: Final = {endpoint.partition(".")[0]: endpoint for endpoint in TABS}


def tab_of(blueprint: str) -> str:
    """Return the tab that the pages of a blueprint belong to; the overview where it has none."""
    return _BY_BLUEPRINT.get(blueprint, OVERVIEW)
