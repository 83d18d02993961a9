"""How far the people of a request are: what is on screen while they are set up and welcomed."""

from dataclasses import dataclass

from portal.access_requests.models import AccessRequest, RequestPerson
from portal.access_requests.onboarding import GOES_ON
from portal.access_requests.states import RequestState
from portal.core.texts import Text
from portal.crm.protocol import CrmUser, NewUser
from portal.provisioning.comparing import RIGHTS, as_existing, from_json, values_of
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.queries import Names, names_in
from portal.provisioning.states import FIELD_NAMES, Field, RunState, StepKind, StepState


@dataclass(frozen=True, slots=True)
class Change:
    """A field of an existing user: as it is, and as it would become."""

    label: Text
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PersonProgress:
    """One person on the way in."""

    person: RequestPerson
    run: ProvisioningRun
    changes: tuple[Change, ...]

    @property
    def is_stopped(self) -> bool:
        """Whether a person must decide."""
        return self.run.state is RunState.STOPPED

    @property
    def is_reopened(self) -> bool:
        """Whether the proposal is open again for this person."""
        return self.run.state is RunState.REOPENED

    @property
    def is_by_hand(self) -> bool:
        """Whether steps by hand are left."""
        return self.run.state is RunState.BY_HAND

    @property
    def may_change_existing(self) -> bool:
        """Whether the question is if an existing user shall be changed."""
        return self.is_stopped and bool(self.changes)

    @property
    def can_be_checked(self) -> bool:
        """Whether a reading can prove that steps by hand are done."""
        return self.is_by_hand and self.run.can_be_proved


@dataclass(frozen=True, slots=True)
class Progress:
    """All of them; ``mark`` changes whenever anything on screen does."""

    people: tuple[PersonProgress, ...]
    is_live: bool
    mark: str


def progress_of(access_request: AccessRequest) -> Progress:
    """Return how far everybody is."""
    names = names_in(access_request.account_id)
    people = tuple(
        PersonProgress(person, person.run, _changes(person.run, names))
        for person in access_request.people
        if person.run is not None
    )
    goes_on = any(each.run.state in GOES_ON for each in people)
    is_live = goes_on or access_request.state is RequestState.PROVISIONING
    return Progress(people, is_live, _mark(access_request, people))


def _mark(access_request: AccessRequest, people: tuple[PersonProgress, ...]) -> str:
    steps = [step for each in people for step in each.run.steps]
    tries = sum(step.attempts for step in steps)
    ended = sum(step.state in {StepState.DONE, StepState.STOPPED} for step in steps)
    states = "-".join(each.run.state.value for each in people)
    seen = sum(each.person.signed_in_at is not None for each in people)
    return f"{access_request.version}-{tries}-{ended}-{seen}-{states}"


def _changes(run: ProvisioningRun, names: Names) -> tuple[Change, ...]:
    """Return what would become of the user who stands in the way, where one was found and may be changed."""
    look_up = run.step(StepKind.LOOK_UP)
    if look_up is None or not _found_somebody(look_up):
        return ()
    found = from_json(look_up.read)
    if found.super_admin:
        return ()
    target = as_existing(run.wanted, found)
    return tuple(
        Change(FIELD_NAMES[field], _named(names, field, found), _named(names, field, target))
        for field in RIGHTS
    )


def _found_somebody(look_up: ProvisioningStep) -> bool:
    return look_up.state is StepState.STOPPED and "id" in look_up.read


def _named(names: Names, field: Field, user: NewUser | CrmUser) -> str:
    return ", ".join(names.of(field, values_of(user, field)))
