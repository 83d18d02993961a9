"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def only_on(dialect: str, statement: str) -> None:
    if op.get_context().dialect.name == dialect:
        op.execute(sa.DDL(statement.replace("%", "%%")))


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
