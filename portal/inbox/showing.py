"""A mail of somebody else made safe to look at, and its files safe to take."""

from pathlib import PurePath
from typing import Final

import nh3

from portal.mail.reading import without_secrets
from portal.replies.facts import LIST_ENDINGS

# What a file is called to a browser; whatever else it is, it is only bytes.
_TYPES: Final = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_PAGE: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><title>{}</title></head><body>{}</body></html>'
)
_DROPPED: Final = {"img", "map", "area"}
_KEPT: Final = nh3.ALLOWED_TAGS - _DROPPED


def as_page(html: str) -> str:
    """Return a mail's HTML without scripts, forms, styles and pictures, for a frame that can do nothing."""
    cleaned = nh3.clean(
        html,
        tags=_KEPT,
        clean_content_tags={"script", "style", "title", "head"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return _PAGE.format("", without_secrets(cleaned))


def type_of(name: str) -> str:
    """Return as what a file is handed out: never as something a browser runs."""
    return _TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")


def is_list(name: str) -> bool:
    """Whether a file may be a list of people."""
    return PurePath(name).suffix.lower() in LIST_ENDINGS
