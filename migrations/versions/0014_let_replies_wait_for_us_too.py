"""Let replies wait for us too."""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

COLUMNS = ['agency_id', 'started_by_id', 'changed_at', 'id']


def _make(states: str) -> None:
    with op.batch_alter_table('access_requests', schema=None) as batch_op:
        batch_op.drop_index('ix_access_requests_for_one')
        batch_op.create_index('ix_access_requests_for_one', COLUMNS, unique=False, sqlite_where=sa.text(f"state IN ({states})"), postgresql_where=sa.text(f"state IN ({states})"))


def upgrade() -> None:
    _make("'answered', 'replied', 'returned', 'stopped'")


def downgrade() -> None:
    _make("'answered', 'returned', 'stopped'")
