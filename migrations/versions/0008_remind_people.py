"""Remind people."""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reminder_schedules',
    sa.Column('question', sa.String(length=30), nullable=False),
    sa.Column('remind_after', sa.JSON(), nullable=False),
    sa.Column('give_up_after', sa.Integer(), nullable=False),
    sa.Column('office_opens', sa.Integer(), nullable=False),
    sa.Column('office_closes', sa.Integer(), nullable=False),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_reminder_schedules_agency_id_agencies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_schedules')),
    sa.UniqueConstraint('agency_id', 'id', name=op.f('uq_reminder_schedules_agency_id_id')),
    sa.UniqueConstraint('agency_id', 'question', name=op.f('uq_reminder_schedules_agency_id_question'))
    )
    op.create_table('chases',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('question', sa.String(length=30), nullable=False),
    sa.Column('topic_id', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reminded', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended', sa.String(length=30), nullable=True),
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('agency_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agency_id', 'account_id'], ['accounts.agency_id', 'accounts.id'], name=op.f('fk_chases_agency_id_account_id_accounts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['agency_id', 'contact_id'], ['contacts.agency_id', 'contacts.id'], name=op.f('fk_chases_agency_id_contact_id_contacts'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['agency_id'], ['agencies.id'], name=op.f('fk_chases_agency_id_agencies')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chases')),
    sa.UniqueConstraint('agency_id', 'id', name=op.f('uq_chases_agency_id_id')),
    sa.UniqueConstraint('agency_id', 'question', 'topic_id', 'contact_id', name=op.f('uq_chases_agency_id_question_topic_id_contact_id'))
    )
    with op.batch_alter_table('chases', schema=None) as batch_op:
        batch_op.create_index('ix_chases_contact', ['agency_id', 'contact_id'], unique=False)
        batch_op.create_index('ix_chases_due', ['next_at'], unique=False, sqlite_where=sa.text('next_at IS NOT NULL'), postgresql_where=sa.text('next_at IS NOT NULL'))

    with op.batch_alter_table('access_requests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('second_contact_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_access_requests_agency_id_second_contact_id_contacts'), 'contacts', ['agency_id', 'second_contact_id'], ['agency_id', 'id'])

    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('time_zone', sa.String(length=60), nullable=False, server_default=''))

    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wants_digest', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('next_digest_at', sa.DateTime(timezone=True), nullable=False, server_default='2026-01-01 00:00:00'))
        batch_op.create_index('ix_members_digest_due', ['next_digest_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('members', schema=None) as batch_op:
        batch_op.drop_index('ix_members_digest_due')
        batch_op.drop_column('next_digest_at')
        batch_op.drop_column('wants_digest')

    with op.batch_alter_table('contacts', schema=None) as batch_op:
        batch_op.drop_column('time_zone')

    with op.batch_alter_table('access_requests', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_access_requests_agency_id_second_contact_id_contacts'), type_='foreignkey')
        batch_op.drop_column('second_contact_id')

    with op.batch_alter_table('chases', schema=None) as batch_op:
        batch_op.drop_index('ix_chases_due', sqlite_where=sa.text('next_at IS NOT NULL'), postgresql_where=sa.text('next_at IS NOT NULL'))
        batch_op.drop_index('ix_chases_contact')

    op.drop_table('chases')
    op.drop_table('reminder_schedules')
