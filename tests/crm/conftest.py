"""The portal, pointed at the emulated HubSpot."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.fixtures.emulator import Emulator


@pytest.fixture
def reachable(app: Flask, emulator: Emulator) -> Iterator[Emulator]:
    settings = app.extensions["settings"]
    before, settings.hubspot_url = settings.hubspot_url, emulator.base_url
    yield emulator
    settings.hubspot_url = before
