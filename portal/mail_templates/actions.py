"""What members do with texts: save, bring back, give up, keep what is typed, try out on themselves."""

from datetime import timedelta
from typing import Final

from sqlalchemy.exc import IntegrityError

from portal.agencies.models import Member
from portal.audit import trail
from portal.core import clock
from portal.core.db import db
from portal.core.errors import NotNow, PortalError
from portal.core.texts import _l
from portal.mail import trying
from portal.mail.composing import ComposedMail
from portal.mail.kinds import rules_of
from portal.mail.models import OutboxMessage
from portal.mail.template_models import TemplateDraft, TemplateVersion
from portal.mail.templating import MAX_BODY, MAX_SUBJECT, read_template
from portal.mail_templates import queries
from portal.mail_templates.places import Place

MOST_TESTS: Final = 10
WITHIN: Final = timedelta(hours=1)


class EnoughTests(PortalError):
    """Tests are for looking at, and nobody looks at more in an hour."""

    status = 429
    title = _l("Enough tests for now")
    message = _l(
        "Nothing was sent. You can send yourself %(most)s tests an hour; the preview has no limit.",
        most=MOST_TESTS,
    )


def save_text(place: Place, subject: str, body: str, by: Member) -> TemplateVersion:
    """Write a new version, which is in force at once; mails already written stay as they are.

    Raises ``TemplateRefused`` where the text cannot be used.
    """
    version = _add(place, by, subject=subject, body=body)
    forget_draft(place, by)
    trail.record(by, "mail_template.changed", version, number=version.number)
    return version


def restore_version(place: Place, number: int, by: Member) -> TemplateVersion:
    """Write a new version that says what an earlier one said; raises ``TemplateRefused`` where it cannot."""
    old = queries.get_version(place, number)
    if old.is_in_force:
        raise NotNow
    version = _add(place, by, subject=old.subject, body=old.body, is_own=old.is_own, restores=number)
    trail.record(by, "mail_template.restored", version, number=version.number, restores=number)
    return version


def give_up_text(place: Place, by: Member) -> TemplateVersion:
    """Use what lies below again: the agency's text for an account, for the agency the shipped one."""
    newest = queries.find_newest(place, to_write=True)
    if newest is None or not newest.is_own:
        raise NotNow
    version = _add(place, by, is_own=False)
    trail.record(by, "mail_template.given_up", version, number=version.number)
    return version


def keep_draft(place: Place, subject: str, body: str, by: Member) -> None:
    """Keep what is typed, for the preview and in case it is never saved; but nothing longer than a text."""
    if len(subject) > MAX_SUBJECT or len(body) > MAX_BODY:
        return
    draft = queries.find_draft(place, by)
    if draft is None:
        try:
            with db.session.begin_nested():
                draft = TemplateDraft(member_id=by.id, page=place.page, subject=subject, body=body)
                db.session.add(draft)
        except IntegrityError:  # the same page in another tab was quicker
            return
    draft.subject, draft.body, draft.changed_at = subject, body, clock.now()


def forget_draft(place: Place, by: Member) -> None:
    """Throw away what was typed and not saved."""
    draft = queries.find_draft(place, by)
    if draft is not None:
        db.session.delete(draft)


def send_test(place: Place, composed: ComposedMail, to: Member) -> OutboxMessage:
    """Send a text that is being tried to the member who tries it, and to nobody else."""
    if trying.tests_sent(to, WITHIN) >= MOST_TESTS:
        raise EnoughTests
    mail = trying.post_test(place.kind, composed, to)
    trail.record(to, "mail_template.tested", mail)
    return mail


def _add(
    place: Place,
    by: Member,
    *,
    subject: str = "",
    body: str = "",
    is_own: bool = True,
    restores: int | None = None,
) -> TemplateVersion:
    if is_own:
        read_template(subject, body, rules_of(place.kind))
    newest = queries.find_newest(place, to_write=True)
    if newest is not None:
        newest.is_in_force = False
    version = TemplateVersion(
        account_id=place.account.id if place.account else None,
        kind=place.kind,
        language=place.language,
        number=newest.number + 1 if newest else 1,
        subject=subject,
        body=body,
        is_own=is_own,
        restores=restores,
        written_by_id=by.id,
    )
    db.session.add(version)
    db.session.flush()
    return version
