"""What confirming a proposal takes, in words: the same on the page and in the trail."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.access_requests.proposal_queries import PersonProposal, Proposal, SeatUse
from portal.core.texts import Text, _, _l, ngettext
from portal.users.seats import Freshness
from portal.web.times import moment_of_today


@dataclass(frozen=True, slots=True)
class Line:
    """Something that confirming takes; ``problem`` is what a person should do about it first."""

    icon: str
    words: Text
    problem: Text | None = None

    def __str__(self) -> str:
        return " ".join(str(part) for part in (self.words, self.problem) if part)


def lines_of(proposal: Proposal) -> Iterator[Line]:
    """Yield seats, money and work by hand."""
    for use in proposal.seats:
        problem = _too_few(use) if use.is_short else None
        yield Line("armchair", f"{_number(use)}: {left_of(use, proposal.freshness)}", problem)
    if not proposal.seats:
        yield Line("armchair", _l("No seats are needed."))
    for name in proposal.costs:
        yield Line(
            "coins",
            _l(
                "The permission set %(name)s needs a paid seat. If none of those above is one, "
                "%(crm)s will assign a paid seat, which costs money.",
                name=name,
                crm=proposal.crm_name,
            ),
        )
    for words in proposal.scopes:
        yield Line("alert-triangle", words)
    yield _work(proposal)


def left_of(use: SeatUse, freshness: Freshness) -> str:
    """Return how many seats of a kind are free, as of when, and who reserved some of them."""
    if use.remaining is None:
        return _("How many are free is not known.")
    when = moment_of_today(freshness.as_of) if freshness.as_of else _("an unknown time")
    parts = [
        ngettext(
            "%(num)s free as read at %(when)s", "%(num)s free as read at %(when)s", use.remaining, when=when
        )
    ]
    parts += [
        ngettext(
            "%(num)s reserved by request #%(request)s",
            "%(num)s reserved by request #%(request)s",
            taken.number,
            request=taken.request,
        )
        for taken in use.reserved
    ]
    return f"{', '.join(parts)}."


def fresh_words(proposal: Proposal) -> str:
    """Return what went wrong with reading the seats, and from when the figures are."""
    if not proposal.freshness.error:
        return ""
    if proposal.freshness.as_of is None:
        return f"{proposal.freshness.error} {_('There are no earlier figures.')}"
    when = moment_of_today(proposal.freshness.as_of)
    return f"{proposal.freshness.error} {_('The figures are from %(when)s.', when=when)}"


def notes_of(proposal: Proposal, *, invites: bool) -> Iterator[Text]:
    """Yield what the page said beside the fields, as the trail keeps it."""
    for line in lines_of(proposal):
        yield str(line)
    for shown in proposal.included:
        if shown.to_tick:
            yield tick_words(proposal, shown)
    if proposal.freshness.error and proposal.seats:
        yield fresh_words(proposal)
    if proposal.may_invite:
        yield invitation(proposal, invites=invites)
    for shown in proposal.included:
        if shown.undelivered is not None:
            yield _l("%(name)s: %(problem)s", name=shown.person.name, problem=shown.undelivered)


def tick_words(proposal: Proposal, shown: PersonProposal) -> Text:
    """Return that permissions are a manual step for this person, and why."""
    return _l(
        "%(crm)s's permission sets cannot be set here by API, so a manual step will tell you what to tick "
        "for %(name)s.",
        crm=proposal.crm_name,
        name=shown.person.name,
    )


def invitation(proposal: Proposal, *, invites: bool) -> Text:
    """Return what was chosen about the CRM's own invitation."""
    if invites:
        return _l("%(crm)s sends new users its invitation email.", crm=proposal.crm_name)
    return _l("%(crm)s sends new users no invitation email.", crm=proposal.crm_name)


def _number(use: SeatUse) -> str:
    return ngettext("One %(seat)s seat", "%(num)s %(seat)s seats", use.wanted, seat=use.name)


def _too_few(use: SeatUse) -> str:
    return ngettext(
        "That is one too few. Order or free a seat first, or the set-up stops. A new seat may cost money.",
        "That is %(num)s too few. Order or free seats first, or the set-up stops. New seats may cost money.",
        use.wanted - (use.free or 0),
    )


def _work(proposal: Proposal) -> Line:
    if not proposal.is_by_hand and any(shown.to_tick for shown in proposal.included):
        return Line(
            "hand-stop",
            _l(
                "The portal adds the users and reads them back. What they may do is ticked by hand in "
                "%(crm)s: each person gets a manual step, and the welcome email waits for it.",
                crm=proposal.crm_name,
            ),
        )
    if not proposal.is_by_hand and proposal.scopes:
        return Line(
            "hand-stop",
            _l(
                "The portal does the rest and reads it back. What %(crm)s refuses becomes a manual step.",
                crm=proposal.crm_name,
            ),
        )
    if not proposal.is_by_hand:
        return Line(
            "checks",
            _l(
                "The portal does all of it and reads it back. What %(crm)s refuses becomes a manual step.",
                crm=proposal.crm_name,
            ),
        )
    words = _("All of it is done by hand: the portal gives you each step with a link.")
    if proposal.is_checkable:
        words += " " + _("It then checks in %(crm)s whether it is done.", crm=proposal.crm_name)
    return Line("hand-stop", words)
