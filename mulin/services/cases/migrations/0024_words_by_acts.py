"""The acts keep the letter pairs of a case themselves: no trigger and no function of ours is left. docs/adr/0008.

Rows stay as the triggers wrote them. Where a full-width space stands in a case they hold two pairs more than
``mulin mend-words`` would write; that hides nothing and finds nothing wrong.
"""

from importlib import import_module

from django.db import migrations

before = import_module("mulin.services.cases.migrations.0007_keep_words")


class Migration(migrations.Migration):
    dependencies = [("cases", "0023_receipts_of_parts")]

    operations = [
        migrations.RunSQL(
            [
                "DROP TRIGGER cases_words_new ON cases_case",
                "DROP TRIGGER cases_words_changed ON cases_case",
                "DROP FUNCTION cases_keep_words()",
                "DROP FUNCTION cases_grams(integer, text[])",
            ],
            [before.GRAMS, before.KEEP, before.ON_NEW, before.ON_CHANGE],
        )
    ]
