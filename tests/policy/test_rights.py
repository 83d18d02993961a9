import pytest

from portal.agencies.models import Member, Position
from portal.policy.rights import LABELS, POSITIONS, Right, may

VIEWER = {Right.VIEW}
CONSULTANT = VIEWER | {
    Right.EDIT_ACCOUNTS,
    Right.REFRESH_MIRROR,
    Right.MAP_JOB_ROLES,
    Right.SEND_REQUESTS,
    Right.PROVISION,
    Right.READ_INBOX,
    Right.DECIDE_MAIL,
}
PARTNER_ADMIN = CONSULTANT | {
    Right.ARCHIVE_ACCOUNTS,
    Right.CONNECT_CRM,
    Right.EDIT_JOB_ROLES,
    Right.EDIT_MAIL_TEMPLATES,
    Right.VIEW_AUDIT,
}


@pytest.mark.parametrize(
    ("position", "rights"),
    [
        (Position.VIEWER, VIEWER),
        (Position.CONSULTANT, CONSULTANT),
        (Position.PARTNER_ADMIN, PARTNER_ADMIN),
        (Position.OWNER, set(Right)),
    ],
)
def test_a_member_may_what_the_position_says_and_no_more(position: Position, rights: set[Right]) -> None:
    member = Member(position=position)

    assert {right for right in Right if may(member, right)} == rights


def test_no_two_rights_or_positions_are_called_the_same() -> None:
    for words in (LABELS, POSITIONS):
        said = [str(word) for word in words.values()]
        assert len(set(said)) == len(said)
        assert all(said)
