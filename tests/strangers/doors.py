"""A door is one address of the portal in one size; people knock with what is theirs or somebody else's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.policy.guards import ANYONE, MEMBERS, guard_of
from portal.policy.rights import RIGHTS, Right
from tests.strangers.conftest import Somebody
from tests.strangers.programs import NOBODY
from tests.strangers.routes import Route

PERSONAL = frozenset({"session_id", "import_id"})  # belong to one member alone
SIGN_IN = "/sign-in"
GONE, NOT_ALLOWED, NO_TOKEN, NO_PASS = "404", "403", "400 or 401", "404 or 400"

Words = Mapping[str, Any]


@dataclass(frozen=True)
class Door:
    """One address: a page for a visit, or with ``is_htmx`` a part of one."""

    app: Flask
    rule: Rule
    route: Route
    is_htmx: bool

    @property
    def guard(self) -> str | None:
        return guard_of(self.app.view_functions[self.rule.endpoint])

    @property
    def is_post(self) -> bool:
        return "POST" in (self.rule.methods or ())

    @property
    def is_for_clients(self) -> bool:
        return "selector" in self.rule.arguments

    @property
    def parts(self) -> set[str]:
        return set(self.rule.arguments)

    def differing(self, own: Words, other: Words) -> list[str]:
        """Return the parts of the address that are not the same in two places."""
        return [name for name in sorted(self.parts) if own[name] != other[name]]

    @property
    def fields(self) -> Iterable[tuple[str, str]]:
        """What is sent: in the body, or for a visit in the query."""
        return (self.route.body if self.is_post else self.route.query).items()

    def foreign_values(self, own: Words, other: Words) -> list[dict[str, str]]:
        """Return each field of one's own in turn, with what stands there in another place."""
        return [
            {name.format_map(own): text.format_map(other)}
            for name, text in self.fields
            if text.format_map(other) != text.format_map(own)
        ]

    def foreign_names(self, own: Words, other: Words) -> dict[str, str]:
        """Return the fields that are called otherwise in another place."""
        return {
            name.format_map(other): text.format_map(other)
            for name, text in self.fields
            if name.format_map(other) != name.format_map(own)
        }

    def knock(
        self, who: Somebody, words: Words, foreign: Mapping[str, str] | None = None, token: str | None = None
    ) -> TestResponse:
        """Ask as somebody for what ``words`` name; ``foreign`` are fields that are filled in otherwise."""
        url = self.app.url_map.bind("").build(self.rule.endpoint, {name: words[name] for name in self.parts})
        headers = {"HX-Request": "true"} if self.is_htmx else {}
        filled: dict[str, Any] = {
            name.format_map(words): text.format_map(words) for name, text in self.fields
        }
        filled |= foreign or {}
        if self.route.signed:
            body, signature = self.route.signed(words)
            return who.browser.post(
                url, data=body, headers=signature if token is None else signature | NOBODY
            )
        if not self.is_post:
            return who.browser.get(url, query_string=filled, headers=headers)
        filled["csrf_token"] = self._token(who, words) if token is None else token
        filled |= {name: (BytesIO(content), name) for name, content in self.route.files.items()}
        return who.browser.post(url, data=filled, headers=headers)

    def _token(self, who: Somebody, words: Words) -> str:
        """Return the token of the form they would send; a client's stands on their own answer page."""
        own = f"/answer/{who.home.of('waiting')['selector']}" if self.is_for_clients and who.is_client else ""
        return who.token(self.route.at.format_map(words) or own or SIGN_IN)

    def refusal(self, who: Somebody, foreign: set[str]) -> str:
        """Return how somebody is turned away who asks for these foreign things; empty if they may come in."""
        if self.guard == ANYONE:
            return NO_PASS if self.is_for_clients and foreign else ""
        if who.position is None:
            return SIGN_IN
        if self.guard != MEMBERS and Right(str(self.guard)) not in RIGHTS[who.position]:
            return NOT_ALLOWED
        return GONE if foreign & (who.blind_to | PERSONAL) else ""


def must_be_refused(answer: TestResponse, who: Somebody, expected: str) -> None:
    """Assert that somebody was turned away in the right way, and told nothing."""
    if expected == SIGN_IN:
        way = answer.headers.get("HX-Redirect", answer.headers.get("Location", ""))
        assert way.startswith(SIGN_IN), f"{who.name} was not asked who they are: {answer.status}"
    else:
        assert str(answer.status_code) in expected, f"{who.name} got {answer.status} instead of {expected}"
    must_not_tell(answer, who)


def must_not_tell(answer: TestResponse, who: Somebody) -> None:
    """Assert that nothing stands in an answer that somebody must not read."""
    told = [word for word in who.words if word.lower() in answer.text.lower()]
    assert told == [], f"{who.name} could read {told}"


def must_get_through(answer: TestResponse, who: Somebody) -> None:
    """Assert that somebody got what they asked for, or the page that comes after it."""
    said = answer.text[:2000] if answer.status_code >= 400 else ""
    assert answer.status_code in {200, 303, 307}, f"{who.name} got {answer.status}: {said}"
    way = answer.headers.get("HX-Redirect", answer.headers.get("Location"))
    if way:
        end = who.browser.get(way, follow_redirects=True)
        assert end.status_code == 200, f"{who.name} was led to {way}: {end.status}"
