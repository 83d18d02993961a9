"""The home page: what waits for me, for clients, what failed, and what is worth knowing."""

from flask import Flask

from portal.dashboard import jobs, views  # noqa: F401 - the jobs must be known


def register(app: Flask) -> None:
    """Open the room."""
    app.register_blueprint(views.blueprint)
