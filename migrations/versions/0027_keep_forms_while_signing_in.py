"""Keep forms while members sign in again."""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('kept_forms',
    sa.Column('member_id', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=2000), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id', 'member_id'], ['members.agency_id', 'members.id'], name=op.f('fk_kept_forms_agency_id_member_id_members'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['agency_id', 'session_id'], ['member_sessions.agency_id', 'member_sessions.id'], name=op.f('fk_kept_forms_agency_id_session_id_member_sessions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_kept_forms_agency_id_agencies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_forms')),
    sa.UniqueConstraint('agency_id', 'id', name=op.f('uq_kept_forms_agency_id_id'))
    )
    with op.batch_alter_table('kept_forms', schema=None) as batch_op:
        batch_op.create_index('ix_kept_forms_kept_at', ['kept_at'], unique=False)
        batch_op.create_index('ix_kept_forms_member', ['agency_id', 'member_id'], unique=False)
        batch_op.create_index('ix_kept_forms_session', ['agency_id', 'session_id'], unique=False)


def downgrade() -> None:
    op.drop_table('kept_forms')
