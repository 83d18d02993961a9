"""What confirming a proposal takes, in words: the same on the page and in the trail."""

from collections.abc import Iterator

from portal.access_requests.proposal_queries import Proposal
from portal.core.texts import Text, _l


def notes_of(proposal: Proposal, *, invites: bool) -> Iterator[Text]:
    """Yield what the page said beside the fields, as the trail keeps it."""
    if proposal.may_invite:
        yield invitation(proposal, invites=invites)
    for shown in proposal.included:
        if shown.undelivered is not None:
            yield _l("%(name)s: %(problem)s", name=shown.person.name, problem=shown.undelivered)


def invitation(proposal: Proposal, *, invites: bool) -> Text:
    """Return what was chosen about the CRM's own invitation."""
    if invites:
        return _l("%(crm)s sends new users its invitation email.", crm=proposal.crm_name)
    return _l("%(crm)s sends new users no invitation email.", crm=proposal.crm_name)
