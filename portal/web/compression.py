"""Pages are packed for browsers that take it: a list of fifty rows is a tenth as long on its way.

What is packed together can be told apart by its length: whoever makes a browser load a page with a guess
in it, and sees how long the answer is, learns whether the guess stands elsewhere in it, such as in a form's
token. So each answer gets a head of random length, as in "Heal the Breach" (Palacios et al., 2022), and pages
that are the reader's alone are not packed at all.
"""

import gzip
import secrets
from io import BytesIO

from flask import Flask, Response, g, request

WORTH_PACKING = 1400  # bytes: less than that is one packet anyway
LEVEL = 4  # half the time of level 6 for a twentieth more bytes
MOST_PADDING = 100


def pack(body: bytes) -> bytes:
    """Return the bytes packed by gzip, with a file name of random length that nobody reads."""
    packed = BytesIO()
    name = "x" * (1 + secrets.randbelow(MOST_PADDING))
    with gzip.GzipFile(filename=name, mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()


def pack_page(response: Response) -> Response:
    """Pack an answer that is a page or a part of one, where the browser takes it."""
    if response.mimetype != "text/html" or response.is_streamed or response.content_encoding:
        return response
    response.vary.add("Accept-Encoding")
    takes_it = request.accept_encodings.quality("gzip") > 0
    if takes_it and not getattr(g, "private", False) and len(response.data) >= WORTH_PACKING:
        response.set_data(pack(response.data))
        response.content_encoding = "gzip"
    return response


def register(app: Flask) -> None:
    """Pack the pages of the application."""
    app.after_request(pack_page)
