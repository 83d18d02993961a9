from portal.crm.protocol import AccountDetails, Capability, Examination, Finding, Reason
from portal.crm.words import LABELS, LOSSES, explain


def test_an_examination_is_explained_line_by_line_with_what_will_not_work() -> None:
    findings = (
        Finding(Capability.LIST_USERS, allowed=True),
        Finding(
            Capability.SEATS, allowed=False, missing_scopes=("settings.billing.write",), reason=Reason.SCOPE
        ),
        Finding(
            Capability.CREATE_USERS,
            allowed=False,
            missing_scopes=("a", "b"),
            reason=Reason.SCOPE,
            any_scope=True,
        ),
        Finding(Capability.PERMISSION_SETS, allowed=False, reason=Reason.TIER),
        Finding(Capability.TEAMS, allowed=False, reason=Reason.UNREACHABLE),
        Finding(Capability.ACTIVITY, allowed=False, reason=Reason.RATE_LIMITED),
    )

    lines = explain(Examination(AccountDetails("5", "Northwind", "", "UTC", "EUR", ""), findings))

    assert [str(line) for line in lines] == [
        "users: yes",
        "seats: not allowed, needs settings.billing.write - remaining seats stay hidden",
        "adding users: not allowed, needs a or b - new users are added by hand",
        "permission sets: not offered to this account - what users may do is set by hand",
        "teams: not known, the CRM did not answer - test again",
        "sign-ins: not known, the CRM asks us to slow down - test again later",
    ]


def test_every_capability_has_its_words() -> None:
    assert (set(LABELS), set(LOSSES)) == (set(Capability), set(Capability))
