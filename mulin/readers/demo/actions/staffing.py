"""Where teams of the example county were sent, and who is away these days: through the same actions as the pages."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from mulin.ground.people import actions as people
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.readers.demo.actions.people import Folk

SENT = {
    "城管执法下沉分队": "叶柏寿街道办事处",
    "市场监管下沉分队": "红山街道办事处",
    "住建物业下沉分队": "铁南街道办事处",
}
"""Team → the street under which it works."""


def second_teams(*, folk: Folk, on: date, by: Actor, now: datetime) -> None:
    """Three of the teams work under streets from a day on; the others stay at home."""
    for team, street in SENT.items():
        people.second(team=folk.units[team], host=folk.units[street], on=on, by=by, now=now)


def go_on_leave(*, folk: Folk, by: Actor, now: datetime) -> None:
    """Two colleagues are away these days: one with a stand-in, one without."""
    today = local_day(now)
    for place, stand_in, reason, days in ((20, 21, "annual", 3), (30, None, "training", 1)):
        person = folk.workers[place].person
        assert person is not None
        people.enter_leave(
            person=person,
            stand_in=folk.workers[stand_in].person if stand_in is not None else None,
            first_day=today,
            last_day=today + timedelta(days=days),
            reason=reason,
            by=by,
            now=now,
        )
