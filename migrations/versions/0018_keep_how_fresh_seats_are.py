"""Keep how fresh seats are."""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('seat_readings',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('waits_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.String(length=500), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id', 'account_id'], ['accounts.agency_id', 'accounts.id'], name=op.f('fk_seat_readings_agency_id_account_id_accounts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_seat_readings_agency_id_agencies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seat_readings')),
    sa.UniqueConstraint('agency_id', 'account_id', name=op.f('uq_seat_readings_agency_id_account_id')),
    sa.UniqueConstraint('agency_id', 'id', name=op.f('uq_seat_readings_agency_id_id'))
    )


def downgrade() -> None:
    op.drop_table('seat_readings')
