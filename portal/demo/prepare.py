"""``python -m portal.demo.prepare``: the database up to date, and filled at the first start."""

from pathlib import Path

from flask_migrate import upgrade

from portal.app import create_app
from portal.config import Settings, load_settings
from portal.demo.filling import fill, follow_emulator

FILLED = "filled"


def prepare() -> None:
    """Leave a demo that can be looked at; one whose filling was interrupted is filled anew."""
    settings = load_settings()
    marker = settings.data_dir / FILLED
    if not marker.exists():
        _forget(settings)
    # Jobs are worked off right here, so that the history is there before anybody looks.
    app = create_app(settings.model_copy(update={"jobs_url": "memory://"}))
    with app.app_context():
        upgrade()
        if marker.exists():
            follow_emulator(settings.hubspot_url)
        else:
            fill(app)
            marker.touch()


def _forget(settings: Settings) -> None:
    for name in ("portal.db", "jobs.db"):
        for leftover in Path(settings.data_dir).glob(f"{name}*"):
            leftover.unlink()


if __name__ == "__main__":
    prepare()
