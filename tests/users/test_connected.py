from flask import Flask

from portal.accounts.models import Account
from portal.core.db import db
from portal.crm.queries import get_connection
from portal.crm.states import CONNECTED, ConnectionState
from portal.jobs import work
from portal.users.models import MirrorRead


def connected(app: Flask, account: Account) -> None:
    work.enqueue(CONNECTED, account.id)
    db.session.commit()
    app.extensions["jobs"].drain()
    db.session.expire_all()


def test_an_account_is_read_as_soon_as_it_is_connected(app: Flask, account: Account) -> None:
    connected(app, account)

    assert account.users_count == 4


def test_an_account_that_was_disconnected_meanwhile_is_not_read(app: Flask, account: Account) -> None:
    get_connection(account.id).state = ConnectionState.DISCONNECTED
    connected(app, account)

    assert db.session.query(MirrorRead).all() == []
