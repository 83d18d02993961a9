"""Keep tokens for mail servers."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'mail_tokens',
        sa.Column('key', sa.String(length=64), nullable=False),
        sa.Column('sealed_access', sa.LargeBinary(), nullable=True),
        sa.Column('sealed_refresh', sa.LargeBinary(), nullable=True),
        sa.Column('renew_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('key', name=op.f('pk_mail_tokens')),
    )


def downgrade() -> None:
    op.drop_table('mail_tokens')
