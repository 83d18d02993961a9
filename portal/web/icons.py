"""Icons: Tabler's own drawings, inlined, so that they take the colour of the text around them."""

from functools import lru_cache
from pathlib import Path

from flask import current_app
from markupsafe import Markup


def _drawing(folder: str, name: str) -> str:
    lines = (Path(folder) / f"{name}.svg").read_text().splitlines()
    return "".join(line.strip() for line in lines if line.strip().startswith(("<path", "<circle", "<rect")))


@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> Markup:
    """Return an icon; with a ``label`` it is read out, without one it is decoration."""
    drawing = _drawing(f"{current_app.static_folder}/vendor/tabler-icons", name)
    words = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" width="24" height="24" {}>{}</svg>'
    ).format(words, Markup(drawing))  # noqa: S704
