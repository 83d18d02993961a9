"""Forms sent after a session was over: kept for an hour, until the same member is back in that browser."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, request
from flask_login import current_user
from sqlalchemy import delete, select, update
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from portal.agencies import scope
from portal.agencies.models import Member
from portal.core import clock
from portal.core.crypto import CannotDecrypt, Vault
from portal.core.db import db
from portal.policy.guards import ANYONE, guard_of
from portal.sign_in import sessions
from portal.sign_in.models import KeptForm, MemberSession
from portal.web import restoring
from portal.web.addresses import is_local
from portal.web.bodies import SMALL
from portal.web.forms import BREAKS, without_control_characters
from portal.web.fragments import page_that_asks, wants_fragment
from portal.web.paging import MAX_INTEGER

KEPT_FOR: Final = timedelta(hours=1)
MOST: Final = 5  # of one session; older ones make room
LARGEST: Final = SMALL  # characters
MARK: Final = "kept"  # in the address of the page that shows the form again
_SECRET: Final = ("password", "token", "secret", "credential")
_NOT_TYPED: Final = {"csrf_token", "going_to"}


def register(app: Flask) -> None:
    """Fill forms again on the pages that signing in leads back to."""
    app.before_request(_offer)


def keep() -> str | None:
    """Keep what was just sent, and return the page to come back to; None where there is nothing to keep.

    Only for a browser whose session was one of ours, so that strangers can store nothing.
    """
    page, sent = _page_of_form(), json.dumps(list(_sent()))
    if page is None or sent == "[]" or len(sent) > LARGEST:
        return None
    row = find_session()
    if row is None or not row.member.is_active:
        return None
    with scope.agency(row.agency_id):
        kept = KeptForm(
            agency_id=row.agency_id, member_id=row.member_id, session_id=row.id, path=urlsplit(page).path
        )
        kept.sealed = _vault().seal(sent, belongs_to=_belongs_to(kept))
        db.session.add(kept)
        db.session.flush()
        _make_room(row)
        return _marked(page, kept.id)


def find_session() -> MemberSession | None:
    """Return the session that the browser's cookie names, whether or not it is over."""
    with scope.every_agency(reason="whoever is not signed in has no agency yet"):
        return sessions.find_current()


def hand_over(earlier: MemberSession | None, member: Member) -> None:
    """Give the member who signed in what they sent in their earlier session; drop what somebody else sent."""
    if earlier is None:
        return
    if earlier.member_id == member.id:
        now = sessions.find_current()
        if now is not None:
            moved = update(KeptForm).where(KeptForm.session_id == earlier.id).values(session_id=now.id)
            db.session.execute(moved)
        return
    with scope.every_agency(reason="the browser may have been signed in to another agency"):
        db.session.execute(delete(KeptForm).where(KeptForm.session_id == earlier.id))


def forget_old() -> None:
    """Drop what was kept for an hour."""
    db.session.execute(delete(KeptForm).where(KeptForm.kept_at <= clock.now() - KEPT_FOR))


def _offer() -> None:
    number = request.args.get(MARK, "")
    guard = guard_of(current_app.view_functions[request.endpoint]) if request.endpoint else ANYONE
    # Pages for clients must not meet the member of the same browser.
    if (
        request.method != "GET"
        or guard == ANYONE
        or not number.isdecimal()
        or len(number) > len(str(MAX_INTEGER))
    ):
        return
    row = _find(int(number)) if int(number) < MAX_INTEGER and current_user.is_authenticated else None
    if row is None or row.path != request.path:
        return
    try:
        sent = _vault().open(row.sealed, belongs_to=_belongs_to(row))
    except CannotDecrypt:
        return
    restoring.offer(MultiDict([(str(name), str(text)) for name, text in json.loads(sent)]))


def _find(kept_id: int) -> KeptForm | None:
    session = sessions.find_current()
    return db.session.scalars(
        select(KeptForm).where(
            KeptForm.id == kept_id,
            KeptForm.session_id == (session.id if session else 0),
            KeptForm.member_id == current_user.id,
            KeptForm.kept_at > clock.now() - KEPT_FOR,
        )
    ).one_or_none()


def _sent() -> Iterator[tuple[str, ...]]:
    for name, text in request.form.items(multi=True):
        if name not in _NOT_TYPED and not is_secret(name):
            yield tuple(without_control_characters(part, BREAKS) for part in (name, text))


def is_secret(name: str) -> bool:
    """Tell whether the field of this name holds what is never kept."""
    return any(word in name.lower() for word in _SECRET)


def _page_of_form() -> str | None:
    """Return the page that holds the form: where it was sent from, or else where it was sent to."""
    for page in (_asking(), request.full_path.rstrip("?")):
        if is_local(page) and _is_page(urlsplit(page).path):
            return page
    return None


def _asking() -> str:
    if wants_fragment():
        return page_that_asks()
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_page(path: str) -> bool:
    try:
        current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return True


def _marked(page: str, kept_id: int) -> str:
    parts = urlsplit(page)
    query = [(name, text) for name, text in parse_qsl(parts.query, keep_blank_values=True) if name != MARK]
    return f"{parts.path}?{urlencode([*query, (MARK, kept_id)])}"


def _make_room(row: MemberSession) -> None:
    newest = (
        select(KeptForm.id)
        .where(KeptForm.session_id == row.id)
        .order_by(KeptForm.kept_at.desc(), KeptForm.id.desc())
    )
    for kept_id in db.session.scalars(newest).all()[MOST:]:
        db.session.execute(delete(KeptForm).where(KeptForm.id == kept_id))


def _belongs_to(kept: KeptForm) -> str:
    return f"kept-form:{kept.agency_id}:{kept.member_id}:{kept.path}"


def _vault() -> Vault:
    vault: Vault = current_app.extensions["vault"]
    return vault
