"""Imports are runs like any other: those there move to ground.runs; what was not finished says so."""

from django.db import migrations

from mulin.kernel.county import all_counties

MOVE = """
INSERT INTO runs_run (id, county_id, kind, title, asked_by_id, facts, upload_name, result_name, state, tries, message,
    done, "of", counts, reasons, created_at, moved_at, finished_at, expired_at)
SELECT id, county_id, 'cases.import', file_name, by_id,
    jsonb_build_object('dry_run', dry_run, 'live', live, 'source', source), '', '',
    CASE WHEN finished_at IS NULL THEN 'refused' ELSE state END, 1,
    CASE WHEN finished_at IS NULL THEN '升级时没有做完，请重新导入。' ELSE message END,
    read, 0,
    jsonb_build_object('imported', imported, 'updated', updated, 'unchanged', unchanged, 'refused', refused),
    reasons, created_at, moved_at, coalesce(finished_at, moved_at), coalesce(finished_at, moved_at)
FROM cases_importrun
"""


def move(apps, schema_editor):
    """The imports of every county."""
    with all_counties():
        schema_editor.execute(MOVE)


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_import_files"), ("runs", "0001_initial")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
