"""Answer links: made for one contact and one request, checked in constant time, revoked at once."""

import hmac
import re
import secrets
from datetime import timedelta

from sqlalchemy import update

from portal.access_requests import queries
from portal.access_requests.models import AccessRequest, AnswerLink
from portal.accounts.models import Contact
from portal.core import clock
from portal.core.db import db
from portal.core.ids import fingerprint, random_token

LIVES = timedelta(days=14)
OPENED_EVERY = timedelta(minutes=10)
SELECTOR = re.compile(r"[a-z2-7]{12}")
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
SECRET_LENGTH = 43  # of 256 bits in base64


def make_link(
    access_request: AccessRequest, contact: Contact, *, is_passed_on: bool = False
) -> tuple[AnswerLink, str]:
    """Make a link for a contact; return it with its token, which is stored nowhere."""
    selector = "".join(secrets.choice(LETTERS) for _letter in range(12))
    secret = random_token()
    link = AnswerLink(
        account_id=access_request.account_id,
        request_id=access_request.id,
        contact_id=contact.id,
        selector=selector,
        secret_hash=fingerprint(secret),
        expires_at=clock.now() + LIVES,
        is_passed_on=is_passed_on,
    )
    db.session.add(link)
    db.session.flush()
    return link, f"{selector}.{secret}"


def find_by_token(token: str) -> AnswerLink | None:
    """Return the link a token opens, expired or not, or None."""
    selector, _dot, secret = token.partition(".")
    link = find_by_selector(selector)
    if link is None or len(secret) != SECRET_LENGTH or not secret.isascii():
        return None
    return link if hmac.compare_digest(link.secret_hash, fingerprint(secret)) else None


def find_by_selector(selector: str) -> AnswerLink | None:
    """Return the link with this selector, expired or not, or None."""
    return queries.find_link(selector) if SELECTOR.fullmatch(selector) else None


def is_open(link: AnswerLink) -> bool:
    """Tell whether the link still works."""
    return link.revoked_at is None and clock.now() < link.expires_at


def is_worth_counting(link: AnswerLink) -> bool:
    """Tell whether this opening is a new one, and not the next page of the last."""
    return link.opened_at is None or clock.now() - link.opened_at > OPENED_EVERY


def count_opening(link: AnswerLink) -> None:
    """Note that somebody opened the link."""
    link.opened, link.opened_at = link.opened + 1, clock.now()


def revoke_links(access_request: AccessRequest) -> None:
    """End every link of a request, whoever holds it."""
    db.session.execute(
        update(AnswerLink)
        .where(AnswerLink.request_id == access_request.id, AnswerLink.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )
