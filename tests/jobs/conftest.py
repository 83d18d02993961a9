"""A job that writes down that it ran, and nothing else's sweeps."""

import pytest
from flask import Flask

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.jobs import work
from portal.jobs.queue import JobQueue

Ran = list[tuple[int, tuple[object, ...]]]


@pytest.fixture
def queue(app: Flask, agency: Agency) -> JobQueue:
    """The portal's queue, with the agency's scope entered."""
    return app.extensions["jobs"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """In which agency the job ``test.note`` ran, and with what."""
    noted: Ran = []
    monkeypatch.setitem(
        work.HANDLERS,
        "test.note",
        lambda *arguments: noted.append((scope.current_agency_id(), arguments)),
    )
    return noted


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> list[work.Sweep]:
    """The sweeps there are: none but the test's own."""
    own: list[work.Sweep] = []
    monkeypatch.setattr(work, "SWEEPS", own)
    return own
