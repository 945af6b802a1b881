"""The letter pairs of a case, kept by the database itself. docs/adr/0008 says why."""

from django.db import migrations

from mulin.kernel.county import all_counties

GRAMS = r"""
CREATE FUNCTION cases_grams(county integer, VARIADIC said text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(
    array_to_tsvector(array_agg(DISTINCT chr(county) || letter || CASE WHEN next_one ~ '\s' THEN '' ELSE next_one END)),
    ''::tsvector)
  FROM (
    SELECT letter, lead(letter, 1, '') OVER (PARTITION BY part ORDER BY place) AS next_one
    FROM unnest(said) WITH ORDINALITY AS parts (words, part),
      unnest(string_to_array(
        translate(left(words, 10000), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), NULL
      )) WITH ORDINALITY AS letters (letter, place)
  ) AS pairs
  WHERE letter !~ '\s'
$$
"""

KEEP = """
CREATE FUNCTION cases_keep_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO cases_casewords (id, county_id, case_id, grams)
  VALUES (NEW.id, NEW.county_id, NEW.id,
    cases_grams(NEW.county_id, NEW.title, NEW.text, NEW.place_text, NEW.result))
  ON CONFLICT (county_id, id) DO UPDATE SET grams = excluded.grams;
  RETURN NULL;
END
$$
"""

ON_NEW = """
CREATE TRIGGER cases_words_new AFTER INSERT ON cases_case
FOR EACH ROW EXECUTE FUNCTION cases_keep_words()
"""

ON_CHANGE = """
CREATE TRIGGER cases_words_changed AFTER UPDATE OF title, text, place_text, result ON cases_case
FOR EACH ROW WHEN (
  (OLD.title, OLD.text, OLD.place_text, OLD.result) IS DISTINCT FROM (NEW.title, NEW.text, NEW.place_text, NEW.result)
) EXECUTE FUNCTION cases_keep_words()
"""

THOSE_THERE = """
INSERT INTO cases_casewords (id, county_id, case_id, grams)
SELECT id, county_id, id, cases_grams(county_id, title, text, place_text, result) FROM cases_case
"""

COMMON = "ALTER TABLE cases_casewords ALTER COLUMN grams SET STATISTICS 500"


def those_there(apps, schema_editor):
    """The cases of every county that is here already."""
    with all_counties():
        schema_editor.execute(THOSE_THERE)


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_words_and_views")]

    operations = [
        migrations.RunSQL(
            [GRAMS, KEEP, ON_NEW, ON_CHANGE, COMMON],
            [
                "DROP TRIGGER cases_words_new ON cases_case",
                "DROP TRIGGER cases_words_changed ON cases_case",
                "DROP FUNCTION cases_keep_words()",
                "DROP FUNCTION cases_grams(integer, text[])",
            ],
        ),
        migrations.RunPython(those_there, migrations.RunPython.noop),
    ]
