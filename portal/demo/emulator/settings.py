"""What the emulator is started with."""

import os
from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-09"


@dataclass(frozen=True, slots=True)
class EmulatorSettings:
    """Where the state lives, whether rate limits hold, and how long OAuth tokens last."""

    database: Path
    limits: bool = True
    token_seconds: int = 1800


class NotInProduction(RuntimeError):
    """The emulator was asked to start where real accounts live."""


def refuse_production() -> None:
    """Raise ``NotInProduction`` where the environment says that this is the real thing."""
    if os.environ.get("PORTAL_MODE", "").lower() == "production":
        message = "The emulated HubSpot does not start with PORTAL_MODE=production. Use it in demo and tests."
        raise NotInProduction(message)
