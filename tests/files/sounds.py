"""Recordings for the tests, made of a few bytes."""

from __future__ import annotations

import io
import wave


def spoken(seconds: float = 1.0, *, rate: int = 8000) -> io.BytesIO:
    """A WAV of silence: one byte a sample."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        sound.writeframes(b"\x80" * int(seconds * rate))
    out.seek(0)
    out.name = "say.wav"
    return out


def _element(what: str, held: bytes, *, open_end: bool = False) -> bytes:
    """An EBML element; ``open_end``: of unknown size, as it is written by a phone that records."""
    size = b"\x01" + b"\xff" * 7 if open_end else (1 << 56 | len(held)).to_bytes(8, "big")
    return bytes.fromhex(what) + size + held


def webm(seconds: float) -> io.BytesIO:
    """As a browser records it: no length in the header, clusters of two seconds, a block each 60 ms."""
    times = range(0, int(seconds * 1000) + 1, 60)
    clusters = b""
    for start in range(0, int(seconds * 1000) + 1, 2000):
        blocks = [
            _element("a3", b"\x81" + (at - start).to_bytes(2, "big") + b"\x80..")
            for at in times
            if start <= at < start + 2000
        ]
        clusters += _element(
            "1f43b675", _element("e7", start.to_bytes(4, "big")) + b"".join(blocks), open_end=True
        )
    info = _element("1549a966", _element("2ad7b1", (1_000_000).to_bytes(3, "big")))
    tracks = _element("1654ae6b", b"A_OPUS")
    return io.BytesIO(
        _element("1a45dfa3", b"") + _element("18538067", info + tracks + clusters, open_end=True)
    )


def _box(name: bytes, held: bytes) -> bytes:
    return (len(held) + 8).to_bytes(4, "big") + name + held


def mp4_in_fragments(seconds: float, *, timed: bool = True) -> io.BytesIO:
    """As a phone records it: no length in ``moov``; samples of 20 ms in fragments of a second, each with its own time or
    all with the usual one."""
    scale = 48_000
    length = (scale // 50).to_bytes(4, "big")
    mdia = _box(b"mdhd", bytes(12) + scale.to_bytes(4, "big") + bytes(8)) + _box(b"hdlr", bytes(8) + b"soun")
    trex = bytes(4) + b"\0\0\0\1\0\0\0\1" + length + bytes(8)
    moov = _box(b"trak", _box(b"mdia", mdia)) + _box(b"mvex", _box(b"trex", trex))
    flags = b"\0\0\1\0" if timed else bytes(4)
    run = flags + (50).to_bytes(4, "big") + (length * 50 if timed else b"")
    traf = _box(b"tfhd", bytes(4) + b"\0\0\0\1") + _box(b"trun", run)
    moof = _box(b"moof", _box(b"traf", traf)) + _box(b"mdat", b".")
    return io.BytesIO(_box(b"ftyp", b"isom" + bytes(4)) + _box(b"moov", moov) + moof * int(seconds))


def opus(seconds: float) -> io.BytesIO:
    """An Ogg of Opus: where its last page ends says how long it plays."""

    def page(held: bytes, place: int, ends: int, kind: int) -> bytes:
        head = (
            b"OggS\0" + bytes([kind]) + ends.to_bytes(8, "little") + b"\1\0\0\0" + place.to_bytes(4, "little")
        )
        return head + bytes(4) + bytes([1, len(held)]) + held

    head = b"OpusHead\1\1" + bytes(2) + (48_000).to_bytes(4, "little") + bytes(3)
    tags = b"OpusTags" + bytes(8)
    end = int(seconds * 48_000)
    return io.BytesIO(page(head, 0, 0, 2) + page(tags, 1, 0, 0) + page(b"." * 40, 2, end, 4))


def mp3(seconds: float) -> io.BytesIO:
    """Frames of MPEG-1 layer III, 32 kbit/s at 32 kHz: 36 ms and 144 bytes each."""
    return io.BytesIO((b"\xff\xfb\x18\xc0" + bytes(140)) * round(seconds / 0.036))
