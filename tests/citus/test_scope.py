"""Forgetting the county fails loudly; each way round it that the sketch left open is shut."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Exists, OuterRef, Q

from mulin.kernel.county import NoCounty, all_counties, county_scope, current_county
from tests.personas import COUNTY, NEIGHBOUR, SINCE, Scene

Organisation: Any = apps.get_model("people.Organisation")
Person: Any = apps.get_model("people.Person")
Membership: Any = apps.get_model("people.Membership")
Division: Any = apps.get_model("territory.Division")
Grid: Any = apps.get_model("territory.Grid")


def organisation(name: str, **more: Any) -> Any:
    return Organisation.objects.create(kind="other", name=name, started_on=SINCE, **more)


def test_no_scope_is_refused_on_read_write_and_delete(scene: Scene) -> None:
    with pytest.raises(NoCounty):
        list(Person.objects.all())
    with pytest.raises(NoCounty):
        Person.objects.count()
    with pytest.raises(NoCounty), transaction.atomic():
        Person.objects.update(language="en")
    with pytest.raises(NoCounty), transaction.atomic():
        Person.objects.all().delete()
    with pytest.raises(NoCounty):
        organisation("无县")
    with pytest.raises(NoCounty), transaction.atomic():
        Person.objects.bulk_create([Person(created_at="2026-01-01T00:00Z")])


def test_a_county_sees_itself_only(scene: Scene) -> None:
    with county_scope(COUNTY):
        here = set(Person.objects.values_list("id", flat=True))
        assert scene.persons["neighbour_admin"].id not in here
        assert not Person.objects.filter(pk=scene.persons["neighbour_admin"].pk).exists()
    with county_scope(NEIGHBOUR):
        assert set(Person.objects.values_list("id", flat=True)) == {scene.persons["neighbour_admin"].id}
    with all_counties():
        assert Person.objects.count() == len(here) + 1


def test_a_manager_of_the_models_own_cannot_drop_the_county(scene: Scene) -> None:
    class Plain(models.QuerySet):  # type: ignore[type-arg]
        pass

    manager = Plain.as_manager()
    manager.model = Person
    with county_scope(NEIGHBOUR):
        assert manager.all().count() == 1
    with pytest.raises(NoCounty):
        manager.all().count()
    with county_scope(NEIGHBOUR):
        assert Person._base_manager.count() == 1
        assert models.QuerySet(Person).count() == 1


def test_historical_models_cannot_drop_the_county(scene: Scene) -> None:
    state = MigrationExecutor(connection).loader.project_state()
    old = state.apps.get_model("people", "Person")
    with pytest.raises(NoCounty):
        list(old.objects.all())
    with county_scope(NEIGHBOUR):
        assert old.objects.count() == 1
        row = old.objects.get()
        row.language = "en"
        row.save()
        with pytest.raises(NoCounty), transaction.atomic():
            old.objects.create(county_id=COUNTY, created_at=scene.county.opened_at)
    with county_scope(COUNTY):
        assert not Person.objects.filter(language="en").exists()


def test_a_row_cannot_be_born_in_or_moved_to_another_county(county: Scene) -> None:
    with pytest.raises(NoCounty):
        organisation("飞地", county_id=NEIGHBOUR)
    with pytest.raises(NoCounty), transaction.atomic():
        Organisation.objects.bulk_create(
            [Organisation(county_id=NEIGHBOUR, kind="other", name="x", started_on=SINCE)]
        )
    with pytest.raises(NoCounty), transaction.atomic():
        Organisation.objects.update(county=NEIGHBOUR)
    with pytest.raises(NoCounty), transaction.atomic():
        Organisation.objects.update(county_id=NEIGHBOUR)
    with pytest.raises(NoCounty), transaction.atomic():
        Organisation.objects.update(county=models.F("county"))
    row = organisation("本县")
    row.county_id = NEIGHBOUR
    with pytest.raises(NoCounty):
        row.save()
    with all_counties(), pytest.raises(NoCounty), transaction.atomic():
        Organisation.objects.update(county=NEIGHBOUR)


def test_saving_and_bulk_updating_stay_inside(scene: Scene) -> None:
    with county_scope(COUNTY):
        row = organisation("甲")
    with county_scope(NEIGHBOUR):
        row.name = "改"
        with pytest.raises(NoCounty):
            row.save()
        assert Organisation.objects.filter(pk=row.pk).update(name="改") == 0
        Organisation.objects.bulk_update([row], ["name"])
        with pytest.raises(Organisation.DoesNotExist):
            row.refresh_from_db()
    with county_scope(COUNTY):
        row.refresh_from_db()
        assert row.name == "甲"


def test_deleting_reaches_no_neighbour(scene: Scene) -> None:
    with county_scope(COUNTY):
        row = organisation("甲")
    with county_scope(NEIGHBOUR):
        Organisation.objects.filter(name="甲").delete()
        Organisation.objects.filter(Q(name="甲") | Q(parent__name="甲")).delete()
    with county_scope(COUNTY):
        assert Organisation.objects.filter(pk=row.pk).exists()
        row.delete()
        assert not Organisation.objects.filter(pk=row.pk).exists()


def test_joins_both_ways_carry_the_county(county: Scene) -> None:
    unit = organisation("甲", parent=None)
    Membership.objects.create(organisation=unit, person=county.persons["admin"], started_on=SINCE)
    forward = Membership.objects.filter(organisation__name="甲")
    backward = Organisation.objects.filter(memberships__person=county.persons["admin"].pk)
    outer = Organisation.objects.filter(Q(memberships__isnull=True) | Q(memberships__post="x"))
    annotated = Organisation.objects.annotate(n=Count("memberships")).filter(n=1)
    inner = Organisation.objects.filter(Exists(Membership.objects.filter(organisation=OuterRef("pk"))))
    excluded = Organisation.objects.exclude(memberships__post="书记")
    for rows in (forward, backward, outer, annotated, inner, excluded):
        sql = str(rows.query)
        assert f"= {COUNTY}" in sql
        for table in ("people_membership", "people_organisation"):
            if f'JOIN "{table}"' in sql:
                assert sql.count('"county_id" = ') >= 2, sql
    assert (
        [row.pk for row in backward]
        == [unit.pk]
        == [row.pk for row in annotated]
        == [row.pk for row in inner]
    )
    assert unit in excluded
    assert forward.count() == 1


def test_a_union_and_an_aggregate_and_a_lock_stay_inside(scene: Scene) -> None:
    with county_scope(NEIGHBOUR), transaction.atomic():
        both = Person.objects.filter(language="").union(Person.objects.filter(language="en"))
        assert len(both) == 1
        assert Person.objects.select_for_update().count() == 1
        assert len(Person.objects.select_for_update().order_by("id")) == 1
        assert Person.objects.aggregate(n=Count("id"))["n"] == 1
        assert Person.objects.values("language").annotate(n=Count("id")).distinct().count() == 1


def test_a_query_built_in_one_scope_and_run_in_another_answers_for_the_second(scene: Scene) -> None:
    with county_scope(COUNTY):
        rows = Person.objects.filter(erased_at__isnull=True)
        assert rows.count() > 1
        list(rows)
    with county_scope(NEIGHBOUR):
        assert rows.all().count() == 1
        assert len(rows.all()) == 1


def test_a_foreign_key_to_another_county_is_refused_by_the_database(scene: Scene) -> None:
    with county_scope(COUNTY):
        unit = organisation("甲")
    with pytest.raises(IntegrityError), transaction.atomic():
        with county_scope(NEIGHBOUR):
            Membership.objects.create(
                organisation_id=unit.pk, person=scene.persons["neighbour_admin"], started_on=SINCE
            )
        connection.check_constraints()


def test_a_thread_starts_without_a_county(scene: Scene) -> None:
    found: list[object] = []

    def work() -> None:
        try:
            current_county()
        except NoCounty:
            found.append("none")

    with county_scope(COUNTY):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == ["none"]


def test_unique_names_are_per_county(scene: Scene) -> None:
    with county_scope(COUNTY):
        organisation("同名")
        with pytest.raises(IntegrityError), transaction.atomic():
            organisation("同名")
    with county_scope(NEIGHBOUR):
        organisation("同名")


def test_group_by_names_every_column(county: Scene) -> None:
    rows = Division.objects.annotate(n=Count("grids")).order_by("path")
    assert {row.path: row.n for row in rows}["/001/003/"] == 2
