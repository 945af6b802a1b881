"""Making the example county: the whole of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from mulin.ground.access.queries import forget_counties
from mulin.ground.points import actions as ledger
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import system
from mulin.kernel.clock import day_start, local_day
from mulin.kernel.county import county_scope
from mulin.kernel.errors import Refused
from mulin.readers.demo.actions.aid import aid_events
from mulin.readers.demo.actions.between import between_events, old_book_events, repaying_events
from mulin.readers.demo.actions.cases import play
from mulin.readers.demo.actions.catalogue import ask_at_last, furnish
from mulin.readers.demo.actions.exchange import shop_events
from mulin.readers.demo.actions.fairness import fair_events
from mulin.readers.demo.actions.forces import declare_baseline
from mulin.readers.demo.actions.honours import hold_rounds
from mulin.readers.demo.actions.hotline import let_in
from mulin.readers.demo.actions.merchants import Tills, give_discounts, till_events
from mulin.readers.demo.actions.neighbours import hang_codes, meetings
from mulin.readers.demo.actions.patrols import events
from mulin.readers.demo.actions.people import settle
from mulin.readers.demo.actions.places import lay_map, open_example
from mulin.readers.demo.actions.points import bank_events, open_bank
from mulin.readers.demo.actions.reserve import reserve_events
from mulin.readers.demo.actions.routing import lay_rules
from mulin.readers.demo.actions.staffing import go_on_leave, second_teams
from mulin.readers.demo.queries import MADE, standing
from mulin.readers.demo.rules import moments, places, stories
from mulin.readers.demo.rules import people as table
from mulin.services.cases import actions as cases

SETTLED_BEFORE = timedelta(days=moments.DAYS + 15)
"""Map and people were there this long before now: every case finds its grid and its people."""
LOCK = 0x6D756C696E  # "mulin"
Progress = Callable[[str, int, int], None]
"""Told the stage in words, how much of it is done, and of how much."""


@dataclass(frozen=True)
class Made:
    """Whether the county was made now (else it stood already), and how many cases it was given."""

    fresh: bool
    cases: int = 0


def make_example(
    *, county: int, seed: int, scale: float, now: datetime, progress: Progress | None = None
) -> Made:
    """Make the example county in an empty database; one that is there already is left as it is.

    The same seed, scale and now tell the same stories (ids, numbers and receipts differ). Needs the
    owner role. Refuses a county opened as a real one, and any code but the one whose table is kept here.
    """
    if county != places.COUNTY:
        words = _("示例县只有 %(code)s（%(name)s）。") % {"code": places.COUNTY, "name": places.COUNTY_NAME}
        raise Refused("example_unknown", words)
    tell = progress or (lambda _stage, _done, _total: None)
    with transaction.atomic():
        _one_at_a_time()
        if _stands(county):
            return Made(fresh=False)
        count = _make(county, seed, scale, now, tell)
    forget_counties()
    tell(_("封存留痕"), 0, 1)
    with county_scope(county):
        trail.seal(now=now)
        ledger.seal(now=now)
    return Made(fresh=True, cases=count)


def _one_at_a_time() -> None:
    """Two commands at once: the second one waits and finds the county made."""
    with connection.cursor() as cursor:  # sql: an advisory lock, no table and no county in it
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _stands(county: int) -> bool:
    state = standing(county)
    name = {"name": places.COUNTY_NAME}
    if state == "real":
        raise Refused("county_real", _("%(name)s已经作为真实的县开通，不能再造成示例县。") % name)
    if state == "opened":
        words = _("%(name)s已经作为示例县开通，但不是由本命令造的；请换一个空的数据库。")
        raise Refused("example_other", words % name)
    return state == "made"


def _make(county: int, seed: int, scale: float, now: datetime, tell: Progress) -> int:
    """Everything, in the order in which it is said to have happened. Returns the number of cases."""
    by, settled = system(county, "demo"), day_start(local_day(now - SETTLED_BEFORE)) + timedelta(hours=9)
    on = local_day(settled)
    tell(_("地图"), 0, 1)
    open_example(by=by, now=settled)
    with county_scope(county):
        laid = lay_map(seed=seed, on=on, by=by, now=settled)
        tell(_("人员"), 0, 1)
        folk = settle(laid=laid, seed=seed, on=on, by=by, now=settled)
        second_teams(folk=folk, on=on, by=by, now=settled)
        tell(_("事项清单"), 0, 1)
        furnish(laid=laid, folk=folk, by=by, now=settled)
        open_bank(laid=laid, folk=folk, now=settled)
        folk.hotline = let_in(by=folk.door[table.ADMIN], now=settled)
        plans = stories.plans(seed=seed, scale=scale, now=now, blocks=laid.blocks)

        def told(done: int, total: int) -> None:
            tell(_("事项"), done, total)

        walks = events(laid=laid, folk=folk, seed=seed, by=by, now=now)
        walks += aid_events(laid=laid, folk=folk, seed=seed, scale=scale, now=now)
        walks += bank_events(laid=laid, folk=folk, seed=seed, by=by, since=settled, now=now)
        walks += fair_events(folk=folk, now=now)
        walks += shop_events(laid=laid, folk=folk, now=now)
        walks += reserve_events(laid=laid, folk=folk, since=settled, now=now)
        tills = Tills(laid, folk, now)
        walks += till_events(tills=tills, now=now)
        walks += between_events(laid=laid, folk=folk, since=settled, now=now)
        walks += repaying_events(tills=tills, folk=folk, now=now)
        walks += old_book_events(laid=laid, folk=folk, seed=seed, since=settled)
        met = meetings(plans=plans, folk=folk, seed=seed, now=now)
        play(plans=plans, laid=laid, folk=folk, seed=seed, progress=told, beside=walks, meanwhile=met)
        hang_codes(laid=laid, folk=folk, now=settled)
        ask_at_last(folk=folk, now=now)
        declare_baseline(by=folk.county_clerk, on=on, now=settled)
        go_on_leave(folk=folk, by=by, now=now)
        lay_rules(laid=laid, folk=folk, by=folk.county_clerk, now=now)
        give_discounts(laid=laid, folk=folk, now=now)
        hold_rounds(laid=laid, folk=folk, now=now)
        cases.learn_matters(by=by, now=now)
        trail.record(
            by=by,
            now=now,
            verb=MADE,
            subject_kind="division",
            subject_id=laid.root,
            facts={"seed": seed, "scale": scale, "cases": len(plans), "now": now.isoformat()},
        )
    return len(plans)
