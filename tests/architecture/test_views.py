from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.app import create_app
from portal.policy.guards import (
    ANYONE,
    MEMBERS,
    UnguardedView,
    guard_of,
    open_to_anyone,
    refuse_unguarded_views,
    requires,
)
from portal.policy.rights import Right
from tests.fixtures.portal import make_settings
from tests.strangers.routes import ROUTES, name_of


def application(view: Callable[[], str]) -> Flask:
    app = Flask("unguarded", static_folder=None)
    app.add_url_rule("/", "page", view)
    return app


def test_a_view_without_a_right_stops_the_start() -> None:
    with pytest.raises(UnguardedView, match=r"^these views name no right: page$"):
        refuse_unguarded_views(application(lambda: "page"))


def test_the_portal_does_not_start_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.team.register", lambda app: app.add_url_rule("/", "page", lambda: "page"))

    with pytest.raises(UnguardedView, match=r"^these views name no right: page$"):
        create_app(make_settings(tmp_path))


@pytest.mark.parametrize("guard", [requires(Right.VIEW), open_to_anyone("for a test")])
def test_a_guarded_view_does_not(guard: Callable[[Callable[[], str]], Callable[[], str]]) -> None:
    refuse_unguarded_views(application(guard(lambda: "page")))


def test_every_view_that_needs_no_right_says_why(portal: Flask) -> None:
    silent = [
        name
        for name, view in portal.view_functions.items()
        if guard_of(view) in {ANYONE, MEMBERS} and len(view.guard_reason.split()) < 3
    ]

    assert silent == []


def test_an_address_does_one_thing(portal: Flask) -> None:
    verbs = {rule.rule: rule.methods - {"HEAD", "OPTIONS"} for rule in portal.url_map.iter_rules()}

    assert {rule: methods for rule, methods in verbs.items() if len(methods) != 1} == {}


def test_addresses_are_nouns_in_kebab_case(portal: Flask) -> None:
    fixed = [part for rule in portal.url_map.iter_rules() for part in rule.rule.split("/") if "<" not in part]

    assert [part for part in fixed if part != part.lower() or "_" in part] == []


def test_addresses_of_an_account_name_it_by_its_slug(portal: Flask) -> None:
    rules = [rule.rule for rule in portal.url_map.iter_rules() if rule.rule.startswith("/accounts/<")]

    assert [rule for rule in rules if not rule.startswith("/accounts/<slug:account>")] == []


def test_every_address_is_described_to_the_test_of_strangers(portal: Flask) -> None:
    every = list(portal.url_map.iter_rules())
    rules = {name_of(rule, every): rule.rule for rule in every}
    told = [
        f'for {rule} add this to tests/strangers/routes.py, whose first lines say how: "{name}": Route(),'
        for name, rule in rules.items()
        if name not in ROUTES
    ]
    told += [f"take {name} out of tests/strangers/routes.py" for name in ROUTES if name not in rules]

    assert not told, "\n".join(told)
