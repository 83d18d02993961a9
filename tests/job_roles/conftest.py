"""An account with something to map to."""

import pytest

from portal.accounts.models import Account
from portal.agencies.models import Agency
from portal.job_roles.actions import copy_shipped_job_roles
from tests.factories.accounts import AccountFactory
from tests.factories.users import PermissionSetFactory, SeatFactory, TeamFactory


@pytest.fixture
def shipped(agency: Agency) -> None:
    copy_shipped_job_roles()


@pytest.fixture
def account(agency: Agency, shipped: None) -> Account:
    account = AccountFactory(name="Northwind", slug="northwind")
    SeatFactory(account_id=account.id, name="Sales", remaining=3)
    SeatFactory(account_id=account.id, name="Core")
    PermissionSetFactory(account_id=account.id, external_id="71", name="Sales Rep", costs_seat=True)
    TeamFactory(account_id=account.id, external_id="81", name="Sales EU")
    TeamFactory(account_id=account.id, external_id="82", name="Sales US")
    other = AccountFactory(name="Contoso", slug="contoso")
    TeamFactory(account_id=other.id, external_id="99", name="Foreign team")
    return account
