"""What every call passes before and after it acts: log, latency, faults, token, budget, scope."""

import json
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ParamSpec, cast

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from portal.demo.emulator import calls
from portal.demo.emulator.database import connect
from portal.demo.emulator.faults import Fault, next_fault
from portal.demo.emulator.knobs import Knobs, read_knobs
from portal.demo.emulator.limits import Meter, budget_of, headers_of
from portal.demo.emulator.problems import Problem, invalid, missing_scopes, unauthorized
from portal.demo.emulator.settings import EmulatorSettings
from portal.demo.emulator.tokens import BEARERS, Token, account_of, open_token

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Emulation:
    """What lives as long as the server."""

    settings: EmulatorSettings
    meter: Meter = field(default_factory=Meter)


@dataclass(slots=True)
class Call:
    """What lives as long as one call."""

    number: int
    knobs: Knobs
    fault: Fault | None
    token: Token | None = None
    headers: dict[str, str] = field(default_factory=dict)


def emulation() -> Emulation:
    """Return the running server's state."""
    return cast("Emulation", current_app.extensions["emulator"])


def db() -> sqlite3.Connection:
    """Return this request's connection, closed after the answer."""
    if "db" not in g:
        g.db = connect(emulation().settings.database)
    return cast("sqlite3.Connection", g.db)


def call() -> Call:
    """Return the call being answered."""
    return cast("Call", g.call)


def token() -> Token:
    """Return the token of the call being answered."""
    opened = call().token
    if opened is None:
        raise unauthorized()
    return opened


def account() -> sqlite3.Row:
    """Return the account that the call's token opens."""
    row = db().execute("SELECT * FROM accounts WHERE portal_id = ?", (token().account_id,)).fetchone()
    return cast("sqlite3.Row", row)


def body() -> dict[str, object]:
    """Return the JSON object of the call, or raise a 400."""
    content = request.get_json(silent=True)
    if not isinstance(content, dict) or not _is_text(content):
        raise invalid("Invalid input JSON.", "INVALID_JSON")
    return content


def close_db(_error: BaseException | None) -> None:
    """Give the request's connection back."""
    if "db" in g:
        g.pop("db").close()


def arrive() -> None:
    """Write the call down, wait as long as the knobs say, and let it fail if that is planned."""
    account_id = _account_id()
    knobs = read_knobs(db())
    number = calls.log_call(db(), request, account_id)
    g.call = Call(number, knobs, next_fault(db(), knobs, number, request.method, request.path, account_id))
    if knobs.latency:
        time.sleep(knobs.latency)
    fault = call().fault
    if fault and not fault.strikes_after:
        raise fault.strike()


def leave(answer: Response) -> Response:
    """Write down the answer, or what went wrong in its place."""
    if "call" not in g:
        return answer
    fault = call().fault
    if fault and fault.strikes_after:
        answer = fault.strike().answer()
    dropped = fault is not None and fault.kind.startswith("drop")
    calls.log_answer(db(), call().number, None if dropped else answer.status_code)
    for name, value in call().headers.items():
        answer.headers.setdefault(name, value)
    return answer


def needs(
    *scopes: str, searching: bool = False
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Open a call to tokens that hold any of these scopes, within their account's budget."""

    def open_to(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            call().token = opened = open_token(db(), _bearer())
            if opened.use not in BEARERS:
                raise unauthorized()
            _spend(searching=searching)
            require(*scopes)
            return view(*args, **kwargs)

        return guarded

    return open_to


def require(*scopes: str) -> None:
    """Raise a 403 that names the scopes of which one is enough, where the token holds none of them."""
    if not set(scopes) & set(token().scopes):
        raise missing_scopes(*scopes)


def _spend(*, searching: bool) -> None:
    budget = budget_of(account()["tier"], call().knobs)
    if not (emulation().settings.limits and call().knobs.limits):
        call().headers = headers_of(budget, 0, 0)
        return
    call().headers = emulation().meter.spend(token().account_id, budget, searching=searching)


def _is_text(content: object) -> bool:
    try:
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False  # half a character, which no database takes
    return True


def _bearer() -> str:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def _account_id() -> int | None:
    try:
        return account_of(db(), _bearer())
    except Problem:
        return None
