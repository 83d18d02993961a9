"""Sums over the accounts of an agency, which the database keeps by itself.

The home page shows them at every visit; adding up ten thousand accounts for it would make it slower with
each of them. Whoever changes an account need not know: triggers carry every change over. PostgreSQL does so
at the very end of a transaction, so that two of them never wait for each other in a circle.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts.models import Account
from portal.agencies.models import Member
from portal.agencies.ownership import AgencyOwned
from portal.core.db import Model, add_sql, db


class AccountTotals(AgencyOwned, Model):
    """What all accounts of an agency that are not archived have together."""

    __tablename__ = "account_totals"
    constraints: ClassVar = (UniqueConstraint("agency_id"),)

    accounts: Mapped[int] = mapped_column(default=0)
    seats_free: Mapped[int] = mapped_column(default=0)
    never_signed_in: Mapped[int] = mapped_column(default=0)
    waiting_for_client: Mapped[int] = mapped_column(default=0)
    waiting_for_us: Mapped[int] = mapped_column(default=0)


SUMS: Final = ("seats_free", "never_signed_in", "waiting_for_client", "waiting_for_us")
_ALL: Final = ("accounts", *SUMS)


def _carry_over(row: str, sign: str) -> str:
    """Return the statement that adds or takes off what one account has, unless it is archived."""
    values = ", ".join(("1", *(f"coalesce({row}.{name}, 0)" for name in SUMS)))
    changed = ", ".join(f"{name} = account_totals.{name} {sign} excluded.{name}" for name in _ALL)
    # The first account of an agency makes the row; a row that is taken off from is there already.
    return f"""INSERT INTO account_totals (agency_id, {", ".join(_ALL)})
    SELECT {row}.agency_id, {values} WHERE {row}.archived_at IS NULL
    ON CONFLICT (agency_id) DO UPDATE SET {changed};"""


_WATCHED: Final = ", ".join(("archived_at", *SUMS))

TRIGGERS: Final = {
    "sqlite": (
        f"CREATE TRIGGER account_totals_new AFTER INSERT ON accounts BEGIN {_carry_over('new', '+')} END",
        f"CREATE TRIGGER account_totals_gone AFTER DELETE ON accounts BEGIN {_carry_over('old', '-')} END",
        f"""CREATE TRIGGER account_totals_changed AFTER UPDATE OF {_WATCHED} ON accounts
        BEGIN {_carry_over("old", "-")} {_carry_over("new", "+")} END""",
    ),
    "postgresql": (
        f"""CREATE FUNCTION keep_account_totals() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP <> 'INSERT' THEN {_carry_over("OLD", "-")} END IF;
        IF TG_OP <> 'DELETE' THEN {_carry_over("NEW", "+")} END IF;
        RETURN NULL; END $$""",
        *(
            f"""CREATE CONSTRAINT TRIGGER account_totals_{when.lower()} AFTER {of} ON accounts
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {only} EXECUTE FUNCTION keep_account_totals()"""
            for when, of, only in (
                ("new", "INSERT", ""),
                ("gone", "DELETE", ""),
                (
                    "changed",
                    f"UPDATE OF {_WATCHED}",
                    "WHEN ((" + ", ".join(f"OLD.{name}" for name in _WATCHED.split(", ")) + ")"
                    " IS DISTINCT FROM (" + ", ".join(f"NEW.{name}" for name in _WATCHED.split(", ")) + "))",
                ),
            )
        ),
    ),
}

add_sql(Account, "after_create", TRIGGERS)
add_sql(Account, "after_drop", {"postgresql": ("DROP FUNCTION keep_account_totals CASCADE",)})


def totals_for(member: Member) -> Any:
    """Return the sums over the accounts that a member sees; those who see all read one row."""
    kept = AccountTotals if member.sees_all_accounts else Account
    columns = (func.coalesce(func.sum(getattr(kept, name)), 0).label(name) for name in SUMS)
    statement = select(*columns).select_from(kept)
    if kept is Account:
        statement = statement.where(Account.archived_at.is_(None))
    return db.session.execute(statement).one()
