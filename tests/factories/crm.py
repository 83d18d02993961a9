"""Connections."""

import factory

from portal.crm.connections import keep_token
from portal.crm.models import Connection
from portal.crm.protocol import Capability
from tests.factories.accounts import AccountFactory
from tests.factories.agencies import Stored

EVERYTHING_ALLOWED = [
    {"capability": str(capability), "allowed": True, "missing_scopes": [], "reason": ""}
    for capability in Capability
]


class ConnectionFactory(Stored):
    """A living connection; ``token`` is sealed into it."""

    class Meta:
        model = Connection

    account_id = factory.LazyFunction(lambda: AccountFactory().id)
    external_id = factory.Sequence(lambda n: f"1390{n:05}")
    external_name = "Northwind"
    crm_account = factory.LazyAttribute(lambda connection: f"hubspot:{connection.external_id}")
    findings = factory.LazyFunction(lambda: list(EVERYTHING_ALLOWED))

    @factory.post_generation
    def token(self, _create: object, given: str | None) -> None:
        keep_token(self, given or "demo-enterprise-1")
