"""What the migrations really made: composite keys, county-first indexes, rights; and that the watcher can fail."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField, CreateModel
from psycopg.errors import InsufficientPrivilege

from mulin.citus import checks, partitions
from mulin.citus.fields import CountyForeignKey
from mulin.citus.indexes import CountyGin
from mulin.citus.models import CountyScoped
from mulin.citus.scoping import is_tenant, tenant_tables
from mulin.kernel.county import all_counties, county_scope
from tests.conftest import as_owner
from tests.personas import COUNTY, SINCE, Scene

TENANTS = sorted(tenant_tables())


def rows(sql: str, params: Any = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


@pytest.mark.no_tenant_rows("reads the catalogue")
def test_every_index_of_a_tenant_table_starts_with_county(db: None) -> None:
    found = rows(
        """SELECT t.relname, i.relname, a.attname FROM pg_index x
           JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
           LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
           WHERE t.relname = ANY(%s)""",
        [TENANTS],
    )
    assert {table for table, _, _ in found} == set(TENANTS)
    lettered = {
        one.name for model in apps.get_models() for one in model._meta.indexes if isinstance(one, CountyGin)
    }
    assert [row for row in found if row[2] != "county_id" and row[1] not in lettered] == []
    assert lettered == {"case_words"}, "their entries begin with the county: tests/cases/test_search.py"


@pytest.mark.no_tenant_rows("reads the catalogue")
def test_keys_and_foreign_keys_are_composite(db: None) -> None:
    found = rows(
        """SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, c.contype,
                  (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(c.conkey) WITH ORDINALITY k(num, n)
                   JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.num)
           FROM pg_constraint c WHERE c.contype IN ('p', 'f') AND c.conparentid = 0"""
    )
    keys = {table: columns for table, _, kind, columns in found if kind == "p" and table in TENANTS}
    assert {table: ["county_id", "id"] for table in TENANTS} == keys
    between = [row for row in found if row[2] == "f" and row[0] in TENANTS and row[1] in TENANTS]
    assert len(between) > 20
    assert [row for row in between if row[3][0] != "county_id" or len(row[3]) != 2] == []


@pytest.mark.no_tenant_rows("tables of its own")
def test_a_foreign_key_added_later_is_composite_and_indexed(transactional_db: None) -> None:
    membership, person = apps.get_model("people.Membership"), apps.get_model("people.Person")
    field = CountyForeignKey(person, on_delete=models.PROTECT, null=True, related_name="+")
    field.set_attributes_from_name("vouched_by")
    field.model = membership
    with as_owner():
        with connection.schema_editor() as editor:
            editor.add_field(membership, field)
        try:
            constraint = rows(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'people_membership'::regclass "
                "AND pg_get_constraintdef(oid) LIKE '%%vouched_by%%' AND conparentid = 0"
            )
            index = rows(
                "SELECT indexdef FROM pg_indexes WHERE tablename = 'people_membership' AND indexdef LIKE '%%vouched%%'"
            )
            assert ["(county_id, vouched_by_id)" in row[0] for row in constraint] == [True]
            assert ["(county_id, vouched_by_id)" in row[0] for row in index] == [True]
        finally:
            with connection.schema_editor() as editor:
                editor.remove_field(membership, field)


@pytest.mark.no_tenant_rows("reads migration files")
def test_new_tenant_models_carry_their_county_from_the_first_migration() -> None:
    loader = MigrationLoader(None)
    for (app, name), migration in loader.disk_migrations.items():
        if not type(migration).__module__.startswith("mulin."):
            continue
        created = [op for op in migration.operations if isinstance(op, CreateModel)]
        for operation in migration.operations:
            assert not (isinstance(operation, AddField) and operation.name == "county"), f"{app}.{name}"
        for operation in created:
            bases = [str(base) for base in operation.bases]
            names = dict(operation.fields)
            live = (
                apps.get_model(app, operation.name)
                if operation.name.lower() in apps.all_models[app]
                else None
            )
            if live is not None and is_tenant(live):
                assert "county" in names, f"{app}.{name}: {operation.name} {bases}"


def _errors(fields: dict[str, Any], **meta: Any) -> list[str]:
    meta = {"app_label": "people", "abstract": False, **meta}
    body = {"__module__": "tests.citus.made_up", "Meta": type("Meta", (), meta), **fields}
    model = type(f"MadeUp{len(apps.all_models['people'])}", (CountyScoped,), body)
    try:
        return checks._field_errors(model) + checks._constraint_errors(model)
    finally:
        del apps.all_models["people"][model._meta.model_name]
        apps.clear_cache()


@pytest.mark.no_tenant_rows("classes only")
@pytest.mark.parametrize(
    ("fields", "meta", "word"),
    [
        ({"code": models.CharField(max_length=9, unique=True)}, {}, "unique"),
        ({"code": models.CharField(max_length=9, db_index=True)}, {}, "db_index"),
        ({"who": models.ForeignKey("people.Person", models.CASCADE, related_name="+", db_index=False)}, {}, "CountyForeignKey"),
        ({"who": models.OneToOneField("people.Person", models.CASCADE, related_name="+")}, {}, "OneToOne"),
        ({"who": models.ForeignKey("access.Account", models.CASCADE, related_name="+", db_index=False)}, {}, "reference"),
        ({"many": models.ManyToManyField("people.Person", related_name="+")}, {}, "many-to-many"),
        ({"a": models.IntegerField()}, {"indexes": [models.Index(fields=["a"], name="made_up_a")]}, "index"),
        (
            {"a": models.IntegerField()},
            {"constraints": [models.UniqueConstraint(fields=["a", "county"], name="made_up_u")]},
            "unique constraint",
        ),
    ],
)  # fmt: skip
def test_a_model_that_breaks_a_rule_is_named(fields: dict[str, Any], meta: dict[str, Any], word: str) -> None:
    assert any(word in text for text in _errors(fields, **meta))


def test_the_web_role_cannot_change_what_is_append_only(county: Scene) -> None:
    entry = apps.get_model("trail.AuditEntry").objects.create(
        at=county.county.opened_at, local_day=SINCE, verb="x", subject_kind="x", subject_id=county.county_clerk.person,
        digest="0" * 64,
    )  # fmt: skip
    for statement in (
        "UPDATE trail_auditentry SET verb = 'y'",
        "DELETE FROM trail_auditentry",
        "TRUNCATE trail_seal",
    ):
        with pytest.raises(Exception) as refused, transaction.atomic():
            rows(f"{statement}{'' if 'TRUNC' in statement else f' WHERE county_id = {COUNTY}'}")
        assert InsufficientPrivilege in (type(refused.value), type(refused.value.__cause__))
    entry.refresh_from_db()
    assert entry.verb == "x"


@pytest.mark.no_tenant_rows("rights on a catalogue")
@pytest.mark.parametrize("table", ["territory_region", "citus_county"])
def test_the_web_role_only_reads_the_catalogues(db: None, table: str) -> None:
    with pytest.raises(Exception) as refused, transaction.atomic():
        rows(f"DELETE FROM {table}")
    assert InsufficientPrivilege in (type(refused.value), type(refused.value.__cause__))


@pytest.mark.skipif(not partitions.enabled(), reason="the partitioned run checks its own watcher")
def test_the_watcher_sees_a_statement_without_its_county(county: Scene) -> None:
    person = county.persons["admin"].pk
    with pytest.raises(partitions.SecondPartition):
        rows("SELECT * FROM people_person WHERE id = %s", [person])
    with pytest.raises(partitions.SecondPartition):
        rows(
            "SELECT 1 FROM people_person p JOIN people_membership m ON m.person_id = p.id WHERE p.county_id = %s",
            [COUNTY],
        )
    with pytest.raises(partitions.SecondPartition):
        rows("UPDATE people_person SET language = '' WHERE id = %s", [person])
    rows("SELECT * FROM people_person WHERE county_id = %s AND id = %s", [COUNTY, person])
    with all_counties():
        assert rows("SELECT count(*) FROM people_person")[0][0] > 5
    with county_scope(COUNTY):
        apps.get_model("people.Person").objects.count()
