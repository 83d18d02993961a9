"""What signing in leaves to the worker, so that its time tells nobody which addresses are known."""

from portal.agencies import scope
from portal.jobs.work import job, step
from portal.sign_in import actions
from portal.sign_in.states import SEND_RESET


@job(SEND_RESET)
def send_reset(agency_id: int, member_id: int, network: str) -> None:
    """Send the link to choose a new password; nothing for an unknown address."""
    if member_id:
        with scope.agency(agency_id), step():
            actions.send_reset_link(member_id, network)
