"""Accounts and contacts."""

import factory

from portal.accounts.models import Account, Contact
from tests.factories.agencies import Stored


class AccountFactory(Stored):
    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Account {n}")
    slug = factory.Sequence(lambda n: f"account-{n}")


class ContactFactory(Stored):
    class Meta:
        model = Contact

    account_id = factory.LazyFunction(lambda: AccountFactory().id)
    name = factory.Sequence(lambda n: f"Contact {n}")
    email = factory.Sequence(lambda n: f"contact{n}@client.example")
