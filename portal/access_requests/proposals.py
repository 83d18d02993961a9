"""What will be done for each person, as far as the answer says it."""

from portal.access_requests.models import AccessRequest


def prepare(access_request: AccessRequest) -> None:
    """Make a proposal of an answer: everybody gets the job role that was asked for."""
    for person in access_request.people:
        person.job_role_id = person.answered_job_role_id
