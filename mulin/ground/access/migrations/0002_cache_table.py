"""The table of the shared cache (limits, sign-in throttles): every process counts in one place."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def create(apps: Any, editor: Any) -> None:
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


def drop(apps: Any, editor: Any) -> None:
    editor.execute('DROP TABLE IF EXISTS "mulin_cache"')


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
