"""Letting members in and out, and what they change about themselves."""

from portal.agencies import scope
from portal.agencies.models import Member, Theme
from portal.agencies.queries import get_member
from portal.audit import trail
from portal.core.email_addresses import canonical
from portal.core.errors import NotNow
from portal.core.texts import _l
from portal.jobs.work import enqueue_for_nobody, step
from portal.sign_in import keeping, known_browsers, links, mails, passwords, queries, sessions, throttle
from portal.sign_in.models import MemberLink, MemberSession
from portal.sign_in.states import SEND_RESET, LinkPurpose
from portal.sign_in.throttle import Subject
from portal.web.addresses import whole_address


class NotThisOne(NotNow):
    """The session that asks is ended by signing out, not from its own list."""

    message = _l("This is the session you are using. To end it, sign out.")


def sign_in(email: str, password: str, network: str) -> bool:
    """Start a session if the password fits; say nothing about why it does not.

    Raises ``TooManyTries``, also for the right password, while earlier tries weigh.
    """
    found = queries.find_credentials(email)
    tried = throttle.sign_in_subjects(canonical(email), network, _known_browser(found))
    is_last = throttle.count_try(tried)
    fits = passwords.fits(found.password_hash if found else None, password)
    if found is None or not fits:
        if is_last and found:
            _tell_of_guessing(found, network)
        return False
    scope.enter(found.agency_id)
    member = get_member(found.member_id)
    throttle.forgive(tried)
    passwords.renew(member, password)
    _let_in(member)
    return True


def _known_browser(found: queries.Credentials | None) -> str | None:
    if found is None or found.password_hash is None:
        return None
    return known_browsers.find(found.member_id, found.password_hash)


def _let_in(member: Member) -> None:
    earlier = keeping.find_session()
    sessions.start(member)
    keeping.hand_over(earlier, member)
    trail.record(member, "member.signed_in", member)


def _tell_of_guessing(found: queries.Credentials, network: str) -> None:
    """Put the wait into the trail at once, since the request that met it is rolled back."""
    with scope.agency(found.agency_id), step():
        trail.record(trail.PORTAL, "member.guessing_slowed", get_member(found.member_id), network=network)


def sign_out() -> None:
    """End the session of this browser."""
    row = sessions.find_current()
    if row is not None:
        sessions.end(row)
        trail.record(row.member, "member.signed_out", row.member)
    sessions.forget()


def ask_for_reset(email: str, network: str) -> None:
    """Send a link to choose a new password, if a member has this address; nobody learns whether.

    Raises ``TooManyTries`` for a network that asks too often. Too many asks for one address send no more
    emails for some minutes; the link in the last one works meanwhile.
    """
    throttle.count_try((Subject("reset-network", network),))
    try:
        throttle.count_try((Subject("reset-address", canonical(email)),))
    except throttle.TooManyTries:
        return
    found = queries.find_credentials(email)
    knows = found is not None and found.password_hash is not None
    whose = (found.agency_id, found.member_id) if found and knows else (0, 0)
    enqueue_for_nobody(SEND_RESET, *whose, network)  # for unknown addresses too, which takes the same time


def send_reset_link(member_id: int, network: str) -> None:
    """Send a member the link to choose a new password."""
    member = get_member(member_id)
    if not member.is_active:
        return
    link, token = links.issue(member, LinkPurpose.PASSWORD_RESET)
    mails.post_reset_link(member, link, whole_address("sign_in.reset", token=token))
    trail.record(trail.PORTAL, "member.reset_asked", member, network=network)


def reset_password(link: MemberLink, password: str, network: str) -> None:
    """Spend the link, store the password, end every session, and sign the member in."""
    member = link.member
    links.use(link)
    passwords.set_password(member, password)
    sessions.end_all(member)
    pair, *_shared = throttle.sign_in_subjects(member.email, network, None)
    throttle.forgive((pair, Subject("reset-address", member.email)))
    trail.record(member, "member.password_reset", member)
    mails.tell_password_changed(member)
    _let_in(member)


def is_own_password(member: Member, password: str) -> bool:
    """Tell whether a signed-in member typed their password; raises ``TooManyTries`` after wrong ones."""
    row = sessions.find_current()
    tried = (Subject("session", str(row.id if row else 0)),)
    throttle.count_try(tried)
    fits = passwords.fits(member.password_hash, password)
    if fits:
        throttle.forgive(tried)
    return fits


def change_password(member: Member, current: str, new: str) -> bool:
    """Store a new password and end all other sessions, if the current one fits; tell whether it did."""
    if not is_own_password(member, current):
        return False
    passwords.set_password(member, new)
    known_browsers.remember(member)
    links.end_open(member, LinkPurpose.PASSWORD_RESET)
    sessions.end_all(member, but=sessions.find_current())
    trail.record(member, "member.password_changed", member)
    mails.tell_password_changed(member)
    return True


def change_profile(
    member: Member, *, name: str, language: str, time_zone: str, theme: str, wants_digest: bool
) -> None:
    """Store what a member says about themselves."""
    wanted = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "theme": Theme(theme),
        "wants_digest": wants_digest,
    }
    changed = sorted(key for key, value in wanted.items() if getattr(member, key) != value)
    for key in changed:
        setattr(member, key, wanted[key])
    if changed:
        trail.record(member, "member.profile_changed", member, changed=changed)


def end_session(member: Member, row: MemberSession) -> None:
    """End another session of the member."""
    if row == sessions.find_current():
        raise NotThisOne
    sessions.end(row)
    trail.record(member, "member.session_ended", member)


def end_other_sessions(member: Member) -> None:
    """End every session of the member but the one that asks."""
    sessions.end_all(member, but=sessions.find_current())
    trail.record(member, "member.other_sessions_ended", member)
