"""Figures at a million cases in one county: a month and a year, the rows behind one, a brief, a case, the map, the to-dos.

python bench/figures.py [--sizes 10000,1000000] [--repeat 10] [--keep FOLDER]

The counties are those of bench/desk.py (five years of cases, one in eight late, one in thirty reopened, two in five rated).
Prints JSON lines with p50, p95, CPU time and statements, then how each page grew from the smallest size to the largest.
Figures are counted (every row of the window is read), measured "once kept" (docs/adr/0013), and with cases written since.
Aim: p95 < 100 ms, growth within 1.5. What was measured: bench/README.md.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import desk


def pages() -> tuple[tuple[str, str], ...]:
    """(name, address): windows of whole months that are over, and the one that runs."""
    first = date.today().replace(day=1)
    month = (first - timedelta(days=1)).replace(day=1)
    year = month.replace(year=month.year - 1)
    old = month.replace(year=month.year - 3)
    last, whole = f"from={month}&to={first}", f"from={year}&to={month}"
    past = f"from={old}&to={(old + timedelta(days=32)).replace(day=1)}"
    return (
        ("figures, this month", "/desk/figures/"),
        ("figures, last month", f"/desk/figures/?{last}"),
        ("figures, last month, one community", f"/desk/figures/?{last}&place=/001/003/"),
        ("figures, a month three years ago", f"/desk/figures/?{past}"),
        ("figures, a year", f"/desk/figures/?{whole}"),
        ("rows, closed last month", f"/desk/figures/closure_rate/?{last}"),
        ("rows, due last month", f"/desk/figures/closure_rate/?{last}&all=1"),
        ("rows, carried over", f"/desk/figures/carried_over/?{last}"),
        ("rows, closed in a year", f"/desk/figures/closure_rate/?{whole}"),
        ("to-dos, mine", "/desk/"),
        ("map", "/desk/map/"),
        ("map, what is in view", "/desk/map/cases.geojson?bbox=119.60,41.38,119.62,41.40&zoom=16"),
        ("a case", "a case"),
    )


def one_case() -> str:
    """The address of a case in the community of the clerk."""
    from django.apps import apps

    from mulin.kernel.county import county_scope

    with county_scope(desk.COUNTY):
        rows = apps.get_model("cases.Case").objects.filter(grid_path="/001/003/g1001/", state="closed")
        return f"/desk/cases/{rows.order_by('-reported_at').values_list('pk', flat=True)[0]}/"


def measure(accounts: dict[str, Any], size: int, repeat: int) -> list[dict[str, Any]]:
    """The pages as a leader and a community clerk see them."""
    here = one_case()
    asked = [(name, here if path == "a case" else path) for name, path in pages()]
    who = {name: accounts[name] for name in ("leader", "community_clerk")}
    keep(written=0, anew=True)
    found = desk.measured(who, asked, size, repeat, bench="figures")
    for note in ("once kept", "once kept, 300 cases written since"):
        again = [(f"{name}; {note}", path) for name, path in asked if name.startswith("figures")]
        keep(written=300 if "written" in note else 0)
        found += desk.measured({"leader": accounts["leader"]}, again, size, repeat, bench="figures")
    return found


def keep(written: int, anew: bool = False) -> None:
    """Keep every window that was asked for, as tick does (``anew``: forget them), then write some cases of the last three
    months."""
    from django.apps import apps

    from mulin.kernel import clock
    from mulin.kernel.county import county_scope
    from mulin.readers.indicators.actions import keep_tallies

    with county_scope(desk.COUNTY):
        if anew:
            apps.get_model("indicators.Tally").objects.all().delete()
        while keep_tallies(now=clock.now()):
            pass
        rows = apps.get_model("cases.Case").objects
        lately = rows.filter(reported_at__gte=clock.now() - timedelta(days=90)).order_by("client_id")
        rows.filter(pk__in=list(lately.values_list("pk", flat=True)[:written])).update(supports=1)


if __name__ == "__main__":
    desk.main(file=__file__, sizes="10000,1000000", measure=measure, words=__doc__)
