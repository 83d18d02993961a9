"""The home page."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.accounts.totals import totals_for
from portal.dashboard import queries
from portal.inbox.polling import find_late_mailbox
from portal.inbox.queries import undecided_count
from portal.jobs.workers import worker_is_late
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right, may
from portal.web.fragments import render_page

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
@requires(Right.VIEW)
def home() -> ResponseReturnValue:
    """Show what waits, what failed, and what is worth knowing."""
    member = current_member()
    totals = totals_for(member)
    return render_page(
        "dashboard/home.html",
        fragment="news",
        totals=totals,
        for_me=queries.waiting_for_me(member, totals.waiting_for_us),
        for_clients=queries.waiting_for_clients(totals.waiting_for_client),
        for_sign_in=queries.waiting_for_sign_in(),
        broken=queries.broken_accounts(),
        mails=queries.undecided_mails(),
        free_seats=queries.accounts_with_free_seats(),
        absentees=queries.accounts_with_absentees(),
        weeks=queries.weeks(),
        worker_is_late=worker_is_late(),
        late_mailbox=find_late_mailbox(),
        mails_to_decide=undecided_count() if may(member, Right.READ_INBOX) else 0,
    )
