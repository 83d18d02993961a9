"""The sum over all that ever came in: every delivery waits, or ended in exactly one way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.core.db import db
from portal.inbox.models import Arrival, InboundMail
from portal.inbox.states import ArrivalState, Fate


@dataclass(frozen=True, slots=True)
class Ledger:
    """How many deliveries there were, how many wait to be judged, and what became of the others."""

    deliveries: int
    waiting: int
    fates: Mapping[Fate, int]
    ownerless: int  # among the fates: judged, and no agency could be told

    @property
    def adds_up(self) -> bool:
        """Whether nothing was lost and nothing counts twice."""
        return self.deliveries == self.waiting + sum(self.fates.values())


def take_stock() -> Ledger:
    """Count, outside of every agency, in three statements."""
    mails = _counts(InboundMail.fate)
    alone = _counts(Arrival.fate)
    states = _counts(Arrival.state)
    return Ledger(
        deliveries=sum(states.values()),
        waiting=states.get(ArrivalState.WAITING, 0),
        fates={fate: mails.get(fate, 0) + alone.get(fate, 0) for fate in Fate},
        ownerless=alone.get(Fate.UNMATCHED, 0) + alone.get(Fate.UNREADABLE, 0),
    )


def _counts(column: InstrumentedAttribute[Any]) -> dict[Any, int]:
    rows = db.session.execute(select(column, func.count()).group_by(column))
    return {value: count for value, count in rows if value is not None}
