"""The mail that invites a new member."""

from zoneinfo import ZoneInfo

from portal.agencies.models import Member
from portal.mail import outbox
from portal.mail.kinds import MailKind
from portal.sign_in.models import MemberLink


def post_invitation(by: Member, member: Member, link: MemberLink, address: str) -> None:
    """Send somebody the link to join the agency."""
    outbox.post(
        MailKind.INVITATION,
        key=f"member-link-{link.id}",
        language=member.language,
        recipient=member.email,
        recipient_name=member.name,
        values={
            "member_name": member.name,
            "invited_by": by.name,
            "invitation_link": address,
            "expires_on": link.expires_at.astimezone(ZoneInfo(member.time_zone)).date(),
        },
        topic=member,
        automatic=False,
    )
