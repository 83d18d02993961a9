"""What a person does where the API cannot: steps in plain words, with the way to the right page."""

from collections.abc import Iterable

from portal.accounts.states import CRM_NAMES
from portal.core.texts import _, _l
from portal.crm.connectors import deep_link
from portal.crm.protocol import CrmUser, Place
from portal.crm.queries import find_connection
from portal.provisioning.comparing import RIGHTS, Difference, values_of
from portal.provisioning.models import ProvisioningRun, ProvisioningStep
from portal.provisioning.queries import names_in
from portal.provisioning.states import PLACES, Field, StepKind, StepState


def everything(run: ProvisioningRun) -> list[Difference]:
    """Return all of a user as something to be done by hand: the user first, then each right."""
    fields = [field for field in (Field.USER, *RIGHTS) if values_of(run.wanted, field)]
    return [*(Difference(field, values_of(run.wanted, field), ()) for field in fields), *ticks(run)]


def ticks(run: ProvisioningRun) -> list[Difference]:
    """Return what a person is to tick because no API can set it; no reading ever proves that."""
    return [Difference(Field.PERMISSIONS, tuple(run.to_tick), ())] if run.to_tick else []


def add_steps(run: ProvisioningRun, differences: Iterable[Difference]) -> None:
    """Put a manual step per field to the run; one that stands there already is opened again."""
    standing = {step.sent.get("field"): step for step in run.by_hand}
    place = max([PLACES[StepKind.BY_HAND], *(step.place + 1 for step in run.by_hand)])
    names = names_in(run.account_id)
    for difference in differences:
        step = standing.get(difference.field.value)
        if step is None:
            step = ProvisioningStep(account_id=run.account_id, place=place, kind=StepKind.BY_HAND)
            run.steps.append(step)
            place += 1
        wanted = names.of(difference.field, difference.wanted)
        found = names.of(difference.field, difference.found)
        step.state, step.done_by = StepState.PENDING, ""
        step.sent = {"field": difference.field.value, "wanted": list(wanted)}
        step.read = {"found": list(found)}
        step.message = _instruction(run, difference.field, ", ".join(wanted), ", ".join(found))
        step.link = link(run, Place.USERS if difference.field is Field.USER else Place.USER)


def close_proven(run: ProvisioningRun, left: Iterable[Difference]) -> None:
    """Close the manual steps that a reading shows to be done."""
    open_fields = {difference.field.value for difference in left}
    for step in run.by_hand:
        if step.is_open and step.sent.get("field") not in open_fields:
            step.end(StepState.DONE, _("Seen in the CRM."))


def _instruction(run: ProvisioningRun, field: Field, wanted: str, found: str) -> str:
    if field is Field.USER and run.job_role:
        text = _l(
            "Add a user with the address %(email)s and the name %(name)s. Job role: %(job_role)s.",
            email=wanted,
            name=run.name,
            job_role=run.job_role,
        )
    elif field is Field.USER:
        text = _l("Add a user with the address %(email)s and the name %(name)s.", email=wanted, name=run.name)
    elif field is Field.PERMISSIONS:
        text = _l(
            "%(crm)s's permission sets cannot be set here by API. Open the user and tick what this person "
            "needs. The portal cannot read it back, so say when it is done.",
            crm=CRM_NAMES[run.account.crm],
        )
    elif not wanted:
        text = _l("The CRM has %(found)s, which was not asked for. Take it away, or keep it.", found=found)
    elif not found:
        text = _l("Set it to: %(wanted)s. Nothing is set there yet.", wanted=wanted)
    else:
        text = _l("Set it to: %(wanted)s. The CRM has: %(found)s.", wanted=wanted, found=found)
    return str(text)


def link(run: ProvisioningRun, place: Place) -> str:
    """Return a page of the run's account in the CRM; empty where no address is known."""
    connection = find_connection(run.account_id)
    if connection is None:
        return ""
    user_id = run.external_user_id or ""
    return deep_link(run.account.crm, connection.app_url, connection.external_id, place, user_id) or ""


def describe(found: CrmUser, run: ProvisioningRun) -> str:
    """Return who a user is and what they hold, in a few words."""
    names = names_in(run.account_id)
    name = f"{found.first_name} {found.last_name}".strip() or found.email
    held = [value for field in RIGHTS for value in names.of(field, values_of(found, field))]
    if found.super_admin:
        held.insert(0, _("super admin"))
    return f"{name} ({', '.join(held)})" if held else name
