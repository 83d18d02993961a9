"""The mail that tells a member in the morning what waits for them."""

from collections.abc import Sequence
from datetime import date

from portal.agencies.models import Member
from portal.mail import outbox
from portal.mail.kinds import MailKind
from portal.mail.values import NamedLink
from portal.web.addresses import whole_address


def tell_what_waits(member: Member, waiting: Sequence[NamedLink], *, on: date) -> None:
    """Write to a member, once a day at most."""
    outbox.post(
        MailKind.DAILY_DIGEST,
        key=f"daily-digest:{on.isoformat()}:member:{member.id}",
        recipient_name=member.name,
        recipient=member.email,
        language=member.language,
        values={
            "member_name": member.name,
            "waiting": waiting,
            "portal_link": whole_address("dashboard.home"),
        },
    )
