"""The clients' CRM accounts, their contacts, and the way from one to the next."""

from flask import Flask

from portal.accounts import jobs, totals  # noqa: F401 - the jobs and the tables must be known
from portal.accounts.addresses import current_account_slug, load_account
from portal.accounts.states import CRM_NAMES, HEALTH_NAMES, SORT_NAMES, WAITING_NAMES
from portal.accounts.tabs import TABS
from portal.accounts.views import accounts, contacts, imports, settings, switcher


def register(app: Flask) -> None:
    """Open the room."""
    app.before_request(load_account)
    for module in (accounts, contacts, imports, settings, switcher):
        app.register_blueprint(module.blueprint)
    app.jinja_env.globals.update(
        ACCOUNT_TABS=TABS,
        current_account_slug=current_account_slug,
        CRM_NAMES=CRM_NAMES,
        HEALTH_NAMES=HEALTH_NAMES,
        WAITING_NAMES=WAITING_NAMES,
        SORT_NAMES=SORT_NAMES,
    )
