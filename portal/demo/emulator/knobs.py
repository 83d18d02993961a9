"""How the emulated HubSpot behaves for everyone: slow, unreliable, forgetful, or generous."""

import json
import sqlite3
from dataclasses import asdict, dataclass, fields

from portal.demo.emulator.problems import invalid


@dataclass(frozen=True, slots=True)
class Knobs:
    """The state of all knobs; durations in seconds, rates from 0 to 1."""

    latency: float = 0.0
    error_rate: float = 0.0  # answered with 502 instead of acting
    drop_rate: float = 0.0  # connection closed, half of them after having acted
    seed: int = 0  # the same seed gives the same run of bad luck
    first_call: int = 0  # number of the call the run counts from
    list_lag: float = 0.0  # removed users stay in lists this long
    seat_lag: float = 0.0  # seats of removed users stay taken this long
    limits: bool = True
    ten_seconds: int = 0  # budget for 10 seconds in place of the tier's, where not 0
    daily: int = 0  # budget for a day in place of the tier's, where not 0


TURNED = {field.name: field.type for field in fields(Knobs) if field.name != "first_call"}
LARGEST = 1_000_000_000


def read_knobs(db: sqlite3.Connection) -> Knobs:
    """Return the knobs as they stand."""
    rows = db.execute("SELECT name, value FROM knobs")
    return Knobs(**{row["name"]: json.loads(row["value"]) for row in rows})


def turn_knobs(db: sqlite3.Connection, wanted: dict[str, object]) -> Knobs:
    """Set the named knobs from numbers, booleans or their text; restart the run of bad luck."""
    last = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'calls'").fetchone()
    turned = {name: _value(name, value) for name, value in wanted.items()}
    changed = Knobs(**(asdict(read_knobs(db)) | turned | {"first_call": last["seq"] if last else 0}))
    for name, value in asdict(changed).items():
        db.execute("INSERT OR REPLACE INTO knobs VALUES (?, ?)", (name, json.dumps(value)))
    return changed


def _value(name: str, value: object) -> float | bool:
    kind = TURNED.get(name)
    if kind is None:
        raise invalid(f"There is no knob named {name}.")
    if kind is bool:
        return str(value).lower() in {"1", "true", "on", "yes"}
    try:
        number = float(str(value))
    except ValueError as error:
        raise invalid(f"{name} needs a number.") from error
    if not 0 <= number <= LARGEST:  # also refuses "nan"
        raise invalid(f"{name} needs a number that is not negative.")
    return int(number) if kind is int else number
