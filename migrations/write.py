"""Writes the next migration from the models: ``make migration MESSAGE="Give tags a colour"``."""

import sys
import tempfile
from pathlib import Path

import flask_migrate

from portal.agencies import scope
from portal.app import create_app
from tests.fixtures.portal import make_settings


def write(message: str) -> None:
    """Bring an empty database to the last migration, and write what the models have more."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(make_settings(Path(folder)))
        with app.app_context(), scope.every_agency(reason="tables hold every agency's rows"):
            flask_migrate.upgrade()
            flask_migrate.migrate(message=message)


if __name__ == "__main__":
    write(sys.argv[1])
