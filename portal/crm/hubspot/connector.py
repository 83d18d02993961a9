"""HubSpot as the portal's protocol knows it."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.core.texts import _l
from portal.crm.errors import CrmError, NotAvailable, NotInCrm, Refused, Unreachable, Unreadable
from portal.crm.hubspot import addresses, parsing, writing
from portal.crm.hubspot.examining import findings
from portal.crm.hubspot.pace import Clock
from portal.crm.hubspot.parsing import Record
from portal.crm.hubspot.refusals import OUTCOME_UNKNOWN
from portal.crm.hubspot.transport import Call, Transport
from portal.crm.protocol import (
    AccountDetails,
    CrmUser,
    Examination,
    NewUser,
    PermissionSet,
    SeatKind,
    SignIn,
    Team,
    UserChange,
)

BUDGET: Final = 100  # calls in 10 s of the smallest accounts; HubSpot's headers raise it
PAGE: Final = "100"
MAX_PAGES: Final = 10_000
ONE_USER: Final[Mapping[int, type[CrmError]]] = MappingProxyType({404: NotInCrm})
BY_ID: Final = MappingProxyType({"idProperty": "USER_ID"})
BY_EMAIL: Final = MappingProxyType({"idProperty": "EMAIL"})

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class HubSpotConnector:
    """One HubSpot account, reached with a bearer token of any kind."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str,
        app_url: str | None = None,
        budget: int = BUDGET,
        clock: Clock | None = None,
    ) -> None:
        self._app_url = app_url
        self._line = Transport(token, base_url, budget=budget, clock=clock or Clock())

    def close(self) -> None:
        """Give the network connections back."""
        self._line.close()

    def examine(self) -> Examination:
        """Say what this token may do; one light call per capability, nothing written."""
        return Examination(details=self.details(), findings=tuple(findings(self._line)))

    def details(self) -> AccountDetails:
        """Say whose account this is."""
        details = parsing.details(self._line.read(Call("GET", addresses.DETAILS)), self._app_url)
        self._line.zone = _zone(details.time_zone)
        return details

    def users(self) -> Iterator[CrmUser]:
        """Yield every user, page by page."""
        return map(parsing.user, self._pages(addresses.USERS))

    def find_user(self, email: str) -> CrmUser | None:
        """Return the user with this address, or None where HubSpot answers 404."""
        if "@" not in email:
            raise Refused(_l("This is not an e-mail address, so nobody was looked up."))
        try:
            return parsing.user(self._line.read(_one_user("GET", email, BY_EMAIL)))
        except NotInCrm:
            return None

    def get_user(self, user_id: str) -> CrmUser:
        """Return one user, or raise ``NotInCrm``."""
        return parsing.user(self._user(user_id))

    def create_user(self, new: NewUser) -> CrmUser:
        """Create a user with everything in one call; sent once, never repeated."""
        call = Call("POST", addresses.USERS, body=writing.new_user(new), writes=True)
        answer = self._line.write(call)
        try:
            return parsing.user(answer)
        except Unreadable as error:
            raise Unreadable(OUTCOME_UNKNOWN, detail=error.detail) from error

    def update_user(self, user_id: str, change: UserChange) -> CrmUser:
        """Read, merge, send everything, and return what was read after."""
        current = self._user(user_id)
        writing.refuse_loss(current, change)
        self._line.write(_one_user("PUT", user_id, BY_ID, writing.merged_user(current, change)))
        try:
            return self.get_user(user_id)
        except CrmError as error:
            message = _l(
                "The change was sent, but could not be read back. Look in the CRM what is there now."
            )
            raise Unreachable(message, detail=error.detail) from error

    def remove_user(self, user_id: str) -> None:
        """Remove a user; one who is gone already is fine, a super admin is refused."""
        try:
            writing.refuse_removal(self._user(user_id))
            self._line.write(_one_user("DELETE", user_id, BY_ID))
        except NotInCrm:
            return

    def permission_sets(self) -> Iterator[PermissionSet]:
        """Yield the permission sets; a 400 is HubSpot's way to say that the tier has none."""
        rows = self._pages(addresses.PERMISSION_SETS, meaning={400: NotAvailable})
        return map(parsing.permission_set, rows)

    def teams(self) -> Iterator[Team]:
        """Yield the teams."""
        return map(parsing.team, self._pages(addresses.TEAMS))

    def seats(self) -> Iterator[SeatKind]:
        """Yield the kinds of seat and what is left of each."""
        return map(parsing.seat_kind, self._pages(addresses.SEATS))

    def sign_ins(self, user_id: str | None = None) -> Iterator[SignIn]:
        """Yield successful sign-ins as HubSpot orders them, of one user or of all."""
        params = {} if user_id is None else {"userId": user_id}
        rows = self._pages(addresses.SIGN_INS, params)
        return (parsing.sign_in(row) for row in rows if row.flag("loginSucceeded"))

    def deactivated_user_ids(self) -> Iterator[str]:
        """Yield the ids of users who may no longer sign in; the search's own ids are other ones."""
        filters = [{"filters": [{"propertyName": "hs_deactivated", "operator": "EQ", "value": "true"}]}]
        body = {"filterGroups": filters, "properties": ["hs_internal_user_id"], "limit": int(PAGE)}
        for row in self._follow(Call("POST", addresses.USER_SEARCH, body=body, searches=True)):
            yield row.inner("properties").text("hs_internal_user_id")

    def _user(self, user_id: str) -> Record:
        return self._line.read(_one_user("GET", user_id, BY_ID))

    def _pages(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        meaning: Mapping[int, type[CrmError]] | None = None,
    ) -> Iterator[Record]:
        return self._follow(Call("GET", path, {"limit": PAGE, **(params or {})}, meaning=meaning or {}))

    def _follow(self, call: Call) -> Iterator[Record]:
        """Yield the rows of a call and of the pages after it; a page that leads to itself is an error."""
        after: str | None = None
        for _page in range(MAX_PAGES):
            answer = self._line.read(call.page(after))
            yield from answer.rows("results")
            following = answer.inner("paging").inner("next").optional_text("after")
            if following is None:
                return
            if following == after:
                break
            after = following
        raise Unreadable(outcome_known=True, detail={"field": "paging"})


def _one_user(method: str, key: str, by: Mapping[str, str], body: Mapping[str, object] | None = None) -> Call:
    """Return a call about one user; a key that can be no id never leaves."""
    if by is BY_ID and not _ID.fullmatch(key):
        raise NotInCrm
    writes = method != "GET"
    return Call(method, addresses.user_path(key), by, body, writes=writes, meaning=ONE_USER)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
