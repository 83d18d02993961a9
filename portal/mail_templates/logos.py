"""An agency's logo: what was uploaded, read with care and made anew as a small PNG.

Of the upload itself nothing is kept. SVG is refused: it can hold scripts, and no large mail program shows it.
"""

import warnings
from io import BytesIO
from typing import Final

from PIL import Image

from portal.core.errors import BadInput
from portal.core.texts import _l

MOST_BYTES: Final = 1024 * 1024  # of an upload
MOST_PIXELS: Final = 4000  # on a side: a small file can unfold to gigabytes
_BOX: Final = (400, 112)  # twice what a mail shows, for screens that show it
_COLOURS: Final = 256
_SMALL: Final = 24 * 1024  # bytes; it travels with every mail


class LogoRefused(BadInput):
    """This is no picture that can be a logo; nothing was changed."""


def fit_logo(uploaded: bytes) -> bytes:
    """Return the picture as a PNG of at most 400 x 112 pixels; raise ``LogoRefused`` if it is none."""
    if len(uploaded) > MOST_BYTES:
        raise LogoRefused(_l("This file is larger than 1 MB. Choose a smaller one."))
    try:
        return _as_png(_opened(uploaded))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise LogoRefused(
            _l("This is not a PNG or JPEG picture that can be read. Choose another file, such as a PNG.")
        ) from error


def _opened(uploaded: bytes) -> Image.Image:
    """Read only the two formats, by their content and not by a name, and never more than we can hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about oddities of a stranger's file
        picture = Image.open(BytesIO(uploaded), formats=("PNG", "JPEG"))
        if max(picture.size) > MOST_PIXELS:
            raise LogoRefused(_l("This picture has more than %(most)s pixels on a side.", most=MOST_PIXELS))
        return picture.convert("RGBA")


def _as_png(picture: Image.Image) -> bytes:
    picture.thumbnail(_BOX, Image.Resampling.LANCZOS)
    made = _saved(picture)
    return made if len(made) <= _SMALL else _saved(picture.quantize(_COLOURS))


def _saved(picture: Image.Image) -> bytes:
    made = BytesIO()
    picture.save(made, "PNG", optimize=True)
    return made.getvalue()
