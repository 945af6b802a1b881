"""A look-up that is put together once answers like a fresh one, in whatever county it is asked."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, Q
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from mulin.citus.kept import Kept
from mulin.kernel.county import NoCounty, all_counties, county_scope
from tests.personas import COUNTY, NEIGHBOUR, Scene

Person: Any = apps.get_model("people.Person")
Grant: Any = apps.get_model("access.Grant")
DAY = date(2026, 9, 1)


def test_it_answers_like_a_fresh_query_and_is_put_together_once(scene: Scene) -> None:
    built: list[UUID] = []

    def rows(key: UUID) -> Any:
        built.append(key)
        return Person.objects.filter(pk=key)

    kept: Kept[Any] = Kept(rows)
    for who in ("grid_worker", "community_clerk"):
        person = scene.persons[who]
        with county_scope(COUNTY), CaptureQueriesContext(connection) as caught:
            found = kept.one(key=person.id)
        fresh = {name: value for name, value in vars(found).items() if name != "_state"}
        assert found == person and not found._state.adding and len(caught) == 1
        with county_scope(COUNTY):
            again = Person.objects.get(pk=person.id)
        assert fresh == {name: value for name, value in vars(again).items() if name != "_state"}
    assert len(built) == 2


def test_each_time_it_is_bound_to_the_county_in_force(scene: Scene) -> None:
    kept: Kept[Any] = Kept(lambda key: Person.objects.filter(pk=key))
    here, there = scene.persons["grid_worker"], scene.persons["neighbour_admin"]
    with county_scope(COUNTY):
        assert kept(key=here.id) == [here] and kept(key=there.id) == []
    with county_scope(NEIGHBOUR):
        assert kept(key=here.id) == [] and kept(key=there.id) == [there]
    with pytest.raises(NoCounty):
        kept(key=here.id)
    with pytest.raises(NoCounty), all_counties():
        kept(key=here.id)


def test_columns_subqueries_and_constants_stay_what_they_are(county: Scene) -> None:
    kept: Kept[tuple[Any, ...]] = Kept(
        lambda person, on: Grant.objects.filter(
            Q(person_id=person) | Q(person_id__in=Person.objects.filter(pk=person).values("pk")),
            ended_on__isnull=True,
            started_on__lte=on,
            role="grid_worker",
        ).values_list("role", "path")
    )
    person = county.persons["grid_worker"].id
    assert kept(person=person, on=DAY) == list(
        Grant.objects.filter(person_id=person, role="grid_worker").values_list("role", "path")
    )
    assert kept(person=person, on=date(2000, 1, 1)) == []
    assert kept(person=county.persons["community_clerk"].id, on=DAY) == []


def test_what_cannot_be_kept_is_refused(county: Scene) -> None:
    key, refused = county.persons["grid_worker"].id, pytest.raises(TypeError)
    with refused:  # changed on its way: the pattern is not the text
        Kept(lambda path: Grant.objects.filter(path__startswith=path))(path="/001/")
    with refused:  # not asked for in the SQL
        Kept(lambda key, on: Person.objects.filter(pk=key))(key=key, on=DAY)
    with refused:  # another SQL for nothing
        Kept(lambda key: Person.objects.filter(pk=key))(key=None)  # type: ignore[arg-type]
    with refused:  # rows of several models, or of none
        Kept(lambda key: Grant.objects.select_related("person").filter(pk=key))(key=key)
    with refused:
        Kept(lambda key: Person.objects.annotate(n=Count("id")).filter(pk=key))(key=key)


@pytest.mark.django_db(transaction=True)
def test_a_row_is_locked_within_a_transaction_or_not_at_all(scene: Scene) -> None:
    kept: Kept[Any] = Kept(lambda key: Person.objects.select_for_update(no_key=True).filter(pk=key))
    person = scene.persons["grid_worker"]
    with county_scope(COUNTY):
        with transaction.atomic():
            assert kept.one(key=person.id) == person
        with pytest.raises(TransactionManagementError):
            kept.one(key=person.id)
