"""What was imported from the 12345 hotline before says so: its source was told as an import of anything."""

from django.db import migrations

from mulin.kernel.county import all_counties

TELL = "UPDATE cases_case SET source = 'hotline' WHERE source = 'import' AND import_source ~ '12345|热线'"


def tell(apps, schema_editor):
    """The cases of every county."""
    with all_counties():
        schema_editor.execute(TELL)


class Migration(migrations.Migration):
    dependencies = [("cases", "0030_hotline")]

    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
