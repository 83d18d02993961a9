"""HubSpot as the portal's protocol knows it."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, tzinfo
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.core.texts import _l
from portal.crm.errors import (
    CrmError,
    MissingScope,
    NotAvailable,
    NotInCrm,
    Refused,
    Unreachable,
    Unreadable,
)
from portal.crm.hubspot import addresses, parsing, scopes, writing
from portal.crm.hubspot.examining import findings
from portal.crm.hubspot.pace import Clock
from portal.crm.hubspot.parsing import Record
from portal.crm.hubspot.refusals import OUTCOME_UNKNOWN
from portal.crm.hubspot.transport import Call, Transport
from portal.crm.protocol import (
    AccountDetails,
    Capability,
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

T = TypeVar("T")

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
        self._left_out: Counter[Capability] = Counter()

    def close(self) -> None:
        """Give the network connections back."""
        self._line.close()

    def examine(self) -> Examination:
        """Say what this token may do; one light call per capability, nothing written."""
        return Examination(details=self.details(), findings=tuple(findings(self._line)))

    def details(self) -> AccountDetails:
        """Say whose account this is."""
        call = Call("GET", addresses.DETAILS, scopes=scopes.DETAILS)
        details = parsing.details(self._line.read(call), self._app_url)
        self._line.zone = _zone(details.time_zone)
        return details

    def users(self) -> Iterator[CrmUser]:
        """Yield every user, page by page."""
        return self._rows(Capability.LIST_USERS, parsing.user, _list(addresses.USERS, scopes.READ_USERS))

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
        body = writing.new_user(new)
        call = Call("POST", addresses.USERS, body=body, writes=True, scopes=scopes.WRITE_USERS)
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
        call = replace(
            _list(addresses.PERMISSION_SETS, scopes.READ_USERS),
            meaning={HTTPStatus.BAD_REQUEST: NotAvailable},
        )
        return self._rows(Capability.PERMISSION_SETS, parsing.permission_set, call)

    def teams(self) -> Iterator[Team]:
        """Yield the teams."""
        return self._rows(Capability.TEAMS, parsing.team, _list(addresses.TEAMS, scopes.READ_TEAMS))

    def seats(self) -> Iterator[SeatKind]:
        """Yield the kinds of seat and what is left of each."""
        return self._rows(Capability.SEATS, parsing.seat_kind, _list(addresses.SEATS, scopes.SEATS))

    def sign_ins(self, user_id: str | None = None) -> Iterator[SignIn]:
        """Yield successful sign-ins as HubSpot orders them, of one user or of all."""
        params = {} if user_id is None else {"userId": user_id}
        call = _list(addresses.SIGN_INS, scopes.SIGN_INS, params)
        return self._rows(Capability.ACTIVITY, parsing.sign_in, call)

    def deactivated_users(self) -> Iterator[CrmUser]:
        """Yield the deactivated from the CRM's records, then from the archived owners; one may be hidden."""
        hidden: list[MissingScope] = []
        for call, parse in ((DEACTIVATED, parsing.deactivated_record), (LEAVERS, parsing.deactivated_owner)):
            try:
                yield from self._rows(Capability.DEACTIVATED, parse, call)
            except MissingScope as error:
                hidden.append(error)
        if len(hidden) > 1:
            raise MissingScope(*(name for error in hidden for name in error.scopes), any_of=True)

    def left_out(self) -> Mapping[Capability, int]:
        """Return how many rows of each list could not be read since this was opened."""
        return self._left_out

    def _user(self, user_id: str) -> Record:
        return self._line.read(_one_user("GET", user_id, BY_ID))

    def _rows(self, part: Capability, parse: Callable[[Record], T | None], call: Call) -> Iterator[T]:
        """Yield the rows of all pages but those that ``parse`` leaves out; unreadable ones are counted."""
        for value in self._follow(call):
            try:
                row = parse(Record(value))
            except Unreadable:
                self._left_out[part] += 1
            else:
                if row is not None:
                    yield row

    def _follow(self, call: Call) -> Iterator[object]:
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


def _list(path: str, opened_by: tuple[str, ...], params: Mapping[str, str] | None = None) -> Call:
    """Return a call that lists, a full page at a time."""
    return Call("GET", path, {"limit": PAGE, **(params or {})}, scopes=opened_by)


# Deactivated people may stand in one of these two lists only.
DEACTIVATED: Final = Call(
    "POST",
    addresses.USER_SEARCH,
    body={
        "filterGroups": [
            {"filters": [{"propertyName": "hs_deactivated", "operator": "EQ", "value": "true"}]}
        ],
        "properties": ["hs_internal_user_id", "hs_email", "hs_given_name", "hs_family_name"],
        "limit": int(PAGE),
    },
    searches=True,
    scopes=scopes.USER_RECORDS,
)
LEAVERS: Final = _list(addresses.OWNERS, scopes.OWNERS, {"archived": "true"})


def _one_user(method: str, key: str, by: Mapping[str, str], body: Mapping[str, object] | None = None) -> Call:
    """Return a call about one user; a key that can be no id never leaves."""
    if by is BY_ID and not _ID.fullmatch(key):
        raise NotInCrm
    writes = method != "GET"
    opened_by = scopes.WRITE_USERS if writes else scopes.READ_USERS
    return Call(method, addresses.user_path(key), by, body, writes=writes, meaning=ONE_USER, scopes=opened_by)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
