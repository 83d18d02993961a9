"""The audit trail: append-only, one hash chain per agency, in the transaction of what it records."""

from flask import Flask


def register(app: Flask) -> None:
    """Open the room."""
    from portal.audit import jobs, views  # noqa: F401 - the jobs register themselves

    app.register_blueprint(views.blueprint)
