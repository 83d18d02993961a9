"""Finding accounts by any part of their name, through each database's own index of letter triples."""

from sqlalchemy import ColumnElement, and_, column, select, table

from portal.accounts.models import Account
from portal.core.db import add_sql, db
from portal.core.texts import folded

TRIPLE = 3
MOST_WORDS = 8

_index = table("account_search", column("rowid"), column("account_search"))

_LEARN = "INSERT INTO account_search(rowid, sort_name) VALUES (new.id, new.sort_name)"
_FORGET = """INSERT INTO account_search(account_search, rowid, sort_name)
VALUES ('delete', old.id, old.sort_name)"""

INDEXES = {
    "sqlite": (
        """CREATE VIRTUAL TABLE account_search
        USING fts5(sort_name, content='accounts', content_rowid='id', tokenize='trigram')""",
        f"CREATE TRIGGER account_search_new AFTER INSERT ON accounts BEGIN {_LEARN}; END",
        f"CREATE TRIGGER account_search_gone AFTER DELETE ON accounts BEGIN {_FORGET}; END",
        f"""CREATE TRIGGER account_search_renamed AFTER UPDATE OF sort_name ON accounts
        BEGIN {_FORGET}; {_LEARN}; END""",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE INDEX ix_accounts_search ON accounts USING gin (sort_name gin_trgm_ops)",
    ),
}

add_sql(Account, "after_create", INDEXES)
add_sql(Account, "after_drop", {"sqlite": ("DROP TABLE IF EXISTS account_search",)})


def named(text: str) -> ColumnElement[bool]:
    """Return the condition that every word of ``text`` is part of an account's name."""
    words = folded(text).split()[:MOST_WORDS]
    long = [word for word in words if len(word) >= TRIPLE]
    if db.engine.dialect.name != "sqlite" or not long:
        return and_(True, *(_holds(word) for word in words))  # noqa: FBT003 - SQL's own TRUE
    phrases = " ".join('"' + word.replace('"', '""') + '"' for word in long)
    found = select(_index.c.rowid).where(_index.c.account_search.op("MATCH")(phrases))
    return and_(Account.id.in_(found), *(_holds(word) for word in words if word not in long))


def _holds(word: str) -> ColumnElement[bool]:
    return Account.sort_name.contains(word, autoescape=True)
