"""The other agency, by its id: its row does not exist in the scope under test."""

import pytest
from sqlalchemy import select

from portal.agencies import scope
from portal.agencies.models import Agency
from portal.core.db import db


@pytest.fixture
def canary(agency: Agency) -> int:
    """The id of the other agency."""
    with scope.every_agency(reason="set-up"):
        return db.session.scalars(select(Agency.id).where(Agency.name == "Canary Partners")).one()
