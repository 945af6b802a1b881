"""Acts on many cases at once: which, how many, how long they can be taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

BULK: Final = ("accept", "take_up", "dispatch", "name_officers", "urge", "close")
"""The acts that one form can say for many cases."""
TAKEN_BACK: Final = frozenset({"accept", "take_up", "dispatch", "name_officers", "close"})
"""Of these, the acts that can be undone: nothing of theirs has left the house but a message that can be corrected."""
MOST_AT_ONCE: Final = 200
IN_THE_REQUEST: Final = 25
"""So many cases are moved while the reader waits; more of them in the background, with progress."""
UNDO_WITHIN: Final = timedelta(hours=1)
BROKEN_OFF: Final = timedelta(minutes=10)
"""A batch whose request died is given up after so long: what was not done stays undone and says so."""


class Outcome(TextChoices):
    WAITING = "waiting", _("等着做")
    DONE = "done", _("已做")
    REFUSED = "refused", _("没有做")


class SetBack(TextChoices):
    """What became of undoing one case's part; '' while nobody asked."""

    DONE = "done", _("已撤回")
    REFUSED = "refused", _("没有撤回")
