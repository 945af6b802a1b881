"""How many reports were merged into a case: whatever happens to it becomes of them too."""

from django.db import migrations, models

from mulin.kernel.county import all_counties

COUNT = """
UPDATE cases_case SET carried = counted.n
FROM (
    SELECT county_id, merged_into_id, count(*) AS n FROM cases_case WHERE merged_into_id IS NOT NULL GROUP BY 1, 2
) counted
WHERE cases_case.county_id = counted.county_id AND cases_case.id = counted.merged_into_id
"""


def count(apps, schema_editor):
    """The cases of every county."""
    with all_counties():
        schema_editor.execute(COUNT)


class Migration(migrations.Migration):
    dependencies = [("cases", "0034_step_when")]

    operations = [
        migrations.AddField(
            model_name="case",
            name="carried",
            field=models.PositiveSmallIntegerField(default=0, help_text="reports that were merged into it"),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
