"""What the tests of the scope look at."""

from dataclasses import dataclass

VISIBLE = {
    "agency": ["Hidden", "Seen"],
    "limited": ["Seen"],
    "other": ["Foreign"],
    "every": ["Foreign", "Hidden", "Seen"],
}


@dataclass(frozen=True)
class World:
    """The ids of two agencies and of a member of the first who sees one account."""

    agency_id: int
    other_id: int
    member_id: int
