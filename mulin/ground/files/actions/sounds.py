"""From an upload to a short recording: sniffed and bounded; kept as it came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mulin.ground.files.actions.photos import Readable
from mulin.ground.files.rules import MAX_SOUND, MAX_SOUND_SECONDS, SOUNDS, sound_kind, wav_seconds
from mulin.kernel.errors import Refused


@dataclass(frozen=True)
class Sound:
    """The bytes as they came, what they are and their hash."""

    content: bytes
    media_type: str
    sha256: str


def read_sound(*, upload: Readable) -> Sound:
    """A recording of a minute at most. Refused ("sound_wrong", "sound_long") where it is none that browsers play, and
    where it is longer: a WAV file says how long it is, of the others only the bytes are counted."""
    content = upload.read(MAX_SOUND + 1)
    told = {"seconds": MAX_SOUND_SECONDS}
    if len(content) > MAX_SOUND:
        raise Refused("sound_long", _("录音太长，最多 %(seconds)d 秒。") % told, field="sound")
    kind = sound_kind(content)
    if not kind:
        raise Refused("sound_wrong", _("这不是能播放的录音，请重新录一段。"), field="sound")
    if kind == "wav" and wav_seconds(content) > MAX_SOUND_SECONDS:
        raise Refused("sound_long", _("录音太长，最多 %(seconds)d 秒。") % told, field="sound")
    return Sound(content, SOUNDS[kind], hashlib.sha256(content).hexdigest())
