"""Turns a made-up client into rows: the account with its counters, and what was read of its CRM."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from portal.accounts.states import COLOURS, Crm, Health
from portal.core import clock
from portal.core.ids import slug
from portal.core.texts import folded
from portal.crm.states import ConnectionState
from portal.demo.emulator import content
from portal.demo.emulator.seeds import SeedUser
from portal.demo.scale.values import Client
from portal.users.states import ReadState, Stage

Row = dict[str, Any]

TAGS: Final = ("retainer", "onboarding", "enterprise", "quarterly review", "trial", "referral", "pilot")
FIRST_USER_ID: Final = 61_400_000
USER_IDS_EACH: Final = 100_000  # more than any account has users
STATES: Final = {
    Health.HEALTHY: ConnectionState.ACTIVE,
    Health.STALE: ConnectionState.FAILING,
    Health.BROKEN: ConnectionState.DEAD,
}


def account(client: Client, consultant_id: int, waiting: Mapping[str, int]) -> Row:
    """Return the account, its counters as its users and requests have them."""
    held = seats_held(client)
    counted = [seat for seat in client.seats if seat.remaining is not None]
    now = clock.now()
    return {
        "slug": slug(client.name),
        "name": client.name,
        "sort_name": folded(client.name)[:120],
        "crm": client.crm,
        "colour": list(COLOURS)[client.number % len(COLOURS)],
        "language": client.region.language,
        "consultant_id": consultant_id,
        "health": client.health,
        "users_count": len(client.users),
        "seats_used": sum(held[seat.name] for seat in counted),
        "seats_free": sum(seat.remaining or 0 for seat in counted) if counted else None,
        "never_signed_in": sum(not user.sign_ins and not user.deactivated for user in client.users),
        "sees_sign_ins": bool(client.tier),
        "last_read_at": _read_at(client, now) if client.tier else None,
        "created_at": now - timedelta(days=30 + client.number % 900),
        **waiting,
    }


def seats_held(client: Client) -> Counter[str]:
    """Return how many seats of each kind the users hold."""
    return Counter(seat for user in client.users for seat in user.seats)


def contacts(client: Client) -> Iterator[Row]:
    """Yield who at the client answers; the first may approve."""
    for place, person in enumerate(client.contacts):
        name = f"{person.first_name} {person.last_name}"
        language = client.region.language
        yield {"name": name, "email": person.email, "language": language, "may_approve": place == 0}


def tags(client: Client) -> Iterator[Row]:
    """Yield up to two words for the account."""
    for name in {TAGS[client.number % len(TAGS)], TAGS[client.number // 7 % len(TAGS)]}:
        if client.number % 3:
            yield {"name": name}


def connection(client: Client) -> Iterator[Row]:
    """Yield how the CRM was reached; there is none, so no token is kept."""
    if not client.tier:
        return
    is_fine = client.health is Health.HEALTHY
    number = 139_000_000 + client.number * 37
    yield {
        "state": STATES[client.health],
        "next_read_at": None,
        "external_id": str(number),
        "crm_account": f"{Crm.HUBSPOT}:{number}",
        "external_name": client.name,
        "tier": client.tier,
        "currency": client.region.currency,
        "app_url": "https://app.hubspot.com",
        "findings": [],
        "failures": 0 if is_fine else 5,
        "last_error": "" if is_fine else "The CRM did not answer. The portal tries again by itself.",
    }


def latest_read(client: Client) -> Iterator[Row]:
    """Yield the last reading that went well."""
    if not client.tier:
        return
    at = _read_at(client, clock.now())
    yield {
        "state": ReadState.DONE,
        "attempt": 1,
        "stage": Stage.END,
        "users_read": len(client.users),
        "hidden": {} if client.tier == "enterprise" else {"permission_sets": "tier"},
        "asked_at": at,
        "started_at": at,
        "finished_at": at,
    }


def seats(client: Client) -> Iterator[Row]:
    """Yield the kinds of seat, with how many are held."""
    held = seats_held(client)
    for seat in client.seats:
        described = {"name": seat.name, "description": seat.description}
        yield {**described, "used": held[seat.name], "remaining": seat.remaining}


def permission_sets(client: Client) -> Iterator[Row]:
    """Yield the permission sets, which only Enterprise has."""
    for name, external_id in set_ids(client).items():
        yield {"external_id": external_id, "name": name, "costs_seat": name != "Reports only"}


def teams(client: Client) -> Iterator[Row]:
    """Yield the teams."""
    for name, external_id in team_ids(client).items():
        yield {"external_id": external_id, "name": name}


def set_ids(client: Client) -> dict[str, str]:
    """Return the ids of the permission sets by name."""
    roles = content.ROLES if client.tier == "enterprise" else ()
    return {role.name: str(4_810_000 + client.number * 10 + n) for n, role in enumerate(roles)}


def team_ids(client: Client) -> dict[str, str]:
    """Return the ids of the teams by name."""
    names = content.TEAMS.get(client.tier, ())
    return {name: str(17_230_000 + client.number * 10 + n) for n, name in enumerate(names)}


def users(client: Client) -> Iterator[Row]:
    """Yield every user as the mirror has them."""
    sets, of_name = set_ids(client), team_ids(client)
    for place, user in enumerate(client.users):
        yield {
            "external_id": external_id(client, place),
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "sort_name": f"{user.first_name} {user.last_name}".lower(),
            "seats": list(user.seats),
            "permission_set_id": sets.get(user.role or ""),
            "primary_team_id": of_name.get(user.primary_team or ""),
            "secondary_team_ids": [],
            "super_admin": user.super_admin,
            "active": not user.deactivated,
            "last_sign_in_at": _last_sign_in(user),
            "first_seen_at": user.created_at,
        }


def external_id(client: Client, place: int) -> str:
    """Return the CRM's id of the user at this place."""
    return str(FIRST_USER_ID + client.number * USER_IDS_EACH + place)


def _last_sign_in(user: SeedUser) -> datetime | None:
    return user.sign_ins[-1] if user.sign_ins else None


def _read_at(client: Client, now: datetime) -> datetime:
    return now - timedelta(minutes=client.number % 55, hours=0 if client.health is Health.HEALTHY else 40)
