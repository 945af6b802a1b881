"""The days that the law makes free in any year, before the year's official notice is known.

全国年节及纪念日放假办法, as in force since 2025: New Year 1 day, Spring Festival 4 (with its eve), Qingming 1, May Day 2,
Dragon Boat 1, Mid-Autumn 1, National Day 3. Which working days are moved to weekends (调休) only the notice says.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from django.utils.translation import gettext_noop

NAMES: Final = (
    gettext_noop("元旦"),
    gettext_noop("春节"),
    gettext_noop("清明节"),
    gettext_noop("劳动节"),
    gettext_noop("端午节"),
    gettext_noop("中秋节"),
    gettext_noop("国庆节"),
)
NEW_YEAR, SPRING, QINGMING, LABOUR, DRAGON_BOAT, MID_AUTUMN, NATIONAL = NAMES
EVE_SINCE: Final = 2025
"""From this year on the eve of Spring Festival and 2 May are free by law."""
LUNAR: Final = {
    # first day of the lunar year, fifth of the fifth month, fifteenth of the eighth month: two calendars agree on them
    2025: ((1, 29), (5, 31), (10, 6)),
    2026: ((2, 17), (6, 19), (9, 25)),
    2027: ((2, 6), (6, 9), (9, 15)),
    2028: ((1, 26), (5, 28), (10, 3)),
    2029: ((2, 13), (6, 16), (9, 22)),
    2030: ((2, 3), (6, 5), (9, 12)),
    2031: ((1, 23), (6, 24), (10, 1)),
    2032: ((2, 11), (6, 12), (9, 19)),
    2033: ((1, 31), (6, 1), (9, 8)),
    2034: ((2, 19), (6, 20), (9, 27)),
    2035: ((2, 8), (6, 10), (9, 16)),
    2036: ((1, 28), (5, 30), (10, 4)),
    2037: ((2, 15), (6, 18), (9, 24)),
    2038: ((2, 4), (6, 7), (9, 13)),
    2039: ((1, 24), (5, 27), (10, 2)),
    2040: ((2, 12), (6, 14), (9, 20)),
    2041: ((2, 1), (6, 3), (9, 10)),
    2042: ((1, 22), (6, 22), (9, 28)),
    2043: ((2, 10), (6, 11), (9, 17)),
    2044: ((1, 30), (5, 31), (10, 5)),
    2045: ((2, 17), (6, 19), (9, 25)),
    2046: ((2, 6), (6, 8), (9, 15)),
    2047: ((1, 26), (5, 29), (10, 4)),
    2048: ((2, 14), (6, 15), (9, 22)),
    2049: ((2, 2), (6, 4), (9, 11)),
    2050: ((1, 23), (6, 23), (9, 30)),
}


def qingming(year: int) -> date:
    """4 or 5 April of a year of this century, by the usual formula of the solar term."""
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def statutory(day: date) -> str:
    """The name of the festival that makes a day free by law, or ''."""
    return _of_year(day.year).get(day, "")


@lru_cache(maxsize=64)
def _of_year(year: int) -> dict[date, str]:
    found = {date(year, 1, 1): NEW_YEAR, date(year, 5, 1): LABOUR}
    found |= {date(year, 10, number): NATIONAL for number in (1, 2, 3)}
    if year >= EVE_SINCE:
        found[date(year, 5, 2)] = LABOUR
    if year in LUNAR:
        spring, boat, autumn = (date(year, month, number) for month, number in LUNAR[year])
        found[qingming(year)] = QINGMING
        found |= {spring + timedelta(number): SPRING for number in (-1, 0, 1, 2)}
        found.setdefault(boat, DRAGON_BOAT)
        found.setdefault(autumn, MID_AUTUMN)
    return found
