"""Static files under names that carry their hash, so browsers keep them for a year."""

import gzip
import hashlib
import mimetypes
from base64 import b64encode
from functools import lru_cache
from pathlib import Path

from flask import Response, current_app, request

from portal.core.colours import IS_COLOUR, text_on
from portal.core.errors import NotFound
from portal.web.addresses import address

YEAR = 365 * 24 * 3600
HASH_LENGTH = 12
WORTH_PACKING = 1024
PACKABLE = ("text/", "application/javascript", "image/svg")


@lru_cache(maxsize=256)
def _load(folder: str, name: str) -> tuple[bytes, bytes, str]:
    """Return a file, packed as well, and its hash; read once, since files change with a new start only."""
    root = Path(folder).resolve()
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        raise NotFound
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if len(body) > WORTH_PACKING else body
    return body, packed, hashlib.sha256(body).hexdigest()[:HASH_LENGTH]


def _find(name: str) -> tuple[bytes, bytes, str]:
    return _load(str(current_app.static_folder), name)


def asset(name: str) -> str:
    """Return the address of a static file, with its hash in it."""
    return address("web.static_file", version=_find(name)[2], name=name)


def serve(version: str, name: str) -> Response:
    """Answer with a static file; an old version is answered with the new one, kept for no time."""
    body, packed, current = _find(name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = current_app.response_class(body, content_type=kind)
    if packed is not body and kind.startswith(PACKABLE) and request.accept_encodings.quality("gzip") > 0:
        response.set_data(packed)
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    if version == current:
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response


def picture(png: bytes) -> str:
    """Return a picture of our own making as an address that holds it, so that no route has to serve it."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def colour_sheet(digits: str) -> Response:
    """Answer with a style sheet that names one colour and what can be read on it; pages hold no style."""
    colour = f"#{digits}"
    if not IS_COLOUR.fullmatch(colour):
        raise NotFound
    css = f":root {{ --brand: {colour}; --brand-text: {text_on(colour)}; }}\n"
    response = current_app.response_class(css, content_type="text/css; charset=utf-8")
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    response.cache_control.immutable = True
    return response
