"""Keep how many rows of a CRM were left out."""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('mirror_reads', schema=None) as batch_op:
        batch_op.add_column(sa.Column('left_out', sa.JSON(), nullable=False, server_default='{}'))
    with op.batch_alter_table('mirror_reads', schema=None) as batch_op:
        batch_op.alter_column('left_out', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('mirror_reads', schema=None) as batch_op:
        batch_op.drop_column('left_out')
