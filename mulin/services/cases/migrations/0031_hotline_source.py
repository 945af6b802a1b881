"""What was imported from the 12345 hotline before says so: its source was told as an import of anything."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("cases", "0030_hotline")]

    operations = [
        migrations.RunSQL(
            "UPDATE cases_case SET source = 'hotline' WHERE source = 'import' AND import_source ~ '12345|热线'",
            migrations.RunSQL.noop,
        )
    ]
