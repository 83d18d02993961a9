"""Write the trail without reading it."""

from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
EITHER = """WHEN EXISTS (
        SELECT 1 FROM audit_entries
        WHERE id = NEW.id OR (agency_id = NEW.agency_id AND sequence = NEW.sequence))"""
EACH = """
        WHEN EXISTS (SELECT 1 FROM audit_entries WHERE id = NEW.id)
        OR EXISTS (SELECT 1 FROM audit_entries WHERE agency_id = NEW.agency_id AND sequence = NEW.sequence)
       """


def _make(condition: str) -> None:
    if op.get_bind().dialect.name == 'sqlite':
        op.execute('DROP TRIGGER audit_entries_no_replace')
        op.execute(f'CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries {condition} {REFUSE}')


def upgrade() -> None:
    _make(EACH)


def downgrade() -> None:
    _make(EITHER)
