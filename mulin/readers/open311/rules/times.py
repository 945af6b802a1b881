"""Times of GeoReport v2: the W3C's subset of ISO 8601, with an offset. A day alone means the day in Asia/Shanghai."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from mulin.kernel.clock import day_start
from mulin.kernel.errors import Refused

MOST_DAYS: Final = 90
_WHOLE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = range(1970, 2200)


def moment(text: str, *, name: str, end: bool = False) -> datetime:
    """The moment that an argument says; of a day alone its beginning, or with ``end`` its last microsecond.

    A plus that an address turned into a space is read as a plus. Refused (400) for anything else.
    """
    said = re.sub(r" (?=\d{2}:\d{2}$)", "+", text.strip())
    try:
        if _WHOLE.fullmatch(said):
            found = datetime.fromisoformat(said)
        elif _DAY.fullmatch(said):
            day = date.fromisoformat(said)
            found = day_start(day) + (timedelta(days=1, microseconds=-1) if end else timedelta())
        else:
            raise ValueError(said)
    except (ValueError, OverflowError):
        raise _wrong(name) from None
    if found.year not in _YEARS:
        raise _wrong(name)
    return found


def _wrong(name: str) -> Refused:
    words = _("%(name)s 要写成带时区的 W3C 时间，例如 2026-09-01T00:00:00+08:00。") % {"name": name}
    return Refused("bad_date", words, field=name, status=400)


def span(start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """(from, to) of what is asked for: 90 days at most, the last 90 where nothing is said, 90 on or back from one end.

    Refused (400) for times that are none, an end before its beginning, and a longer span.
    """
    most = timedelta(days=MOST_DAYS)
    since = moment(start, name="start_date") if start else None
    until = moment(end, name="end_date", end=True) if end else None
    if since is None and until is None:
        return now - most, now
    since = since or (until or now) - most
    until = until or since + most
    if until < since:
        raise Refused("bad_span", _("end_date 要晚于 start_date。"), field="end_date", status=400)
    if until - since > most:
        words = _("一次最多查 %(days)d 天，请分几次查。") % {"days": MOST_DAYS}
        raise Refused("span_too_long", words, field="start_date", status=400)
    return since, until
