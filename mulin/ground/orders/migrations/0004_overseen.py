from django.db import migrations, models
from django.db.models import Min

from mulin.kernel.county import all_counties

OWED = ("order_review_late", "order_confirm", "order_answer")


def look_again(apps, schema_editor):
    """What the county's office owes has a step above it from now on."""
    order, item = apps.get_model("orders", "Order"), apps.get_model("worklist", "WorkItem")
    with all_counties():
        rows = item.objects.filter(
            subject_kind="order", kind__in=OWED, path="/", done_at=None, due_at__isnull=False
        )
        for county, key, due in (
            rows.order_by().values_list("county_id", "subject_id").annotate(at=Min("due_at"))
        ):
            row = order.objects.filter(county_id=county, pk=key)
            row.filter(models.Q(next_check_at=None) | models.Q(next_check_at__gt=due)).update(
                next_check_at=due
            )


class Migration(migrations.Migration):
    dependencies = [("orders", "0003_rungs_and_points"), ("worklist", "0003_copy")]

    operations = [migrations.RunPython(look_again, migrations.RunPython.noop)]
