"""Letting members in."""

from portal.agencies import scope
from portal.audit import trail
from portal.sign_in import passwords, queries, sessions


def sign_in(email: str, password: str) -> bool:
    """Start a session if the password fits; say nothing about why it does not."""
    with scope.every_agency(reason="signing in knows no agency yet"):
        member = queries.find_member_by_email(email)
        fits = passwords.fits(member, password)
    if member is None or not fits or not member.is_active:
        return False
    scope.enter(member.agency_id)
    sessions.start(member)
    trail.record(member, "member.signed_in", member)
    return True


def sign_out() -> None:
    """End the session of this browser."""
    row = sessions.find_current()
    if row is not None:
        sessions.end(row)
    sessions.forget()
