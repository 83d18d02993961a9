"""Check seats before writing."""

from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Makes room for the check between the look at the address and the create.
    op.execute("UPDATE provisioning_steps SET place = 0 WHERE kind = 'look_up'")


def downgrade() -> None:
    op.execute("DELETE FROM provisioning_steps WHERE kind = 'seats'")
    op.execute("UPDATE provisioning_steps SET place = 1 WHERE kind = 'look_up'")
