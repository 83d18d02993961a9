"""The mail that signing in sends."""

from zoneinfo import ZoneInfo

from portal.agencies.models import Member
from portal.mail import outbox
from portal.mail.kinds import MailKind
from portal.sign_in.models import MemberLink


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
    )
