"""Carries calls to HubSpot: reads are repeated within patience, writes are sent once."""

import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from functools import cache
from http import HTTPStatus
from typing import Final, Self
from urllib.parse import urlsplit

import httpx

from portal.core.texts import _l
from portal.crm.errors import CrmError, NotConnected, RateLimited, Unreachable, Unreadable
from portal.crm.hubspot.addresses import TOKEN_INFO, checked_base_url, is_loopback
from portal.crm.hubspot.pace import Clock, Pace, Patience
from portal.crm.hubspot.parsing import Record
from portal.crm.hubspot.refusals import OUTCOME_UNKNOWN, Refusal, error_for
from portal.crm.redaction import without_secrets

PATIENCE: Final = 10.0
PAUSES: Final = (0.5, 1.0, 2.0)  # between the attempts of a read
TIMEOUT: Final = httpx.Timeout(15, connect=5)
LONGEST_ANSWER: Final = timedelta(seconds=60)
MAX_BYTES: Final = 10_000_000
WINDOW: Final = 10.0
SEARCHES_PER_SECOND: Final = 5

_TOKEN = re.compile(r"[\x21-\x7e]{1,2048}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``meaning`` says which error a status stands for where that depends on the call.

    Any one of ``scopes`` opens it, as far as is known.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    writes: bool = False
    searches: bool = False
    meaning: Mapping[int, type[CrmError]] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()

    def page(self, after: str | None) -> Self:
        """Return the same call for the page after a cursor; searches carry theirs in the body."""
        if after is None:
            return self
        if self.searches:
            return replace(self, body={**(self.body or {}), "after": after})
        return replace(self, params={**self.params, "after": after})


class Transport:
    """A line to one account's API; ``zone`` is the account's once it is known."""

    def __init__(self, token: str, base_url: str, *, budget: int, clock: Clock) -> None:
        if not _TOKEN.fullmatch(token):
            raise NotConnected(_l("This is not a token: it is empty, or has spaces or odd letters in it."))
        self.zone: tzinfo = UTC
        self._token = token
        self._clock = clock
        self._pace = Pace(budget, WINDOW, clock)
        self._search_pace = Pace(SEARCHES_PER_SECOND, 1.0, clock)
        address = checked_base_url(base_url)
        self._reads = _client(address, token, keep_alive=True)
        # A kept connection may be dead without our knowing, and a write on it would end in doubt.
        self._writes = _client(address, token, keep_alive=False)

    def close(self) -> None:
        """Give the network connections back."""
        self._reads.close()
        self._writes.close()

    def read(self, call: Call) -> Record:
        """Return the answer, trying again a few times where that can help."""
        patience, pauses = Patience(PATIENCE, self._clock), iter(PAUSES)
        while True:
            try:
                return self._once(call, patience)
            except Unreadable:
                raise
            except (RateLimited, Unreachable) as error:
                pause = next(pauses, None)
                if pause is None or not patience.spend(self._wait(error, pause)):
                    raise

    def token_info(self) -> Record:
        """Return what HubSpot knows of the token; the one call whose body carries it, to the same host."""
        return self.read(Call("POST", TOKEN_INFO, body={"tokenKey": self._token}))

    def write(self, call: Call) -> Record:
        """Send once; ``Unreachable.outcome_known`` says whether it may have been done."""
        return self._once(call, Patience(PATIENCE, self._clock))

    def _wait(self, error: RateLimited | Unreachable, pause: float) -> float:
        if isinstance(error, RateLimited):
            return max(0.0, (error.until - self._clock.now()).total_seconds())
        return pause

    def _once(self, call: Call, patience: Patience) -> Record:
        self._take_turn(call, patience)
        response = self._exchange(call)
        self._pace.heed(response.headers)
        if response.is_success:
            return self._answer(call, response)
        raise error_for(self._refusal(call, response), self._clock.now(), self.zone)

    def _take_turn(self, call: Call, patience: Patience) -> None:
        """Wait for room in the budget, or say when there will be."""
        paces = (self._pace, self._search_pace) if call.searches else (self._pace,)
        wait = max(pace.wait() for pace in paces)
        if not patience.spend(wait):
            raise RateLimited(self._clock.now() + timedelta(seconds=wait), policy="BUDGET")
        for pace in paces:
            pace.note()

    def _exchange(self, call: Call) -> httpx.Response:
        """Send and receive; errors of the network lose their cause, which holds the request's headers."""
        client = self._writes if call.writes else self._reads
        try:
            request = client.build_request(call.method, call.path, params=call.params, json=call.body)
            response = client.send(request, stream=True)
            try:
                return self._received(call, response)
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(outcome_known=True, detail=_network(error)) from None
        except httpx.HTTPError as error:
            message = OUTCOME_UNKNOWN if call.writes else None
            raise Unreachable(message, outcome_known=not call.writes, detail=_network(error)) from None

    def _received(self, call: Call, response: httpx.Response) -> httpx.Response:
        """Read the body up to what an honest answer can be, in length and in time."""
        chunks = bytearray()
        deadline = self._clock.now() + LONGEST_ANSWER
        for chunk in response.iter_bytes():
            chunks += chunk
            if len(chunks) > MAX_BYTES or self._clock.now() > deadline:
                raise Unreadable(outcome_known=not call.writes, detail={"status": response.status_code})
        headers = {name: value for name, value in response.headers.items() if name != "content-encoding"}
        return httpx.Response(response.status_code, headers=headers, content=bytes(chunks))

    def _answer(self, call: Call, response: httpx.Response) -> Record:
        if response.status_code == HTTPStatus.NO_CONTENT:
            return Record({})
        value = _json(response.content)
        if not isinstance(value, dict):
            raise Unreadable(outcome_known=not call.writes, detail={"status": response.status_code})
        return Record(value)

    def _refusal(self, call: Call, response: httpx.Response) -> Refusal:
        value = _json(response.content)
        cleaned = without_secrets(value, self._token)
        return Refusal(
            status=response.status_code,
            headers=response.headers,
            body=cleaned if isinstance(cleaned, dict) else {},
            writes=call.writes,
            is_json=isinstance(value, dict) or not response.content,
            meaning=call.meaning,
            scopes=call.scopes,
        )


def _client(address: str, token: str, *, keep_alive: bool) -> httpx.Client:
    """Return a client that follows no redirects, and knows no proxy on the way to this machine."""
    return httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=TIMEOUT,
        limits=httpx.Limits(max_keepalive_connections=None if keep_alive else 0),
        follow_redirects=False,
        verify=_trusted(),
        trust_env=not is_loopback(urlsplit(address).hostname or ""),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Return who is trusted to prove a host; loading that takes longer than a call."""
    return httpx.create_ssl_context()


def _json(content: bytes) -> object:
    """Return what the bytes say, or None where they are not JSON."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _network(error: httpx.HTTPError) -> dict[str, object]:
    return {"network": type(error).__name__}
