"""Flask-Admin over the portal's tables, as it comes, behind the portal's own session cookie.

Runs in a virtual environment of its own.
"""

import hashlib
import os
from typing import Any

from flask import Flask, session
from flask_admin import Admin, AdminIndexView
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, text
from sqlalchemy.orm import relationship

app = Flask(__name__)
app.config.update(
    SECRET_KEY=os.environ["PORTAL_SECRET_KEY"],
    SQLALCHEMY_DATABASE_URI=os.environ["PORTAL_DATABASE_URL"],
)
db = SQLAlchemy(app)

with app.app_context():
    if db.engine.dialect.name == "sqlite":

        @event.listens_for(db.engine, "connect")
        def _prepare(connection: Any, _record: object) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA busy_timeout = 20000")

    db.metadata.reflect(db.engine, only=("members", "accounts", "account_tags", "contacts", "users"))


class Member(db.Model):
    """Who looks after an account."""

    __table__ = db.metadata.tables["members"]

    def __str__(self) -> str:
        return self.name


class Tag(db.Model):
    """A word on an account."""

    __table__ = db.metadata.tables["account_tags"]

    def __str__(self) -> str:
        return self.name


class Account(db.Model):
    """One client's CRM."""

    __table__ = db.metadata.tables["accounts"]
    consultant = relationship(
        Member, primaryjoin="foreign(Account.consultant_id) == Member.id", viewonly=True
    )
    tags = relationship(
        Tag, primaryjoin="foreign(Tag.account_id) == Account.id", viewonly=True, lazy="selectin"
    )

    def __str__(self) -> str:
        return self.name


class Contact(db.Model):
    """Who answers."""

    __table__ = db.metadata.tables["contacts"]


class User(db.Model):
    """Who has a login in a CRM."""

    __table__ = db.metadata.tables["users"]
    account = relationship(Account, primaryjoin="foreign(User.account_id) == Account.id", viewonly=True)


SESSION = text(
    "SELECT m.id, m.name FROM member_sessions s JOIN members m ON m.id = s.member_id"
    " WHERE s.token_hash = :token AND s.ended_at IS NULL AND m.ended_at IS NULL"
)


def is_signed_in() -> bool:
    """Tell whether the cookie names a session that is on; one statement."""
    token = hashlib.sha256(session.get("_user_id", "").encode()).hexdigest()
    return db.session.execute(SESSION, {"token": token}).first() is not None


class Home(AdminIndexView):
    """The first page."""

    def is_accessible(self) -> bool:
        """Tell whether somebody is signed in."""
        return is_signed_in()


class Guarded(ModelView):
    """Fifty rows a page, for who is signed in."""

    page_size = 50

    def is_accessible(self) -> bool:
        """Tell whether somebody is signed in."""
        return is_signed_in()


class AccountView(Guarded):
    """The account list."""

    column_list = (
        "name", "tags", "crm", "health", "users_count", "seats_used", "seats_free", "waiting_for_us",
        "waiting_for_client", "consultant", "last_read_at",
    )  # fmt: skip
    column_searchable_list = ("sort_name",)
    column_filters = ("crm", "health")
    column_default_sort = "sort_name"


class UserView(Guarded):
    """The users, of one account or of all."""

    column_list = (
        "first_name", "last_name", "email", "account", "seats", "permission_set_id", "primary_team_id",
        "last_sign_in_at", "active", "super_admin",
    )  # fmt: skip
    column_searchable_list = ("sort_name", "email")
    column_filters = ("account_id",)
    column_default_sort = "sort_name"


class ContactView(Guarded):
    """The form that changes one row."""

    form_columns = ("name", "email", "language", "may_approve")


admin = Admin(app, index_view=Home())
admin.add_view(AccountView(Account, db.session, endpoint="accounts"))
admin.add_view(UserView(User, db.session, endpoint="users"))
admin.add_view(ContactView(Contact, db.session, endpoint="contacts"))
