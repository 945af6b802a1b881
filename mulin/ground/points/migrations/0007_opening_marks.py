from django.db import migrations, models

from mulin.ground.points.rules import OPENING
from mulin.ground.points.rules.openings import marks, plain_source
from mulin.kernel.county import all_counties
from mulin.kernel.secrets import decrypt, keyed_hash


def mark(apps, schema_editor):
    """Rows of lists that wait for their review; what is in the books already keeps its old number only."""
    row = apps.get_model("points", "OpeningRow")
    seen = set()
    with all_counties():
        rows = row.objects.filter(opening__state="proposed").select_related("opening").order_by("id")
        for one in rows.iterator():
            made = marks(
                whose=f"{one.opening.path}\n{plain_source(one.opening.source)}",
                name=decrypt(one.name_sealed, bound_to=OPENING),
                phone=decrypt(one.phone_sealed, bound_to=OPENING),
                old_number=one.old_number,
                key=keyed_hash,
            )
            who = "" if (one.county_id, made.who) in seen else made.who
            seen.add((one.county_id, made.who))
            row.objects.filter(county_id=one.county_id, pk=one.pk).update(who_hash=who, name_hash=made.name)


class Migration(migrations.Migration):
    dependencies = [
        ("citus", "0001_initial"),
        ("points", "0006_helper_act"),
    ]

    operations = [
        migrations.AddField(
            model_name="openingrow",
            name="name_hash",
            field=models.CharField(
                blank=True,
                default="",
                help_text="keyed, of the name; + where a telephone is known",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="openingrow",
            name="who_hash",
            field=models.CharField(
                blank=True,
                default="",
                help_text="keyed, of place, source and telephone or name",
                max_length=64,
            ),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="openingrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("who_hash", ""), _negated=True),
                fields=("county", "who_hash"),
                name="points_opening_who",
            ),
        ),
    ]
