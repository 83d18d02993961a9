"""The demo: sample agency, emulated CRMs and mailbox, from which nothing can leave."""

from flask import Flask

from portal.demo.mailbox import views as mailbox


def register(app: Flask) -> None:
    """Open the room; called in demo mode only."""
    app.register_blueprint(mailbox.blueprint)
