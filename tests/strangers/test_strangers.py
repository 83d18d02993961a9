"""Every address of the portal, tried as everybody whom it does not belong to.

The strangers come first, with the very request that works for whoever it belongs to, who comes last: a
refusal counts only because the same request then succeeds.
"""

import logging

import pytest
from flask import Flask, current_app

from portal.policy.guards import ANYONE
from portal.web.limits import limiter
from tests.strangers.conftest import CANARY, LANTERN, Rows, Somebody, World, rows_of
from tests.strangers.doors import GONE, NO_TOKEN, Door, must_be_refused, must_get_through, must_not_tell
from tests.strangers.programs import KEYS
from tests.strangers.routes import ROUTES, name_of

KINDS_OF_SECRETS = ("invitation", "reset", "waiting", "chase")
VISITS = {"account_visits", "answer_links", "seat_readings"}  # where visits are counted, or have a CRM asked


@pytest.fixture
def door(portal: Flask, world: World, name: str, size: str, monkeypatch: pytest.MonkeyPatch) -> Door:
    for setting, key in KEYS.items():
        monkeypatch.setattr(portal.extensions["settings"], setting, key)
    if ROUTES[name].after:
        first = door_to(portal, ROUTES[name].after, is_htmx=False)
        must_get_through(first.knock(world.owner, world.kept.of(first.route.case)), world.owner)
    return door_to(portal, name, is_htmx=size == "htmx")


def door_to(portal: Flask, name: str, *, is_htmx: bool) -> Door:
    rules = list(portal.url_map.iter_rules())
    rule = next(rule for rule in rules if name_of(rule, rules) == name)
    return Door(portal, rule, ROUTES[name], is_htmx)


@pytest.mark.parametrize("name", sorted(ROUTES))
@pytest.mark.parametrize("size", ["page", "htmx"])
def test_nobody_gets_at_what_is_not_theirs(
    world: World, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = rows_of(world.agency_id)
    for attempt in (
        strangers_knock,
        parts_are_mixed,
        fields_are_mixed,
        forms_are_forged,
        secrets_are_guessed,
    ):
        attempt(door, world)
        assert changed(before, rows_of(world.agency_id)) == set(), f"although {attempt.__name__}"

    visitors_look(door, world)
    assert changed(before, rows_of(world.agency_id)) <= VISITS
    told = f"{rows_of(world.other_id)} {caplog.text}".lower()
    assert [word for word in (CANARY, LANTERN) if word.lower() in told] == []
    whose_it_is_gets_through(door, world)


def changed(before: Rows, after: Rows) -> set[str]:
    """Return the tables in which something is different."""
    return {name for name in before if before[name] != after[name]}


def strangers_knock(door: Door, world: World) -> None:
    """Ask for all of it as each stranger."""
    kept = world.kept.of(door.route.case)
    for who in world.strangers:
        if expected := door.refusal(who, door.parts):
            must_be_refused(door.knock(who, kept), who, expected)


def parts_are_mixed(door: Door, world: World) -> None:
    """Ask at one's own address with one part of it from the kept account; the owner too, between accounts."""
    kept = world.kept.of(door.route.case)
    for who in (*world.strangers, *of_two_accounts(door, world)):
        own = who.home.of(door.route.case)
        differing = door.differing(own, kept)
        for name in differing if len(differing) > 1 else ():
            expected = door.refusal(who, set()) or GONE
            must_be_refused(door.knock(who, {**own, name: kept[name]}), who, expected)


def of_two_accounts(door: Door, world: World) -> list[Somebody]:
    """Return the owner, to whom both accounts belong, where an address is about one of them."""
    return [world.owner] if "account" in door.parts else []


def fields_are_mixed(door: Door, world: World) -> None:
    """Post at one's own address, but with one field of the kept account."""
    for who in (*world.strangers, *of_two_accounts(door, world)):
        if door.is_post and enters(door, who):
            own, kept = who.home.of(door.route.case), world.kept.of(door.route.case)
            for foreign in door.foreign_values(own, kept):
                answer = door.knock(who, own, foreign)
                must_not_tell(answer, who)
                assert answer.status_code >= 400, f"{who.name} may send {foreign}"
            if who.is_elsewhere and (more := door.foreign_names(own, kept)):
                must_not_tell(door.knock(who, own, more), who)


def enters(door: Door, who: Somebody) -> bool:
    """Tell whether somebody gets at their own things through this door."""
    if door.guard == ANYONE:
        return who.is_client and door.is_for_clients
    return not door.refusal(who, set())


def forms_are_forged(door: Door, world: World) -> None:
    """Post as the right person, but from a page that is not ours."""
    if door.is_post and door.route.has_form:
        who, kept = rightful(door, world), world.kept.of(door.route.case)
        for token in ("", "forged", world.strangers[0].token("/sign-in")):
            must_be_refused(door.knock(who, kept, token=token), who, NO_TOKEN)


def secrets_are_guessed(door: Door, world: World) -> None:
    """Try other secrets where one opens the door: those for other ends, and one of another person."""
    if "token" not in door.parts:
        return
    kept = world.kept.of(door.route.case)
    tokens = {world.kept.of(kind)["token"] for kind in KINDS_OF_SECRETS} - {kept["token"]}
    half = kept["token"][:13] + world.strangers[-1].home.of(door.route.case)["token"][13:]
    for guess in (*tokens, half):
        must_be_refused(door.knock(world.nobody, {**kept, "token": guess}), world.strangers[0], GONE)


def visitors_look(door: Door, world: World) -> None:
    """Look at one's own pages, also with a question about the kept account; a viewer looks at that itself."""
    for who in world.strangers:
        if not door.is_post and enters(door, who):
            kept = world.kept.of(door.route.case)
            own = who.home.of(door.route.case) if who.words else kept
            answer = door.knock(who, own)
            must_get_through(answer, who)
            for told in (answer, *(door.knock(who, own, each) for each in door.foreign_values(own, kept))):
                must_not_tell(told, who)


def rightful(door: Door, world: World) -> Somebody:
    """Return whose door it is."""
    if door.guard == ANYONE:
        return world.client if door.is_for_clients else world.nobody
    return world.owner


def whose_it_is_gets_through(door: Door, world: World) -> None:
    """Ask with the same request as whoever it belongs to: it works, and does something."""
    who, before = rightful(door, world), rows_of(world.agency_id)
    limiter.reset()
    must_get_through(door.knock(who, world.kept.of(door.route.case)), who)
    if door.route.needs_worker:
        current_app.extensions["jobs"].drain()
    tables = changed(before, rows_of(world.agency_id))
    if door.is_post and not door.route.is_silent:
        assert tables, "nothing was done"
    else:
        assert tables <= VISITS, "looking changes nothing but counts of visits"


ATTEMPTS = (strangers_knock, parts_are_mixed, fields_are_mixed, forms_are_forged, secrets_are_guessed)
