"""Reports that were merged before a limit of the hotline's bound the case that goes on: it does now."""

from collections import defaultdict
from datetime import datetime

from django.db import migrations
from django.db.models.functions import Now

from mulin.kernel.county import all_counties

COUNTED = ("reported", "assigned", "in_hand", "returned", "disputed", "asked", "waiting", "shelved")


def bind(apps, schema_editor):
    """The limits beside the clocks of those cases, in every county; the recount that ``tick`` then does lets due times,
    hops and to-dos follow. A limit whose order was withdrawn binds nothing."""
    cases = apps.get_model("cases", "Case").objects
    with all_counties():
        first = {}
        for (county, _key), reports in _reports(apps, cases).items():
            into = cases.filter(
                county=county, pk=reports[0].merged_into_id, state__in=COUNTED, due_at__isnull=False
            )
            for row in into:
                if _limited(row, reports):
                    cases.filter(county=county, pk=row.pk).update(clocks=row.clocks)
                    first[county] = min(first.get(county, row.due_at), row.due_at)
        for county, due in first.items():
            apps.get_model("cases", "Recount").objects.create(
                county_id=county, first=due.date(), last=due.date(), asked_at=Now()
            )


def _reports(apps, cases):
    """(county, case) → the reports with a limit of the hotline's that were merged into it."""
    orders = apps.get_model("cases", "HotlineOrder").objects.filter(withdrawn_at__isnull=True)
    live = set(orders.filter(reporter__isnull=False).values_list("county", "case"))
    found = defaultdict(list)
    for row in cases.filter(merged_into__isnull=False, clocks__has_key="outer").order_by("id"):
        if (row.county_id, row.id) in live:
            found[row.county_id, row.merged_into_id].append(row)
    return found


def _limited(row, reports):
    """Whether a case has a limit now that it had not."""
    had = row.clocks.get("outer") or {}
    limits = dict(had.get("of") or ({str(row.id): had["until"]} if had else {}))
    new = {str(one.id): one.clocks["outer"]["until"] for one in reports if str(one.id) not in limits}
    limits |= new
    until = min(limits.values(), key=datetime.fromisoformat)
    own = had["own"] if had else row.due_at.isoformat()
    row.clocks = row.clocks | {"outer": {"until": until, "own": own, "of": limits}}
    return bool(new)


class Migration(migrations.Migration):
    dependencies = [("cases", "0035_carried")]

    operations = [migrations.RunPython(bind, migrations.RunPython.noop)]
