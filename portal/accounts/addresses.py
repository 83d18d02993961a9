"""The account in every address: read as a slug, handed to views as the account itself."""

from typing import Any

from flask import request
from werkzeug.routing import BaseConverter

from portal.accounts.queries import get_account


class SlugConverter(BaseConverter):
    """``<slug:account>`` in a rule; an account in ``url_for`` becomes its slug."""

    regex = "[a-z0-9][a-z0-9-]{0,59}"

    def to_url(self, value: Any) -> str:
        """Return the slug of an account, or the slug itself."""
        return str(getattr(value, "slug", value))


def load_account() -> None:
    """Hand the view its account in place of the slug, or raise ``NotFound``; runs after the guard."""
    if request.view_args and "account" in request.view_args:
        request.view_args["account"] = get_account(request.view_args["account"])
