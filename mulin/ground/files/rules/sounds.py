"""What a recording is and how long it plays, by its bytes. Pure.

Phones that record while they write leave no length in the header: a WebM is timed by its blocks, a fragmented MP4 by its
fragments. The other kinds are read by tinytag.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Final

from tinytag import TinyTag, TinyTagException

SOUNDS: Final = {
    "webm": "audio/webm", "ogg": "audio/ogg", "m4a": "audio/mp4", "mp3": "audio/mpeg", "wav": "audio/wav",
}  # fmt: skip
"""Kinds of recordings that phones make and browsers play → media type."""
MAX_SOUND_SECONDS: Final = 60
LATE_SECONDS: Final = 2.0
"""So much later than at the full minute a busy phone may have stopped."""
MAX_SOUND: Final = 1_500_000
"""Bytes of a recording: a minute as phones record speech."""


def sound_kind(content: bytes) -> str:
    """Which of SOUNDS the bytes of a whole recording are; '' for anything else, films included."""
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "" if b"V_VP" in content or b"V_AV1" in content or b"V_MPEG" in content else "webm"
    if content.startswith(b"OggS"):
        return "ogg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "wav"
    if content[4:8] == b"ftyp":
        return "m4a" if b"soun" in content and b"vide" not in content else ""
    if content.startswith(b"ID3") or (content[:1] == b"\xff" and content[1:2] in (b"\xfb", b"\xf3", b"\xf2")):
        return "mp3"
    return ""


def sound_seconds(content: bytes, kind: str) -> float:
    """How long a recording of a kind plays; 0 where its bytes do not say."""
    if kind == "webm":
        return _webm_seconds(content)
    try:
        read = TinyTag.get(filename=f"sound.{kind}", file_obj=io.BytesIO(content), tags=False)
    except TinyTagException:
        return 0.0
    told = read.duration or 0.0
    return max(told, _fragments_seconds(content)) if kind == "m4a" else told


# ── WebM: RFC 8794 (EBML), RFC 9559 (Matroska) ───────────────────────────────────────────────────────────────────

_SEGMENT, _INFO, _CLUSTER, _GROUP = 0x18538067, 0x1549A966, 0x1F43B675, 0xA0
_INSIDE: Final = (_SEGMENT, _INFO, _CLUSTER, _GROUP)
_SCALE, _TIME, _BLOCKS = 0x2AD7B1, 0xE7, (0xA3, 0xA1)


def _varint(content: bytes, at: int, *, marked: bool) -> tuple[int, int]:
    """An EBML number and where it ends; ``marked``: with its length marker, as ids are written. Raises ValueError."""
    first = content[at] if at < len(content) else 0
    length = 9 - first.bit_length()
    if not first or at + length > len(content):
        raise ValueError("no EBML number")
    whole = int.from_bytes(content[at : at + length], "big")
    return whole if marked else whole & ((1 << 7 * length) - 1), at + length


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element that times a recording, in order: id and content. Ends where the bytes make no sense any more."""
    at = 0
    while at < len(content):
        try:
            what, at = _varint(content, at, marked=True)
            size, at = _varint(content, at, marked=False)
        except ValueError:
            return
        if what not in _INSIDE:
            yield what, content[at : at + size]
            at += size


def _webm_seconds(content: bytes) -> float:
    """When the last block begins: a recording that was written as it went has no length in its header."""
    scale, cluster, last = 1_000_000, 0, 0
    for what, held in _elements(content):
        if what == _SCALE:
            scale = int.from_bytes(held, "big")
        elif what == _TIME:
            cluster = int.from_bytes(held, "big")
        elif what in _BLOCKS and len(held) >= 4:
            last = max(last, cluster + int.from_bytes(held[1:3], "big", signed=True))
    return last * scale / 1e9


# ── MP4 in fragments: ISO/IEC 14496-12 ───────────────────────────────────────────────────────────────────────────

_BOXES: Final = (b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf")


def _boxes(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Every box that times a recording, in order: name and content."""
    at = 0
    while at + 8 <= len(content):
        size, name = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1 and at + 16 <= len(content):
            size, head = struct.unpack_from(">Q", content, at + 8)[0], 16
        if name in _BOXES:
            at += head
        elif size < head:
            return
        else:
            yield name, content[at + head : at + size]
            at += size


def _fragments_seconds(content: bytes) -> float:
    """The samples of all fragments together; 0 where there are none."""
    scale = common = usual = total = 0
    try:
        for name, held in _boxes(content):
            if name == b"mdhd":
                scale = struct.unpack_from(">I", held, 20 if held[0] else 12)[0]
            elif name == b"trex":
                common = struct.unpack_from(">I", held, 12)[0]
            elif name == b"tfhd":
                flags = int.from_bytes(held[1:4], "big")
                skipped = 8 + 8 * bool(flags & 1) + 4 * bool(flags & 2)
                usual = struct.unpack_from(">I", held, skipped)[0] if flags & 8 else common
            elif name == b"trun":
                total += _run(held, usual)
    except (struct.error, IndexError):
        return 0.0
    return total / scale if scale else 0.0


def _run(held: bytes, usual: int) -> int:
    """How long the samples of one run last together, in the track's units."""
    flags, count = int.from_bytes(held[1:4], "big"), struct.unpack_from(">I", held, 4)[0]
    if not flags & 0x100:
        return int(count * usual)
    first = 8 + 4 * bool(flags & 1) + 4 * bool(flags & 4)
    step = 4 * sum(bool(flags & one) for one in (0x100, 0x200, 0x400, 0x800))
    return sum(struct.unpack_from(">I", held, first + step * place)[0] for place in range(count))
