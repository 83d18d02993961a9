"""What signing in leaves to the worker, so that its time tells nobody which addresses are known."""

from collections.abc import Iterable

from portal.agencies import scope
from portal.jobs.work import Nudge, job, step, sweep
from portal.sign_in import actions, keeping
from portal.sign_in.states import SEND_RESET


@job(SEND_RESET)
def send_reset(agency_id: int, member_id: int, network: str) -> None:
    """Send the link to choose a new password; nothing for an unknown address."""
    if member_id:
        with scope.agency(agency_id), step():
            actions.send_reset_link(member_id, network)


@sweep
def kept_forms_of_the_past() -> Iterable[Nudge]:
    """Drop what was typed by members who did not sign in again within the hour."""
    keeping.forget_old()
    return ()
