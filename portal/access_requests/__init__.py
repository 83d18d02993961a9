"""The main job: ask the client, take the answer, propose, provision, welcome, see the first sign-in."""

from datetime import date

from flask import Flask

from portal.access_requests import (  # noqa: F401 - jobs and suggestions must be known
    answer_views,
    belonging,
    jobs,
    proposal_views,
    reply_jobs,
    reply_views,
    stop_views,
    views,
)
from portal.sign_in.browsers import browser_in_words


def register(app: Flask) -> None:
    """Open the room."""
    app.jinja_env.filters["as_date"] = date.fromisoformat
    app.jinja_env.filters["browser_in_words"] = browser_in_words
    app.register_blueprint(views.blueprint)
    app.register_blueprint(answer_views.blueprint)
    app.extensions["csrf"].exempt(answer_views.blueprint)  # their forms carry the pass of the link instead
    app.register_blueprint(stop_views.blueprint)
    app.extensions["csrf"].exempt(stop_views.blueprint)  # mail programs post here; the token can only stop
    app.register_blueprint(proposal_views.blueprint)
    app.register_blueprint(reply_views.blueprint)
