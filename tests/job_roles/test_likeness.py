import pytest

from portal.accounts.models import Account
from portal.job_roles import queries
from portal.job_roles.actions import Choice
from portal.job_roles.likeness import likely_choice
from tests.factories.users import PermissionSetFactory


@pytest.mark.parametrize(
    ("key", "choice"),
    [
        # Two teams are as much "Sales" as each other, so none is proposed.
        ("sales_rep", Choice(["Sales"], "71", None)),
        ("marketer", None),
    ],
)
def test_only_what_is_clearly_alike_is_proposed(account: Account, key: str, choice: Choice | None) -> None:
    assert likely_choice(queries.get_job_role(key), queries.targets_of(account)) == choice


def test_names_in_any_of_the_agencys_languages_count(account: Account) -> None:
    PermissionSetFactory(account_id=account.id, external_id="72", name="Kundenservice")

    assert likely_choice(queries.get_job_role("service_agent"), queries.targets_of(account)) == Choice(
        [], "72", None
    )
