"""Testing tokens, away from the web request."""

from collections.abc import Iterator
from contextlib import closing

from portal.crm import actions, queries
from portal.crm.connections import api_url, open_token
from portal.crm.connectors import open_connector
from portal.crm.errors import CrmError
from portal.crm.states import TEST_CONNECTION
from portal.jobs import work


@work.job(TEST_CONNECTION)
def examine(key: str) -> None:
    """Ask the CRM what the token on trial may do."""
    with work.step():
        test = actions.claim_test(key)
        if test is None:
            return
        crm, token = test.account.crm, open_token(test)
    try:
        with closing(open_connector(crm, token, api_url())) as connector:
            examination = connector.examine()
    except CrmError as error:
        with work.step():
            actions.fail_test(key, error)
    else:
        with work.step():
            actions.pass_test(key, examination)


@work.sweep
def tests_left_behind() -> Iterator[work.Nudge]:
    """Forget tests whose time is over, and take up those a worker left."""
    actions.drop_expired_tests()
    for test in queries.tests_left_behind():
        yield work.Nudge(TEST_CONNECTION, test.agency_id, (test.key,))
