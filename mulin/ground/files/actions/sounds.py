"""From an upload to a short recording: sniffed and bounded; kept as it came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mulin.ground.files.actions.photos import Readable
from mulin.ground.files.rules.sounds import (
    LATE_SECONDS,
    MAX_SOUND,
    MAX_SOUND_SECONDS,
    SOUNDS,
    sound_kind,
    sound_seconds,
)
from mulin.kernel.errors import Refused


@dataclass(frozen=True)
class Sound:
    """The bytes as they came, what they are and their hash."""

    content: bytes
    media_type: str
    sha256: str


def read_sound(*, upload: Readable) -> Sound:
    """A recording of a minute at most. Refused: one that browsers do not play or that does not say how long it is
    ("sound_wrong"), one that is longer ("sound_long"). A phone may stop LATE_SECONDS after the minute."""
    content = upload.read(MAX_SOUND + 1)
    told = {"seconds": MAX_SOUND_SECONDS}
    if len(content) > MAX_SOUND:
        raise Refused("sound_long", _("录音太长，最多 %(seconds)d 秒。") % told, field="sound")
    kind = sound_kind(content)
    seconds = sound_seconds(content, kind) if kind else 0.0
    if not seconds > 0:  # nor is "not a number" a length
        raise Refused("sound_wrong", _("这不是能播放的录音，请重新录一段。"), field="sound")
    if seconds > MAX_SOUND_SECONDS + LATE_SECONDS:
        raise Refused("sound_long", _("录音太长，最多 %(seconds)d 秒。") % told, field="sound")
    return Sound(content, SOUNDS[kind], hashlib.sha256(content).hexdigest())
