"""From an upload to clean bytes: sniffed, bounded, turned upright, stripped of everything but pixels."""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image

from mulin.ground.files.rules import (
    MAX_PIXELS,
    MAX_PIXELS_ELSE,
    MAX_SIDE,
    QUALITY,
    THUMB_SIDE,
    position,
    sniff,
)
from mulin.kernel.errors import Refused

_GPS, _ORIENTATION = 0x8825, 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation → what brings the picture upright."""
_READERS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}


class Readable(Protocol):
    """An open file, a Django upload, or anything that reads bytes."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Photo:
    """Re-encoded bytes, their hash, size in pixels and, where the original told it, position (lon, lat)."""

    content: bytes
    thumb: bytes
    media_type: str
    sha256: str
    width: int
    height: int
    at: tuple[float, float] | None


def read_photo(*, upload: Readable) -> Photo:
    """Decode an upload and make clean bytes of it: nothing of the original file but its pixels is kept.

    Refused: empty, too large, not a photo by its content, a kind we cannot read, too many pixels, damaged.
    """
    raw = upload.read(settings.MAX_PHOTO_BYTES + 1)
    if not raw:
        raise Refused("photo_empty", _("照片是空的，请重新选择。"), field="photos")
    if len(raw) > settings.MAX_PHOTO_BYTES:
        limit = settings.MAX_PHOTO_BYTES // 1024 // 1024
        message = _("照片太大，请选择不超过 %(limit)d MB 的照片。") % {"limit": limit}
        raise Refused("photo_too_large", message, field="photos")
    kind = sniff(raw[:32])
    _refuse_kind(kind)
    try:
        return _clean(Image.open(io.BytesIO(raw), formats=[_READERS[kind]]), kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels()
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, struct.error):
        # Pillow's decoders answer damaged files with any of these.
        raise Refused(
            "photo_unreadable", _("这张照片已损坏，无法读取，请重新拍摄或另选一张。"), field="photos"
        )


def _refuse_kind(kind: str) -> None:
    if kind == "heic" and "HEIF" not in Image.OPEN:
        message = _(
            "这是苹果手机的 HEIC 照片，暂时无法读取。"
            "请在手机“设置—相机—格式”里选“兼容性最佳”后重拍，或发送截图。"
        )
        raise Refused("photo_heic", message, field="photos")
    if kind not in _READERS:
        raise Refused("photo_kind", _("只能上传 JPEG、PNG 或 WebP 格式的照片。"), field="photos")


def _too_many_pixels() -> Refused:
    return Refused("photo_too_many_pixels", _("照片的像素太多，请用普通拍照模式重拍。"), field="photos")


def _clean(picture: Image.Image, kind: str) -> Photo:
    width, height = picture.size
    if width * height > MAX_PIXELS.get(kind, MAX_PIXELS_ELSE):
        raise _too_many_pixels()
    turn, gps = _tags(picture)
    if kind == "jpeg":
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))  # libjpeg scales while unpacking: less memory, less time
    as_png = kind == "png"
    upright = _bare(picture, alpha=True)
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if turn in _TURNS:
        upright = upright.transpose(_TURNS[turn])
    bare = upright if as_png else _bare(upright, alpha=False)
    content = _encode(bare, "PNG" if as_png else "JPEG")
    small = _bare(bare, alpha=False)
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    return Photo(
        content=content,
        thumb=_encode(small, "JPEG"),
        media_type="image/png" if as_png else "image/jpeg",
        sha256=hashlib.sha256(content).hexdigest(),
        width=bare.width,
        height=bare.height,
        at=position(gps),
    )


def _tags(picture: Image.Image) -> tuple[int, Mapping[int, Any]]:
    """Orientation and GPS tags, or 1 and none where EXIF is missing or damaged: tags refuse no photo."""
    try:
        tags = picture.getexif()
        return tags.get(_ORIENTATION, 1), tags.get_ifd(_GPS)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, struct.error):
        return 1, {}


def _bare(picture: Image.Image, *, alpha: bool) -> Image.Image:
    """A fresh picture with these pixels and no metadata. Transparency is kept (PNG) or laid on white."""
    see_through = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if not see_through:
        return _without_info(picture.convert("RGB"))
    layered = _without_info(picture.convert("RGBA"))
    if alpha:
        return layered
    fresh = Image.new("RGB", picture.size, "white")
    fresh.paste(layered, mask=layered.getchannel("A"))
    return fresh


def _without_info(picture: Image.Image) -> Image.Image:
    """The same pixels in a picture that never heard of the file."""
    fresh = Image.new(picture.mode, picture.size)
    fresh.paste(picture)
    return fresh


def _encode(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "JPEG":
        picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    else:
        picture.save(out, "PNG", optimize=False)
    return out.getvalue()
