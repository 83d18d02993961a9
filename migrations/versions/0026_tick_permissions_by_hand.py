"""Tick permissions by hand."""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('provisioning_runs', sa.Column('to_tick', sa.JSON(), nullable=False, server_default='[]'))


def downgrade() -> None:
    op.drop_column('provisioning_runs', 'to_tick')  # not in a batch, which would lose the table's triggers on SQLite
