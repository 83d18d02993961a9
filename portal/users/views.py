"""The pages of users: of one account, of one user, and of all accounts."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.models import Account
from portal.crm.protocol import Place
from portal.policy.guards import current_member, requires
from portal.policy.rights import Right
from portal.users import actions, finding, queries
from portal.users.states import STATUS_NAMES, Status
from portal.web import here
from portal.web.fragments import moved, render_page, show_address, wants_fragment
from portal.web.paging import cursor_from_request

blueprint = Blueprint("users", __name__)

MOST_ID = 2**31 - 1
OF_ACCOUNT = "users/of_account.html"
EVERYWHERE = (Status.SUPER_ADMIN, Status.NEVER, Status.QUIET, Status.PARTNER, Status.DEACTIVATED)


@blueprint.get("/accounts/<slug:account>/users")
@requires(Right.VIEW)
def of_account(account: Account) -> ResponseReturnValue:
    """Show the users of an account as of the last read."""
    filters = finding.read_filters(request.args)
    answer = render_page(
        OF_ACCOUNT,
        fragment="listing",
        account=account,
        page=finding.users_of(account, filters, cursor_from_request()),
        filters=filters,
        mirror=queries.mirror_of(account),
        was_under_way=False,
    )
    return show_address(answer, here())


@blueprint.get("/accounts/<slug:account>/users/reading")
@requires(Right.VIEW)
def reading(account: Account) -> ResponseReturnValue:
    """Show how far the reading of an account's CRM is; the page asks every second while one runs."""
    if not wants_fragment():
        return moved(url_for("users.of_account", account=account))
    mirror = queries.mirror_of(account)
    return render_page(OF_ACCOUNT, fragment="reading", account=account, mirror=mirror, was_under_way=True)


@blueprint.post("/accounts/<slug:account>/users/read")
@requires(Right.REFRESH_MIRROR)
def read(account: Account) -> ResponseReturnValue:
    """Have an account's CRM read again."""
    actions.ask_for_read(account, current_member())
    if not wants_fragment():
        return moved(url_for("users.of_account", account=account))
    mirror = queries.mirror_of(account)
    return render_page(OF_ACCOUNT, fragment="reading", account=account, mirror=mirror, was_under_way=True)


@blueprint.get(f"/accounts/<slug:account>/users/<int(max={MOST_ID}):user_id>")
@requires(Right.VIEW)
def show(account: Account, user_id: int) -> ResponseReturnValue:
    """Show one user, what the portal did about them, and the way to them in the CRM."""
    user, mirror = queries.get_user(account, user_id), queries.mirror_of(account)
    return render_page(
        "users/show.html",
        account=account,
        user=user,
        mirror=mirror,
        link=mirror.link_to(Place.USER, account.crm, user.external_id),
        history=queries.history_of(user),
    )


@blueprint.get("/users")
@requires(Right.VIEW)
def everywhere() -> ResponseReturnValue:
    """Show the users of all accounts, by part of a name or address."""
    filters = finding.read_filters(request.args)
    answer = render_page(
        "users/everywhere.html",
        fragment="listing",
        found=finding.users_everywhere(filters, cursor_from_request()),
        filters=filters,
        statuses={status: STATUS_NAMES[status] for status in EVERYWHERE},
    )
    return show_address(answer, here())
