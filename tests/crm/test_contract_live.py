"""The contract against a live HubSpot account; only a token in the environment starts it.

Nothing is written unless ``HUBSPOT_TEST_WRITE=1``; then users at example.com come and go.
"""

import os
from collections.abc import Iterator

import pytest

from portal.crm.hubspot import HubSpotConnector
from portal.crm.protocol import Connector
from tests.crm.contract import ReadingContract, WritingContract

BASE_URL = "https://api.hubapi.com"
TOKEN = os.environ.get("HUBSPOT_TEST_TOKEN", "")
READ_ONLY_TOKEN = os.environ.get("HUBSPOT_TEST_READ_TOKEN", "")
MAY_WRITE = os.environ.get("HUBSPOT_TEST_WRITE") == "1"

needs_token = pytest.mark.skipif(not TOKEN, reason="HUBSPOT_TEST_TOKEN is not set")
needs_leave_to_write = pytest.mark.skipif(not MAY_WRITE, reason="HUBSPOT_TEST_WRITE is not 1")


def opened(token: str) -> Iterator[Connector]:
    connector = HubSpotConnector(token, base_url=BASE_URL)
    yield connector
    connector.close()


@pytest.fixture
def connector() -> Iterator[Connector]:
    yield from opened(TOKEN)


@pytest.fixture
def stranger() -> Iterator[Connector]:
    yield from opened("pat-eu1-00000000-0000-0000-0000-000000000000")


@pytest.fixture
def reader() -> Iterator[Connector]:
    if not READ_ONLY_TOKEN:
        pytest.skip("HUBSPOT_TEST_READ_TOKEN is not set")
    yield from opened(READ_ONLY_TOKEN)


@pytest.mark.live
@needs_token
class TestReadingLiveHubSpot(ReadingContract):
    pass


@pytest.mark.live
@needs_token
@needs_leave_to_write
class TestWritingLiveHubSpot(WritingContract):
    pass
