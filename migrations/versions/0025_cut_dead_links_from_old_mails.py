"""Cut dead links from old mails."""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('links_cut_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index('ix_outbox_links', ['links_cut_at', 'created_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_outbox_links', table_name='outbox')
    op.drop_column('outbox', 'links_cut_at')  # not in a batch, which would lose the table's triggers on SQLite
