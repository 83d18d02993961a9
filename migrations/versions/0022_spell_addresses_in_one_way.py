"""Spell addresses in one way.

Domains are stored in ASCII from now on. Where a record with the other spelling is there already, both stay as
they are: which of them is right, and what hangs on the other, is for people to say. The portal finds the one
in ASCII; the other can be edited, and is stored in ASCII then.
"""

import idna
import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

ADDRESSES = (
    ('contacts', 'email', ('agency_id', 'account_id')),
    ('request_people', 'email', ('agency_id', 'request_id')),
    ('members', 'email', ()),
    ('users', 'email', None),
    ('provisioning_runs', 'email', None),
    ('outbox', 'recipient', None),
    ('suppressed_addresses', 'address', None),
    ('inbound_mails', 'sender', None),
)


def _spelled(address: str) -> str:
    local, sign, domain = address.rpartition('@')
    try:
        return f'{local}{sign}{idna.encode(domain, uts46=True).decode()}'.lower() if sign else address
    except idna.IDNAError:
        return address


def upgrade() -> None:
    bind = op.get_bind()
    for name, column, unique_within in ADDRESSES:
        scopes = unique_within or ()
        table = sa.table(name, sa.column('id'), sa.column(column), *map(sa.column, scopes))
        address = table.c[column]
        size = sa.cast(address, sa.LargeBinary) if bind.dialect.name == 'sqlite' else address
        counted = sa.func.length(size) if bind.dialect.name == 'sqlite' else sa.func.octet_length(size)
        others = sa.select(table).where(counted != sa.func.length(address))
        for row in bind.execute(others).mappings().all():
            spelled = _spelled(row[column])
            same = [table.c[scope] == row[scope] for scope in scopes]
            taken = sa.select(table.c.id).where(address == spelled, *same)
            if spelled != row[column] and (unique_within is None or bind.execute(taken).first() is None):
                bind.execute(sa.update(table).where(table.c.id == row['id']).values({column: spelled}))


def downgrade() -> None:
    # Both spellings are the same mailbox, and the version before sends to either.
    pass
