"""Photos as phones make them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, TiffImagePlugin

Rational = TiffImagePlugin.IFDRational


def dms(degrees: float) -> tuple[Any, Any, Any]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = ((degrees - whole) * 60 - minutes) * 60
    return Rational(whole), Rational(minutes), Rational(round(seconds * 10_000), 10_000)


def exif(
    *, lon: float | None = None, lat: float | None = None, orientation: int = 1, datum: str = ""
) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "SecretPhoneMaker"
    if lon is not None and lat is not None:
        gps = tags.get_ifd(0x8825)
        gps[1], gps[2] = ("N" if lat >= 0 else "S"), dms(abs(lat))
        gps[3], gps[4] = ("E" if lon >= 0 else "W"), dms(abs(lon))
        if datum:
            gps[18] = datum
    return tags


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new(mode, (width, height), "red")
    image.paste(Image.new(mode, (width - width // 2, height), "blue"), (width // 2, 0))
    return image


def encoded(image: Image.Image | None = None, kind: str = "JPEG", **more: Any) -> io.BytesIO:
    out = io.BytesIO()
    (image or picture()).save(out, kind, **more)
    out.seek(0)
    return out
