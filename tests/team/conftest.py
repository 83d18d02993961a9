"""Links out of the mails that were posted."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.core.db import db
from portal.mail.models import OutboxMessage


@pytest.fixture
def invitation() -> Callable[[], str]:
    """Return a function that gives the path in the latest mail."""

    def path() -> str:
        raw = db.session.scalars(select(OutboxMessage.raw).order_by(OutboxMessage.id.desc())).first()
        return re.search(r"http://localhost(/invitation/[\w-]+)", raw.decode().replace("=\r\n", ""))[1]

    return path
