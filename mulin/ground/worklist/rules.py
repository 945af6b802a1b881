"""The light of a to-do, and the words beside it. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

GREEN, YELLOW, RED, GREY = "green", "yellow", "red", "grey"
LIGHTS = (RED, YELLOW, GREEN, GREY)

NO_CLOCK = datetime(9000, 1, 1, tzinfo=UTC)
PAUSED = datetime(9500, 1, 1, tzinfo=UTC)
"""Where items without a due time, and resting ones, stand in the order: after every clock that runs."""

_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def light(
    *, opened_at: datetime, due_at: datetime | None, paused_since: datetime | None, now: datetime
) -> str:
    """Green, yellow in the last quarter of the clock's own time, red once overdue, grey while paused.

    Without a due time there is no clock to run out: green.
    """
    if paused_since is not None:
        return GREY
    if due_at is None:
        return GREEN
    if now > due_at:
        return RED
    quarter = max(due_at - opened_at, timedelta()) / 4
    return YELLOW if now >= due_at - quarter else GREEN


_LIGHT_WORDS = {
    GREEN: gettext_lazy("正常"),
    YELLOW: gettext_lazy("快到期"),
    RED: gettext_lazy("已超期"),
    GREY: gettext_lazy("已暂停"),
}


def light_words(colour: str) -> str:
    """The light in a word: state never hangs on colour alone."""
    return str(_LIGHT_WORDS[colour])


def span_words(span: timedelta) -> str:
    """A length of time in its largest whole unit: 2 天, 3 小时, 40 分钟."""
    seconds = int(abs(span).total_seconds())
    if seconds >= _DAY:
        n = seconds // _DAY
        return ngettext("%(n)d 天", "%(n)d 天", n) % {"n": n}
    if seconds >= _HOUR:
        n = seconds // _HOUR
        return ngettext("%(n)d 小时", "%(n)d 小时", n) % {"n": n}
    n = seconds // _MINUTE
    return ngettext("%(n)d 分钟", "%(n)d 分钟", n) % {"n": n}


def due_words(*, due_at: datetime | None, paused_since: datetime | None, now: datetime) -> str:
    """How long is left, by how much it is overdue, or since when it rests; '' without a clock."""
    if paused_since is not None:
        return _("已暂停 %(span)s") % {"span": span_words(now - paused_since)}
    if due_at is None:
        return ""
    if now > due_at:
        return _("超期 %(span)s") % {"span": span_words(now - due_at)}
    return _("还剩 %(span)s") % {"span": span_words(due_at - now)}
