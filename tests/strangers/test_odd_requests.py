"""Every address of the portal, asked by whom it belongs to with values that no form sends: never a fault."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from flask import Flask

import portal as package
from portal.web.limits import limiter
from tests.strangers.conftest import World
from tests.strangers.doors import Door
from tests.strangers.programs import KEYS
from tests.strangers.routes import ROUTES
from tests.strangers.test_strangers import door_to, rightful

FAULT = 500
ODD = ("", "0001-01-01", "9999-12-31", "9" * 40, "x" * 3000, "²")
IN_FORMS_FROM_QUERIES = {"member", "account", "action", "since", "until", "remind_after"}


def names_in_queries() -> set[str]:
    """Return every name that a view looks for in the query."""
    sources = [path.read_text() for path in Path(package.__file__).parent.rglob("*.py")]
    names = {name for source in sources for name in re.findall(r"args(?:\.get\(|\[)\"(\w+)\"", source)}
    return names | IN_FORMS_FROM_QUERIES


def odd_requests(names: Iterable[str]) -> list[Mapping[str, str]]:
    return [{}, *(dict.fromkeys(names, value) for value in ODD)]


def faults(door: Door, world: World, requests: Iterable[Mapping[str, str]]) -> list[str]:
    who, words = rightful(door, world), world.kept.of(door.route.case)
    found = []
    for fields in requests:
        limiter.reset()
        if door.knock(who, words, fields).status_code == FAULT:
            found.append(f"{door.rule.endpoint}, htmx: {door.is_htmx}, fields: {fields}")
    return found


@pytest.fixture
def doors(portal: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> list[Door]:
    """Every address but those that end the session they are asked with."""
    portal.config["PROPAGATE_EXCEPTIONS"] = False  # a fault is a page here, as it would be for a visitor
    for setting, key in KEYS.items():
        monkeypatch.setattr(portal.extensions["settings"], setting, key)
    found = [door_to(portal, name, is_htmx=size) for name in sorted(ROUTES) for size in (False, True)]
    return [door for door in found if "sign_out" not in door.rule.endpoint]


def test_no_page_fails_at_an_odd_address(doors: list[Door], world: World) -> None:
    requests = odd_requests(names_in_queries())
    found = []
    for door in doors:
        if not door.is_post:
            found += faults(door, world, [{}] if door.is_htmx else requests)

    assert found == []


def test_no_form_fails_at_odd_values(doors: list[Door], world: World) -> None:
    posts = [door for door in doors if door.is_post and not door.is_htmx and not door.route.signed]
    found = []
    for door in posts:
        words = world.kept.of(door.route.case)
        names = {name.format_map(words) for name, _value in door.fields} | door.route.files.keys()
        found += faults(door, world, odd_requests(names))

    assert found == []
