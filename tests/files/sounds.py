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
