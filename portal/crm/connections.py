"""Using a connection: open it, and keep its health as calls succeed or fail."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from flask import current_app

from portal.accounts.models import Account
from portal.accounts.states import Health
from portal.audit import trail
from portal.core import clock
from portal.core.crypto import Vault
from portal.core.errors import PortalError
from portal.core.texts import _l
from portal.crm.connectors import open_connector
from portal.crm.errors import MissingScope, NotConnected, Unreachable
from portal.crm.models import Connection, ConnectionTest
from portal.crm.protocol import Capability, Connector, Finding, Reason
from portal.crm.queries import find_connection
from portal.crm.states import ConnectionState
from portal.crm.words import explain_here, restored
from portal.jobs import work

FAILURES_UNTIL_DEAD: Final = 5
LIVING: Final = frozenset({ConnectionState.ACTIVE, ConnectionState.FAILING})

# Everything else is an answer: the CRM said no to one thing, and the connection works.
FAILURES_OF_THE_CONNECTION: Final = (NotConnected, MissingScope, Unreachable)

NO_CONNECTION = _l("This account is not connected. Connect it under Connection; nothing was changed.")
SWITCHED_OFF = _l(
    "The connection of this account is switched off. Test it again under Connection; nothing was changed."
)


@contextmanager
def open_for(account: Account) -> Iterator[Connector]:
    """Open an account's CRM for a job's calls, or raise ``NotConnected`` where no connection lives.

    Ends the transaction before the first call, so that no lock is held while the CRM answers: touch no
    row inside except in a ``work.step``.
    """
    with work.step():
        crm, token = account.crm, _token_of(account)
    with closing(open_connector(crm, token, api_url())) as connector:
        yield connector


def note_success(connection: Connection) -> None:
    """Remember that the CRM answered: failures are forgiven, unless the connection was ended meanwhile."""
    if connection.state in LIVING:
        connection.state, connection.failures, connection.last_error = ConnectionState.ACTIVE, 0, ""
        connection.account.health = Health.HEALTHY


def note_failure(connection: Connection, error: PortalError) -> None:
    """Remember a failed call: a refused token switches the connection off at once, missing scopes after five.

    A CRM out of reach is waited for, however long: the token is as good as before, and whoever works goes
    on by themselves. Errors that answer one question (no seat, no such user, slow down) change nothing.
    """
    if connection.state not in LIVING or not isinstance(error, FAILURES_OF_THE_CONNECTION):
        return
    connection.failures += 1
    connection.last_error, connection.last_error_at = str(explain_here(error))[:500], clock.now()
    is_waited_for = isinstance(error, Unreachable)
    if isinstance(error, NotConnected) or (connection.failures >= FAILURES_UNTIL_DEAD and not is_waited_for):
        connection.state, connection.account.health = ConnectionState.DEAD, Health.BROKEN
        connection.next_read_at = None
        trail.record(
            trail.PORTAL, "connection.switched_off", connection.account, because=connection.last_error
        )
    else:
        connection.state, connection.account.health = ConnectionState.FAILING, Health.STALE


def can(connection: Connection | None, capability: Capability) -> bool:
    """Tell whether the last test found that this connection may do this."""
    if connection is None or connection.state not in LIVING:
        return False
    return any(found["capability"] == capability and found["allowed"] for found in connection.findings)


def why_not(connection: Connection | None, capability: Capability) -> Finding | None:
    """Return what the last test found to stand against this; None where it may, or no connection lives."""
    if connection is None or connection.state not in LIVING:
        return None
    refused = (found for found in connection.findings if not found["allowed"])
    return next((restored(found) for found in refused if found["capability"] == capability), None)


def is_not_offered(connection: Connection | None, capability: Capability) -> bool:
    """Tell whether the CRM does not offer this to the account, whatever scopes the connection has."""
    finding = why_not(connection, capability)
    return finding is not None and finding.reason is Reason.TIER


def keep_token(holder: Connection | ConnectionTest, token: str) -> None:
    """Seal a token into a stored row, which alone can open it again."""
    holder.sealed_token = _vault().seal(token, belongs_to=_belongs_to(holder))
    holder.token_hint = token[-4:] if len(token) > 16 else ""  # noqa: PLR2004 - a short one would be half told


def open_token(holder: Connection | ConnectionTest) -> str:
    """Return a row's token, or raise ``NotConnected`` if it holds none, ``CannotDecrypt`` if no key fits."""
    if holder.sealed_token is None:
        raise NotConnected(NO_CONNECTION)
    return _vault().open(holder.sealed_token, belongs_to=_belongs_to(holder))


def drop_token(holder: Connection | ConnectionTest) -> None:
    """Destroy a row's token."""
    holder.sealed_token, holder.token_hint = None, ""


def reseal(holder: Connection | ConnectionTest) -> bool:
    """Seal a row's token with the newest key; return whether that was needed."""
    if holder.sealed_token is None or _vault().is_current(holder.sealed_token):
        return False
    keep_token(holder, open_token(holder))
    return True


def api_url() -> str:
    """Return where the CRM's API is, as the settings say."""
    url: str = current_app.extensions["settings"].hubspot_url
    return url


def _token_of(account: Account) -> str:
    connection = find_connection(account.id)
    if connection is None:
        raise NotConnected(NO_CONNECTION)
    if connection.state is ConnectionState.DEAD:
        raise NotConnected(SWITCHED_OFF)
    return open_token(connection)


def _belongs_to(holder: Connection | ConnectionTest) -> str:
    kind = "connection" if isinstance(holder, Connection) else "connection-test"
    return f"agency:{holder.agency_id}:{kind}:{holder.id}"


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
