"""The shape of every table an agency owns: a non-null agency, and links that cannot leave it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column


class AgencyOwned:
    """Mixed into a model: ``links`` maps a column to the owned table it points to.

    Each link becomes a composite key ``(agency_id, column)``, so the database itself refuses a link
    to another agency's row. Links go when what they point to goes, except those named in ``keeps``.
    """

    links: ClassVar[Mapping[str, str]] = {}
    keeps: ClassVar[frozenset[str]] = frozenset()
    constraints: ClassVar[tuple[Any, ...]] = ()

    id: Mapped[int] = mapped_column(primary_key=True)
    agency_id: Mapped[int] = mapped_column(ForeignKey("agencies.id"))

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Any, ...]:
        """Put the constraints together."""
        return (
            UniqueConstraint("agency_id", "id"),
            *(
                ForeignKeyConstraint(
                    ["agency_id", column],
                    [f"{table}.agency_id", f"{table}.id"],
                    ondelete=None if column in cls.keeps else "CASCADE",
                )
                for column, table in cls.links.items()
            ),
            *cls.constraints,
        )
