"""Keep which reply an answer was read out of."""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('mail_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('taken_by', sa.String(length=120), nullable=False, server_default=''))
        batch_op.create_unique_constraint(batch_op.f('uq_answers_agency_id_mail_id'), ['agency_id', 'mail_id'])
        batch_op.create_foreign_key(batch_op.f('fk_answers_agency_id_mail_id_inbound_mails'), 'inbound_mails', ['agency_id', 'mail_id'], ['agency_id', 'id'])



def downgrade() -> None:
    with op.batch_alter_table('answers', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_answers_agency_id_mail_id_inbound_mails'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_answers_agency_id_mail_id'), type_='unique')
        batch_op.drop_column('taken_by')
        batch_op.drop_column('mail_id')
