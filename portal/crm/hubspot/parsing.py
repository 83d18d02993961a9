"""Reads HubSpot's answers; what is missing or misshapen raises ``Unreadable``, never a ``KeyError``."""

from collections.abc import Mapping
from datetime import UTC, datetime

from portal.crm.errors import Unreadable
from portal.crm.hubspot.addresses import app_url_of
from portal.crm.protocol import AccountDetails, CrmUser, PermissionSet, SeatKind, SignIn, Team

MAX_TEXT = 1000


class Record:
    """One JSON object, read field by field."""

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise Unreadable(outcome_known=True, detail={"expected": "object"})
        self.fields: Mapping[str, object] = value

    def text(self, name: str) -> str:
        """Return a field that must be there; numbers count, as ids come in both forms."""
        found = self.optional_text(name)
        if found is None:
            raise self._unreadable(name)
        return found

    def optional_text(self, name: str) -> str | None:
        """Return a field, or None where it is missing or empty."""
        value = self.fields.get(name)
        if value is None or value == "":
            return None
        return self._as_text(name, value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; missing means empty."""
        return tuple(self._as_text(name, value) for value in self._items(name))

    def flag(self, name: str) -> bool:
        """Return whether a field is true; missing means it is not."""
        value = self.fields.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self._unreadable(name)

    def optional_count(self, name: str) -> int | None:
        """Return a whole number from zero, or None where it is missing."""
        value = self.fields.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._unreadable(name)
        return value

    def moment(self, name: str) -> datetime:
        """Return a point in time, in UTC."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._unreadable(name) from None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def rows(self, name: str) -> list[object]:
        """Return a list that must be there, its entries unread."""
        if name not in self.fields:
            raise self._unreadable(name)
        return self._items(name)

    def inner(self, name: str) -> "Record":
        """Return an object inside this one; missing means empty."""
        return Record(self.fields.get(name) or {})

    def _items(self, name: str) -> list[object]:
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._unreadable(name)
        return value

    def _as_text(self, name: str, value: object) -> str:
        """Control characters and lone surrogates go: no database and no page could hold them."""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise self._unreadable(name)
        text = "".join(char for char in str(value) if char.isprintable())
        if len(text) > MAX_TEXT:
            raise self._unreadable(name)
        return text

    def _unreadable(self, name: str) -> Unreadable:
        return Unreadable(outcome_known=True, detail={"field": name})


def details(record: Record, app_url: str | None) -> AccountDetails:
    """Read an account; HubSpot names no tier, and an account type is none."""
    portal_id = record.text("portalId")
    return AccountDetails(
        external_id=portal_id,
        name=record.optional_text("portalName") or portal_id,
        tier="",
        time_zone=record.optional_text("timeZone") or "UTC",
        currency=record.optional_text("companyCurrency") or "",
        app_url=app_url or app_url_of(record.optional_text("uiDomain") or ""),
    )


def user(record: Record) -> CrmUser:
    """Read a user."""
    return CrmUser(
        id=record.text("id"),
        email=record.text("email"),
        first_name=record.optional_text("firstName") or "",
        last_name=record.optional_text("lastName") or "",
        permission_set_id=permission_set_id(record),
        seats=record.texts("seatNames"),
        primary_team_id=record.optional_text("primaryTeamId"),
        secondary_team_ids=record.texts("secondaryTeamIds"),
        super_admin=record.flag("superAdmin"),
    )


def permission_set_id(record: Record) -> str | None:
    """Return the set a user holds; an account may name it in the list only."""
    return record.optional_text("roleId") or next(iter(record.texts("roleIds")), None)


def permission_set(record: Record) -> PermissionSet:
    """Read a permission set."""
    return PermissionSet(
        id=record.text("id"), name=record.text("name"), costs_seat=record.flag("requiresBillingWrite")
    )


def team(record: Record) -> Team:
    """Read a team."""
    return Team(
        id=record.text("id"),
        name=record.text("name"),
        user_ids=record.texts("userIds"),
        secondary_user_ids=record.texts("secondaryUserIds"),
    )


def seat_kind(record: Record) -> SeatKind:
    """Read a kind of seat; no remaining number means that HubSpot does not know."""
    return SeatKind(
        name=record.text("name"),
        description=record.optional_text("description") or "",
        remaining=record.optional_count("remainingSeats"),
    )


def deactivated_record(record: Record) -> CrmUser:
    """Read a deactivated user from the CRM's records, whose own ids are other ones."""
    fields = record.inner("properties")
    return CrmUser(
        id=fields.text("hs_internal_user_id"),
        email=fields.optional_text("hs_email") or "",
        first_name=fields.optional_text("hs_given_name") or "",
        last_name=fields.optional_text("hs_family_name") or "",
        active=False,
    )


def deactivated_owner(record: Record) -> CrmUser | None:
    """Read a deactivated user from an archived owner: no user any more, and the name emptied.

    The address is left out: it would not be enough to take somebody for a user who never was one here.
    """
    user_id = record.optional_text("userIdIncludingInactive")
    has_more = any(record.optional_text(name) for name in ("userId", "firstName", "lastName"))
    return None if user_id is None or has_more else CrmUser(id=user_id, email="", active=False)


def sign_in(record: Record) -> SignIn | None:
    """Read a sign-in; None where it did not succeed."""
    if not record.flag("loginSucceeded"):
        return None
    return SignIn(
        user_id=record.text("userId"), email=record.optional_text("email") or "", at=record.moment("loginAt")
    )
