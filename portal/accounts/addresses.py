"""The account in every address: read as a slug, handed to views as the account itself."""

from datetime import timedelta
from typing import Any

from flask import request
from werkzeug.routing import BaseConverter

from portal.accounts.actions import remember_visit
from portal.accounts.queries import get_account
from portal.core import clock
from portal.policy.guards import current_member
from portal.web.fragments import wants_fragment

VISIT_LASTS = timedelta(minutes=1)  # so long a visit is not noted again: that turns reading into writing


class SlugConverter(BaseConverter):
    """``<slug:account>`` in a rule; an account in ``url_for`` becomes its slug."""

    regex = "[a-z0-9][a-z0-9-]{0,59}"

    def to_url(self, value: Any) -> str:
        """Return the slug of an account, or the slug itself."""
        return str(getattr(value, "slug", value))


def load_account() -> None:
    """Hand the view its account in place of the slug, or raise ``NotFound``; runs after the guard."""
    if request.view_args and "account" in request.view_args:
        member = current_member()
        account, visited_at = get_account(request.view_args["account"], member)
        request.view_args["account"] = account
        is_on_record = visited_at is not None and clock.now() - visited_at < VISIT_LASTS
        if request.method == "GET" and not wants_fragment() and not is_on_record:
            remember_visit(account, member)


def current_account_slug() -> str:
    """Return the slug of the account whose page this is, or nothing."""
    return str(getattr((request.view_args or {}).get("account"), "slug", ""))
