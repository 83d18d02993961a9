"""The home page."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.accounts.totals import totals_for
from portal.dashboard import queries
from portal.dashboard.states import Whose
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
    """Show what waits for me, for my accounts or for everybody, and what failed there."""
    member, whose = current_member(), _whose()
    counts, acts = queries.counts(member, totals := totals_for(member)), queries.may_act(member)
    for_nobody = whose is Whose.ME and not acts
    return render_page(
        "dashboard/home.html",
        fragment="news",
        whose=whose,
        views=Whose,
        counts=counts,
        acts=acts,
        for_nobody=for_nobody,
        for_us=queries.waiting_for_us(whose, member, counts.for_us[whose]),
        for_clients=queries.waiting_for_clients(whose, member, counts.for_clients[whose]),
        for_sign_in=queries.waiting_for_sign_in(whose, member),
        broken=queries.broken_accounts(whose, member),
        mails=[] if for_nobody else queries.undecided_mails(),
        worker_is_late=worker_is_late(),
        late_mailbox=find_late_mailbox(),
        mails_to_decide=undecided_count() if may(member, Right.READ_INBOX) else 0,
        **(_overview(totals) if whose is Whose.EVERYONE else {}),
    )


def _whose() -> Whose:
    asked = request.args.get("view", "")
    return Whose(asked) if asked in set(Whose) else Whose.ME


def _overview(totals: Any) -> dict[str, Any]:
    return {
        "totals": totals,
        "free_seats": queries.accounts_with_free_seats(),
        "absentees": queries.accounts_with_absentees(),
        "weeks": queries.weeks(),
    }
