import pytest

from portal.agencies import scope
from portal.agencies.models import Agency, Member
from portal.core.db import db
from portal.core.errors import NotNow
from portal.job_roles import actions, queries
from portal.job_roles.actions import Wording
from portal.job_roles.models import JobRole

NURSE = Wording("Nurse", "Cares for patients.", ["See patients"])


def keys(**asked: bool) -> list[str]:
    return [job_role.key for job_role in queries.job_roles(**asked)]


def test_an_agency_starts_with_the_shipped_job_roles_in_five_languages(shipped: None) -> None:
    assert keys() == [
        "sales_rep",
        "sales_manager",
        "marketer",
        "service_agent",
        "reports_only",
        "administrator",
        "external_partner",
    ]
    assert [role.key for role in queries.job_roles() if role.is_admin] == ["administrator"]
    assert {len(role.texts) for role in queries.job_roles()} == {5}


def test_copying_again_changes_nothing(shipped: None, partner_admin: Member) -> None:
    first = queries.get_job_role("sales_rep")
    actions.change_job_role(first, "en", NURSE, partner_admin, is_admin=False)
    actions.copy_shipped_job_roles()

    assert len(keys()) == 7
    assert queries.text_of(queries.get_job_role("sales_rep"), "en").name == "Nurse"


def test_a_text_is_given_in_the_readers_language_or_in_english_or_at_all(
    shipped: None, agency: Agency, partner_admin: Member
) -> None:
    sales = queries.get_job_role("sales_rep")
    own = actions.add_job_role("nl", Wording("Verpleger", "Zorgt.", ["Zien"]), partner_admin)

    names = [queries.text_of(sales, "de").name, queries.text_of(sales, "pl").name]
    assert names == ["Vertrieb", "Sales"]
    assert queries.text_of(own, "fr").name == "Verpleger"


def test_changing_one_language_leaves_the_others(shipped: None, partner_admin: Member) -> None:
    sales = queries.get_job_role("sales_rep")
    actions.change_job_role(sales, "en", NURSE, partner_admin, is_admin=True)

    assert (queries.text_of(sales, "en").can_do, sales.is_admin) == (["See patients"], True)
    assert queries.text_of(sales, "de").name == "Vertrieb"


def test_own_job_roles_come_last_and_get_keys_of_their_own(shipped: None, partner_admin: Member) -> None:
    made = [actions.add_job_role("en", NURSE, partner_admin) for _turn in range(3)]

    assert [job_role.key for job_role in made] == ["nurse", "nurse_2", "nurse_3"]
    assert keys()[-3:] == ["nurse", "nurse_2", "nurse_3"]


def test_a_job_role_moves_up_until_it_is_first(shipped: None, partner_admin: Member) -> None:
    marketer = queries.get_job_role("marketer")
    orders = []
    for _turn in range(3):
        actions.move_up(marketer, partner_admin)
        orders.append(keys()[:3])

    assert orders == [
        ["sales_rep", "marketer", "sales_manager"],
        ["marketer", "sales_rep", "sales_manager"],
        ["marketer", "sales_rep", "sales_manager"],
    ]


def test_an_ended_job_role_is_offered_no_longer_until_it_is_restored(
    shipped: None, partner_admin: Member
) -> None:
    marketer = queries.get_job_role("marketer")
    actions.end_job_role(marketer, partner_admin)
    without = keys()
    with pytest.raises(NotNow):
        actions.end_job_role(marketer, partner_admin)
    actions.restore_job_role(marketer, partner_admin)

    assert ("marketer" in without, keys()[-1]) == (False, "marketer")
    with pytest.raises(NotNow):
        actions.restore_job_role(marketer, partner_admin)


def test_an_ended_job_role_stays_where_it_is(shipped: None, partner_admin: Member) -> None:
    marketer = queries.get_job_role("marketer")
    actions.end_job_role(marketer, partner_admin)

    with pytest.raises(NotNow):
        actions.move_up(marketer, partner_admin)


def test_job_roles_of_another_agency_are_not_seen(shipped: None, agency: Agency) -> None:
    with scope.every_agency(reason="looking across"):
        other = db.session.query(Agency).filter(Agency.name == "Canary Partners").one().id
        rows = db.session.query(JobRole).count()
    with scope.agency(other):
        assert (keys(with_ended=True), rows) == ([], 7)
