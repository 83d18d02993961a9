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
    "mail_templates.overview": _l("Mail templates"),
    "crm.connection": _l("Connection"),
    "account_settings.edit": _l("Settings"),
}

_BY_BLUEPRINT: Final = {endpoint.partition(".")[0]: endpoint for endpoint in TABS}


# Where somebody goes who first wants to do something, and then says in which account.
FIRST_WHAT: Final[dict[str, Text]] = {
    "access_requests.new": _l("New access request: in which account?"),
}


def tab_of(to: str) -> str:
    """Return the page to open in an account: the tab of a blueprint's pages, else the overview."""
    return to if to in FIRST_WHAT else _BY_BLUEPRINT.get(to, OVERVIEW)
