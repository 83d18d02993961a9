"""Find the longest waiting without reading all."""

from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def _make(columns: list[str]) -> None:
    with op.batch_alter_table('access_requests', schema=None) as batch_op:
        batch_op.drop_index('ix_access_requests_state')
        batch_op.create_index('ix_access_requests_state', columns, unique=False)


def upgrade() -> None:
    # The last column too: without it, PostgreSQL would rather walk all requests in the order of their change.
    _make(['agency_id', 'state', 'changed_at', 'id'])


def downgrade() -> None:
    _make(['agency_id', 'state', 'changed_at'])
