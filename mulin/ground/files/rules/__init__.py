"""What an upload may be, by its first bytes; what its position tags say; where bytes lie. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from mulin.ground.files.rules.sounds import SOUNDS

MAX_SIDE = 2400
"""Pixels of a stored photo's longer side: enough to read a house number, small enough for a county's disk."""
THUMB_SIDE = 480
MAX_PIXELS = {"jpeg": 64_000_000}
MAX_PIXELS_ELSE = 25_000_000
"""A picture of more is refused before it is unpacked. Phones make JPEGs of up to 50 million pixels;
PNG and WebP are unpacked whole, and are screenshots."""
QUALITY = 85
KEPT_UNATTACHED_HOURS = 24
EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png"} | {kind: name for name, kind in SOUNDS.items()}

_HEIC = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")


def sniff(head: bytes) -> str:
    """The kind of file by its content (at least 32 bytes of it): 'jpeg', 'png', 'webp', 'heic', 'other' …"""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        if head[8:12] in _HEIC:
            return "heic"
        return "avif" if head[8:12] in _AVIF else "video"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if head.startswith(b"%PDF"):
        return "pdf"
    return "other"


def _degrees(parts: Any, ref: Any, negative: str) -> float | None:
    """Degrees from EXIF's (degrees, minutes, seconds); None where the tags make no sense."""
    try:
        values = [float(part) for part in parts]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if len(values) != 3 or not all(math.isfinite(value) and value >= 0 for value in values):
        return None
    total = values[0] + values[1] / 60 + values[2] / 3600
    return -total if str(ref).strip("\0 ").upper() == negative else total


def position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    """(lon, lat) in degrees WGS-84 from the GPS tags of EXIF 2.3, or None.

    None, too, for 0/0 (a phone that knew nothing), for impossible values and for another datum than WGS-84.
    """
    datum = str(gps.get(18, "")).strip("\0 ").upper()
    if datum and "84" not in datum:
        return None
    lat = _degrees(gps.get(2), gps.get(1, "N"), "S")
    lon = _degrees(gps.get(4), gps.get(3, "E"), "W")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None
    return round(lon, 7), round(lat, 7)


def content_path(county: int, sha256: str, extension: str) -> PurePosixPath:
    """Where bytes lie under FILES_ROOT: county, first two characters of the hash, hash."""
    return PurePosixPath(f"{county:06d}", sha256[:2], f"{sha256}.{extension}")


def thumb_path(county: int, sha256: str) -> PurePosixPath:
    """Where the small picture of the same content lies."""
    return PurePosixPath(f"{county:06d}", sha256[:2], f"{sha256}.thumb.jpg")
