"""What every page of figures is asked: who reads, over which days, narrowed to which place and unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.kernel import clock
from mulin.kernel.actor import Actor
from mulin.kernel.doors import asking
from mulin.readers.indicators import queries


def reader(request: HttpRequest) -> Actor:
    """Whoever asks; the middleware knows."""
    return asking(request)


def crumbs(title: str, *between: tuple[str, str]) -> dict[str, Any]:
    """The way from the figures to a page."""
    way = [(_("数据"), reverse("indicators:figures")), *between, (title, "")]
    return {"title": title, "crumbs": [{"title": name, "url": url} for name, url in way]}


@dataclass(frozen=True)
class Asked:
    """The window and the scope of a page. ``wrong``: what was the matter with the days, in words."""

    start: date
    end: date
    wrong: str
    choices: queries.Choices
    scope: queries.Scope
    now: datetime

    @classmethod
    def of(cls, request: HttpRequest) -> Asked:
        """As the address says it; without any days, the current month."""
        now, said = clock.now(), request.GET
        start, end, wrong = _window(said.get("from", ""), said.get("to", ""), now)
        choices = queries.choices_for(reader(request))
        scope = queries.scope_for(
            reader(request), choices, place=said.get("place", ""), unit=said.get("unit", "")
        )
        return cls(start, end, wrong, choices, scope, now)

    @property
    def narrowed(self) -> dict[str, str]:
        """Place and unit, as an address says them."""
        place = self.scope.path if self.scope.path != "/" else ""
        told = {"place": place, "unit": str(self.scope.unit or "")}
        return {name: value for name, value in told.items() if value}

    def query(self, **more: Any) -> str:
        """The address's question, with what differs."""
        return urlencode({"from": self.start, "to": self.end, **self.narrowed, **more})

    def link(self, name: str, *args: Any, **more: Any) -> str:
        """An address that asks the same of another page."""
        return f"{reverse(f'indicators:{name}', args=args)}?{self.query(**more)}"

    @property
    def where(self) -> str:
        """Place and unit in words, '' for all that the reader sees."""
        place = self.choices.place_name(self.scope.path) if self.scope.path != "/" else ""
        return " · ".join(one for one in (place, self.choices.unit_name(self.scope.unit)) if one)

    def context(self) -> dict[str, Any]:
        """What templates/indicators/parts/sieve.html asks for."""
        back = queries.before(self.start, self.end)
        after = (self.end, self.end + (self.end - self.start))
        if self.whole_month:
            after = queries.month_of(clock.day_start(self.end))
        months = {"before": self.query(**_days(back)), "after": self.query(**_days(after))}
        return {
            "start": self.start,
            "end": self.end,
            "wrong": self.wrong,
            "where": self.where,
            "now": self.now,
            "choices": self.choices,
            "path": self.scope.path,
            "unit": str(self.scope.unit or ""),
            "whole_month": self.whole_month,
            "months": months,
            "running": self.running,
        }

    @property
    def running(self) -> bool:
        """The window is not over."""
        return clock.day_start(self.end) > self.now

    @property
    def whole_month(self) -> bool:
        """From the first of a month to the first of the next."""
        return queries.month_of(clock.day_start(self.start)) == (self.start, self.end)


def _days(window: tuple[date, date]) -> dict[str, date]:
    return {"from": window[0], "to": window[1]}


def _window(since: str, until: str, now: datetime) -> tuple[date, date, str]:
    start, end = queries.month_of(now)
    if not since and not until:
        return start, end, ""
    try:
        asked = date.fromisoformat(since), date.fromisoformat(until)
        clock.day_start(asked[0]), clock.day_start(asked[1] + (asked[1] - asked[0]))
    except (ValueError, OverflowError):
        return start, end, _("日期写作 2026-01-31；现在显示的是本月。")
    if asked[1] <= asked[0]:
        return start, end, _("止日必须晚于起日（止日不含在内）；现在显示的是本月。")
    return *asked, ""
