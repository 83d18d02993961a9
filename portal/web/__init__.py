"""How pages are made: fragments, forms, paging, headers, assets, times. No product words."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, request, url_for
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.routing import IntegerConverter, Map

from portal.core.email_addresses import readable
from portal.core.texts import LANGUAGES
from portal.web import (
    addresses,
    assets,
    compression,
    errors,
    fragments,
    headers,
    icons,
    locale,
    logs,
    refusals,
    restoring,
    times,
)
from portal.web.paging import MAX_INTEGER

blueprint = Blueprint("web", __name__)
blueprint.add_url_rule("/assets/<version>/<path:name>", "static_file", assets.serve)
blueprint.add_url_rule("/colours/<digits>.css", "colour_sheet", assets.colour_sheet)


def csrf_field() -> Markup:
    """Return the hidden field every form carries."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


def here(**changes: str | None) -> str:
    """Return the address of this page with some of its query changed; ``None`` drops a part."""
    query = {**request.args.to_dict(), **changes}
    packed = urlencode({name: value for name, value in query.items() if value})
    address = url_for(str(request.endpoint), **(request.view_args or {}))
    return f"{address}?{packed}" if packed else address


class RowNumber(IntegerConverter):
    """``<int:...>`` in a rule; a number that no row can have is no such page."""

    def __init__(self, rules: Map, **options: Any) -> None:
        super().__init__(rules, **{"max": MAX_INTEGER - 1, **options})


def register(app: Flask) -> None:
    """Give the application its pages' common parts."""
    logs.keep_secrets_out()
    refusals.register(app)
    locale.register(app)
    errors.register(app)
    headers.register(app)
    compression.register(app)
    app.register_blueprint(blueprint)
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.filters["readable"] = readable
    app.jinja_env.globals.update(
        url_for=addresses.address,
        asset=assets.asset,
        picture=assets.picture,
        icon=icons.icon,
        csrf_field=csrf_field,
        get_locale=get_locale,
        languages=LANGUAGES,
        wants_fragment=fragments.wants_fragment,
        is_restored=restoring.is_restored,
        left_over=restoring.left_over,
        here=here,
        ago=times.ago,
        exact=times.exact,
        appointment=times.appointment,
        day=times.day,
        short_day=times.short_day,
    )
