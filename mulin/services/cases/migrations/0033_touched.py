"""When a case was last written: none of those that are there was, since any count was kept."""

from uuid import UUID

from django.db import migrations, models

import mulin.kernel.ids

WORDS = "a UUIDv7 of the last write, by the real clock: who counted it before counts it again"


class Migration(migrations.Migration):
    dependencies = [("cases", "0032_dues_feed")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="touched",
            field=models.UUIDField(default=UUID(int=0), editable=False, help_text=WORDS),
        ),
        migrations.AlterField(
            model_name="case",
            name="touched",
            field=models.UUIDField(default=mulin.kernel.ids.uuid7, editable=False, help_text=WORDS),
        ),
        migrations.AddIndex(
            model_name="case", index=models.Index(fields=["county", "touched"], name="case_touched")
        ),
    ]
