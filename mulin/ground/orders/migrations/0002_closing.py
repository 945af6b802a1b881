from django.db import migrations, models
from django.db.models import Min

import mulin.citus.fields
from mulin.kernel.county import all_counties

OWED = ("order_review_late", "order_confirm", "order_answer")


def look_again(apps, schema_editor):
    """What an office owes already has a clock from now on, as what it comes to owe."""
    order, item = apps.get_model("orders", "Order"), apps.get_model("worklist", "WorkItem")
    with all_counties():
        rows = item.objects.filter(subject_kind="order", kind__in=OWED, done_at=None, due_at__isnull=False)
        found = rows.order_by().values_list("county_id", "subject_id").annotate(at=Min("due_at"))
        for county, key, due in found.exclude(path="/"):
            row = order.objects.filter(county_id=county, pk=key)
            row.filter(models.Q(next_check_at=None) | models.Q(next_check_at__gt=due)).update(
                next_check_at=due
            )


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial"), ("worklist", "0003_copy")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="closing",
            field=models.CharField(
                blank=True,
                default="",
                help_text="over, and ends so once what was served is settled",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="orderjoin",
            name="via",
            field=mulin.citus.fields.CountyForeignKey(
                county_index=False,
                help_text="the ask with which it came, so that merging can be undone",
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to="orders.order",
            ),
        ),
        migrations.AddField(
            model_name="orderclaim",
            name="back_sealed",
            field=models.TextField(
                blank=True,
                default="",
                help_text="why it was given back, for reviewers: nobody is asked for it",
            ),
        ),
        migrations.RunPython(look_again, migrations.RunPython.noop),
    ]
