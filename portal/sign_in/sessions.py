"""Sessions: started at sign-in, looked up at every request, ended by either side or by time."""

from datetime import UTC, datetime, timedelta

from flask import Response, current_app, request, session
from flask_login import LoginManager, login_user, logout_user
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import joinedload

from portal.agencies import scope
from portal.agencies.models import Member
from portal.core import clock
from portal.core.db import begin_writing, db
from portal.core.ids import fingerprint, random_token
from portal.sign_in import known_browsers
from portal.sign_in.models import MemberSession

CONFIRMED = "password_at"
CONFIRMED_FOR = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=1)
_BY_TOKEN = (
    select(MemberSession)
    .where(MemberSession.token_hash == bindparam("token_hash"))
    .options(joinedload(MemberSession.member).joinedload(Member.agency))  # every page names the agency
)
TOKEN = "token"  # noqa: S105 - the name of the key, not a secret


class SignIns(LoginManager):  # type: ignore[misc]  # Flask-Login ships no types
    """Flask-Login without its cookie for browsers to be remembered by, of which there is none here.

    Looking for it would open the session for every answer, and no cache could keep a static file.
    """

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


login_manager = SignIns()
login_manager.session_protection = None  # our sessions are rows, and end there


class SignedIn:
    """What Flask-Login keeps of a session: its token."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str) -> None:
        self._token = token

    def get_id(self) -> str:
        """Return what the cookie will carry."""
        return self._token


def start(member: Member) -> None:
    """Sign a member in with a new session id; whatever the cookie held before is worthless now."""
    _end_the_one_before()
    token = random_token()
    row = MemberSession(agency_id=member.agency_id, member_id=member.id, token_hash=fingerprint(token))
    row.address = request.remote_addr or ""
    row.browser = request.user_agent.string[:200]
    db.session.add(row)
    row.started_at = row.seen_at = member.last_seen_at = clock.now()
    session.clear()
    login_user(SignedIn(token), force=True)
    session[TOKEN] = token
    confirm()
    known_browsers.remember(member)


def confirm() -> None:
    """Note that the member typed their password just now."""
    session[CONFIRMED] = clock.now().timestamp()


def is_confirmed() -> bool:
    """Tell whether the member typed their password lately."""
    at = datetime.fromtimestamp(session.get(CONFIRMED, 0), UTC)
    return clock.now() - at < CONFIRMED_FOR


def _end_the_one_before() -> None:
    with scope.every_agency(reason="the browser may have been signed in to another agency"):
        row = find_current()
        if row is not None and row.ended_at is None:
            end(row)


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load(token: str) -> Member | None:
    """Return the member behind a cookie and enter their agency, or None if the session is over."""
    with scope.every_agency(reason="a cookie is looked up before its agency is known"):
        row = _find(token)
        if row is None or _is_over(row) or not row.member.is_active:
            return None
        if clock.now() - row.seen_at > SEEN_EVERY:
            row = _saw(token)
        member = row.member
    scope.enter(member.agency_id, limited_to=None if member.sees_all_accounts else member.id)
    return member


def _find(token: str) -> MemberSession | None:
    return db.session.scalars(_BY_TOKEN, {"token_hash": fingerprint(token)}).one_or_none()


def _saw(token: str) -> MemberSession:
    """Note that the session is in use; once a minute, since it turns a reading request into a writing one."""
    begin_writing()
    row = db.session.scalars(_BY_TOKEN, {"token_hash": fingerprint(token)}).one()
    row.seen_at = row.member.last_seen_at = clock.now()
    return row


def find_current() -> MemberSession | None:
    """Return the session of the browser that asks, or None."""
    return _find(session.get(TOKEN, ""))


def forget() -> None:
    """Empty the browser's cookie."""
    logout_user()
    session.clear()


def _is_over(row: MemberSession) -> bool:
    seen_since, started_since = oldest_alive()
    return row.ended_at is not None or row.seen_at <= seen_since or row.started_at <= started_since


def oldest_alive() -> tuple[datetime, datetime]:
    """Return since when a session must have been seen, and since when started, to be still on."""
    settings, now = current_app.extensions["settings"], clock.now()
    return (
        now - timedelta(minutes=settings.session_idle_minutes),
        now - timedelta(hours=settings.session_hours),
    )


def end(row: MemberSession) -> None:
    """End a session; its browser is out at the next request."""
    row.ended_at = clock.now()


def end_all(member: Member, *, but: MemberSession | None = None) -> None:
    """End every session of a member, save the one that asks."""
    db.session.execute(
        update(MemberSession)
        .where(
            MemberSession.member_id == member.id,
            MemberSession.ended_at.is_(None),
            MemberSession.id != (but.id if but else 0),
        )
        .values(ended_at=clock.now())
    )
