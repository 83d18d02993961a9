"""Let the CRM invite new users."""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sends_invitations', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.alter_column('sends_invitations', server_default=None)
    with op.batch_alter_table('provisioning_runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_invited', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.alter_column('is_invited', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('provisioning_runs', schema=None) as batch_op:
        batch_op.drop_column('is_invited')
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.drop_column('sends_invitations')
