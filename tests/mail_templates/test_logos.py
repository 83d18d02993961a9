import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from portal.mail_templates.logos import LogoRefused, fit_logo

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form: str = "PNG", size: tuple[int, int] = (800, 400), **saving: object) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, "#0f766e").save(made, form, **saving)
    return made.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_becomes_a_small_png(form: str) -> None:
    made = Image.open(BytesIO(fit_logo(picture(form))))

    assert (made.format, made.size) == ("PNG", (224, 112))


def test_what_is_transparent_stays_so() -> None:
    uploaded = BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(uploaded, "PNG")

    assert Image.open(BytesIO(fit_logo(uploaded.getvalue()))).convert("RGBA").getpixel((9, 9)) == (0, 0, 0, 0)


def test_nothing_that_was_hidden_in_the_file_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    uploaded = picture("JPEG", exif=exif) + b"<script>alert(1)</script>"

    made = fit_logo(uploaded)

    assert (b"where it was taken" in uploaded, b"where it was taken" in made, b"script" in made) == (
        True,
        False,
        False,
    )


def test_a_noisy_picture_is_made_to_fit_too() -> None:
    noise = BytesIO()
    Image.effect_noise((400, 112), 200).convert("RGB").save(noise, "PNG")

    assert len(fit_logo(noise.getvalue())) < 60 * 1024


@pytest.mark.parametrize(
    "uploaded",
    [
        b"",
        SVG,
        b"GIF89a" + bytes(200),
        picture("GIF"),
        picture("BMP"),
        picture("PNG")[:60],
        picture("JPEG")[:300],
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"%PDF-1.7",
    ],
    ids=["nothing", "svg", "broken gif", "gif", "bmp", "cut png", "cut jpeg", "empty png", "pdf"],
)
def test_anything_else_is_refused_whatever_it_is_called(app_texts: None, uploaded: bytes) -> None:
    with pytest.raises(LogoRefused, match="not a PNG or JPEG picture"):
        fit_logo(uploaded)


def test_a_small_file_that_unfolds_to_gigabytes_is_refused(app_texts: None) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))

    with pytest.raises(LogoRefused):
        fit_logo(bomb + picture()[33:])


def test_a_file_that_is_too_large_is_not_even_looked_at(app_texts: None) -> None:
    with pytest.raises(LogoRefused, match="larger than 1 MB"):
        fit_logo(picture() + bytes(1024 * 1024))
