"""In which compound the cases lie that are there already: what was picked as their place, or what stands above it."""

from django.db import migrations

from mulin.kernel.county import all_counties

FILL = """
UPDATE cases_case AS one SET compound_id = home.id
FROM territory_division AS home
WHERE home.county_id = one.county_id AND home.kind IN ('compound', 'standalone_building')
    AND one.compound_id IS NULL AND starts_with(one.place_path, home.path)
"""


def fill(apps, schema_editor):
    """The cases of every county."""
    with all_counties():
        schema_editor.execute(FILL)


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_drop_import_run"), ("territory", "0002_assignments")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
