"""The mails that signing in sends."""

from zoneinfo import ZoneInfo

from portal.agencies.models import Member
from portal.core import clock
from portal.mail import outbox
from portal.mail.kinds import MailKind
from portal.sign_in.models import MemberLink
from portal.web.addresses import whole_address


def post_reset_link(member: Member, link: MemberLink, address: str) -> None:
    """Send a member the link to choose a new password."""
    outbox.post(
        MailKind.PASSWORD_RESET,
        language=member.language,
        recipient=member.email,
        recipient_name=member.name,
        values={
            "member_name": member.name,
            "reset_link": address,
            "expires_at": link.expires_at.astimezone(ZoneInfo(member.time_zone)),
        },
        key=f"member-link-{link.id}",
        topic=member,
        automatic=False,  # the throttle limits them; held ones would shut this way in
    )


def tell_password_changed(member: Member) -> None:
    """Tell a member that their password was changed, and what to do if it was not them."""
    moment = clock.now()
    outbox.post(
        MailKind.PASSWORD_CHANGED,
        language=member.language,
        recipient=member.email,
        recipient_name=member.name,
        values={
            "member_name": member.name,
            "changed_at": moment.astimezone(ZoneInfo(member.time_zone)),
            "new_password_link": whole_address("sign_in.forgotten"),
        },
        key=f"password-changed-{member.id}-{moment.isoformat()}",
        topic=member,
        automatic=False,
    )
