"""Let one account have each CRM account."""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None

# Where several lead to the same already, all stay, and the oldest has it.
TAKE = """
    UPDATE connections SET crm_account = (
        SELECT accounts.crm || ':' || connections.external_id FROM accounts
        WHERE accounts.id = connections.account_id)
    WHERE external_id <> '' AND state <> 'disconnected' AND NOT EXISTS (
        SELECT 1 FROM connections AS older
        JOIN accounts AS its ON its.id = older.account_id
        JOIN accounts AS mine ON mine.id = connections.account_id
        WHERE older.agency_id = connections.agency_id AND older.external_id = connections.external_id
        AND older.id < connections.id AND older.state <> 'disconnected' AND its.crm = mine.crm)
"""


def upgrade() -> None:
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('crm_account', sa.String(length=80), nullable=True))
    op.execute(TAKE)
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.create_unique_constraint(batch_op.f('uq_connections_agency_id_crm_account'), ['agency_id', 'crm_account'])
    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.drop_column('is_connected_elsewhere')


def downgrade() -> None:
    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_connected_elsewhere', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.alter_column('is_connected_elsewhere', server_default=None)
    with op.batch_alter_table('connections', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_connections_agency_id_crm_account'), type_='unique')
        batch_op.drop_column('crm_account')
