"""Wait for first working days, and for us after a bounce."""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

COLUMNS = ['agency_id', 'started_by_id', 'changed_at', 'id']
HAS_A_DAY = sa.text('set_up_at IS NOT NULL')


def _make(states: str) -> None:
    with op.batch_alter_table('access_requests', schema=None) as batch_op:
        batch_op.drop_index('ix_access_requests_for_one')
        batch_op.create_index('ix_access_requests_for_one', COLUMNS, unique=False, sqlite_where=sa.text(f"state IN ({states})"), postgresql_where=sa.text(f"state IN ({states})"))


def upgrade() -> None:
    _make("'answered', 'replied', 'returned', 'stopped', 'unreached'")
    with op.batch_alter_table('request_people', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('set_up_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('is_invited', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.alter_column('is_invited', server_default=None)
        batch_op.create_index('ix_request_people_set_up', ['set_up_at'], unique=False, sqlite_where=HAS_A_DAY, postgresql_where=HAS_A_DAY)


def downgrade() -> None:
    with op.batch_alter_table('request_people', schema=None) as batch_op:
        batch_op.drop_index('ix_request_people_set_up', sqlite_where=HAS_A_DAY, postgresql_where=HAS_A_DAY)
        batch_op.drop_column('is_invited')
        batch_op.drop_column('set_up_at')
        batch_op.drop_column('scheduled_at')
    # What these states meant before they were there.
    op.execute("UPDATE access_requests SET state = 'waiting' WHERE state = 'unreached'")
    op.execute("UPDATE access_requests SET state = 'answered' WHERE state = 'scheduled'")
    _make("'answered', 'replied', 'returned', 'stopped'")
