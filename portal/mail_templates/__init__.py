"""Mail templates: what an agency's mails say in place of the shipped texts, and how the agency looks."""

from flask import Flask

from portal.mail_templates import look_views, views


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
    app.register_blueprint(look_views.blueprint)
