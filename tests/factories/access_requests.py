"""Access requests, with the people in them."""

import factory

from portal.access_requests.models import AccessRequest, RequestPerson
from tests.factories.accounts import ContactFactory
from tests.factories.agencies import MemberFactory, Stored


class RequestPersonFactory(Stored):
    class Meta:
        model = RequestPerson

    place = factory.Sequence(int)
    first_name = factory.Sequence(lambda n: f"Nina{n}")
    last_name = "Newcomer"
    email = factory.Sequence(lambda n: f"nina{n}@client.example")
    will_do = "Joins the sales team"


class AccessRequestFactory(Stored):
    """A draft about one person; ``contact`` and ``started_by`` may be given."""

    class Meta:
        model = AccessRequest
        exclude = ("contact_to_ask", "consultant")

    contact_to_ask = factory.LazyFunction(ContactFactory)
    consultant = factory.LazyFunction(MemberFactory)
    account_id = factory.LazyAttribute(lambda made: made.contact_to_ask.account_id)
    contact_id = factory.LazyAttribute(lambda made: made.contact_to_ask.id)
    started_by_id = factory.LazyAttribute(lambda made: made.consultant.id)
    number = factory.Sequence(lambda n: n + 1)

    @factory.post_generation
    def people(self, _create: object, people: int | None, **_more: object) -> None:
        for _number in range(1 if people is None else people):
            RequestPersonFactory(request_id=self.id, account_id=self.account_id)
