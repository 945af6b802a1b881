"""Deeds are written once, sealed into one chain, and erased without breaking it."""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from psycopg.errors import InsufficientPrivilege

from mulin.ground.trail import actions, queries
from mulin.ground.trail.rules import detail_digest
from mulin.kernel.actor import system
from mulin.kernel.county import NoCounty, county_scope
from mulin.kernel.ids import uuid7
from tests.personas import COUNTY, NEIGHBOUR, Scene

AuditEntry: Any = apps.get_model("trail.AuditEntry")
AuditDetail: Any = apps.get_model("trail.AuditDetail")
Seal: Any = apps.get_model("trail.Seal")


@pytest.fixture(autouse=True)
def heads(settings: Any, tmp_path: Path) -> Path:
    settings.HEADS_ROOT = tmp_path / "heads"
    return settings.HEADS_ROOT


def deed(scene: Scene, now: datetime, **more: Any) -> Any:
    return actions.record(
        by=scene.grid_worker, now=now, verb="case.taken_up", subject_kind="case", subject_id=uuid7(), **more
    )


def test_a_deed_costs_two_inserts(county: Scene, now: datetime) -> None:
    with CaptureQueriesContext(connection) as caught:
        entry = deed(county, now, facts={"state": "in_hand"}, personal={"phone": "13900000001"})
    assert [query["sql"][:6] for query in caught] == ["INSERT", "INSERT"]
    row = AuditEntry.objects.get(pk=entry)
    assert (row.person, row.local_day.isoformat(), row.facts) == (
        county.grid_worker.person,
        "2026-09-01",
        {"state": "in_hand"},
    )
    detail = AuditDetail.objects.get(entry_id=entry)
    assert row.digest == detail_digest(detail.salt, {"phone": "13900000001"})
    assert "13900000001" not in json.dumps(row.facts) + row.digest


def test_the_local_day_is_counted_in_china(county: Scene, now: datetime) -> None:
    entry = deed(county, datetime.fromisoformat("2026-09-01T16:30:00+00:00"))
    assert AuditEntry.objects.get(pk=entry).local_day.isoformat() == "2026-09-02"


def test_an_actor_of_another_county_leaves_no_trace_here(county: Scene, now: datetime) -> None:
    with pytest.raises(NoCounty), transaction.atomic():
        actions.record(by=county.neighbour_admin, now=now, verb="x", subject_kind="case", subject_id=uuid7())


def test_the_deed_goes_when_its_transaction_goes(county: Scene, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        deed(county, now)
        raise ZeroDivisionError
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("table", ["trail_auditentry", "trail_seal"])
@pytest.mark.parametrize("deed_sql", ["UPDATE {} SET county_id = county_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_web_role_can_only_add(county: Scene, now: datetime, table: str, deed_sql: str) -> None:
    deed(county, now)
    actions.seal(now=now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("mulin_web",)
    where = f" WHERE county_id = {COUNTY}" if "TRUNCATE" not in deed_sql else ""
    # The partition watcher explains a statement first, and there psycopg's own error comes through.
    with (
        pytest.raises((DatabaseError, InsufficientPrivilege)) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(deed_sql.format(table) + where)
    assert isinstance(refused.value.__cause__ or refused.value, InsufficientPrivilege)


def test_seals_are_dense_and_in_order(county: Scene, now: datetime, heads: Path) -> None:
    entries = [deed(county, now) for _ in range(5)]
    assert actions.seal(now=now) == 5
    assert actions.seal(now=now) == 0
    entries.append(deed(county, now))
    assert actions.seal(now=now) == 1
    assert list(Seal.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    assert list(Seal.objects.order_by("number").values_list("entry_id", flat=True)) == entries
    assert not AuditDetail.objects.filter(sealed=False).exists()
    assert queries.verify().findings == []


def test_more_than_a_batch_is_sealed_in_one_call(
    county: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 3)
    for _ in range(7):
        deed(county, now)
    assert actions.seal(now=now) == 7
    verdict = queries.verify()
    assert (verdict.sealed, verdict.unsealed, verdict.findings) == (7, 0, [])


def test_the_head_is_written_when_it_changes_and_once_a_day(
    county: Scene, now: datetime, heads: Path
) -> None:
    deed(county, now)
    actions.seal(now=now)
    actions.seal(now=now)
    file = heads / "211322.jsonl"
    assert len(file.read_text().splitlines()) == 1
    actions.seal(now=now + timedelta(days=1))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["day"], line["number"]) for line in lines] == [("2026-09-01", 1), ("2026-09-02", 1)]
    assert lines[0]["hash"] == Seal.objects.get().hash
    assert oct(file.stat().st_mode)[-3:] == "600"


def test_a_head_lost_between_commit_and_file_is_written_next_time(
    county: Scene, now: datetime, heads: Path
) -> None:
    deed(county, now)
    actions._seal_batch(now=now)
    assert not (heads / "211322.jsonl").exists()
    assert actions.seal(now=now) == 0
    assert (heads / "211322.jsonl").exists()
    assert queries.verify().findings == []


def test_a_torn_line_is_cut_off(county: Scene, now: datetime, heads: Path) -> None:
    deed(county, now)
    actions.seal(now=now)
    file = heads / "211322.jsonl"
    with file.open("a") as handle:
        handle.write('{"county":211322,"day":"20')
    deed(county, now)
    actions.seal(now=now)
    assert [json.loads(line)["number"] for line in file.read_text().splitlines()] == [1, 2]


def test_erasure_empties_the_detail_and_the_chain_holds(county: Scene, now: datetime) -> None:
    person = county.persons["resident"].id
    entry = deed(county, now, personal={"name": "王秀英"}, about=person)
    other = deed(county, now, personal={"name": "李建国"}, about=county.persons["other_resident"].id)
    actions.seal(now=now)
    assert actions.erase_about(person=person, by=county.admin, now=now) == 1
    assert actions.erase_about(person=person, by=county.admin, now=now) == 0
    assert AuditDetail.objects.get(entry_id=entry).payload == {}
    assert AuditDetail.objects.get(entry_id=other).payload == {"name": "李建国"}
    verdict = queries.verify()
    assert (verdict.erased, verdict.findings) == (1, [])


def test_each_county_has_its_own_chain(scene: Scene, now: datetime) -> None:
    for code in (COUNTY, NEIGHBOUR):
        with county_scope(code):
            actions.record(
                by=system(code, "test"), now=now, verb="x", subject_kind="case", subject_id=uuid7()
            )
            actions.seal(now=now)
            assert Seal.objects.get().number == 1
            assert queries.verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_sealing_at_once_make_one_chain(
    scene: Scene, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "BATCH", 7)
    with county_scope(COUNTY):
        for _ in range(60):
            deed(scene, now)
    start, sealed, broken = threading.Barrier(4), [], []

    def tick() -> None:
        try:
            with county_scope(COUNTY):
                start.wait()
                sealed.append(actions.seal(now=now))
        except BaseException as error:
            broken.append(error)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    with county_scope(COUNTY):
        for _ in range(20):
            deed(scene, now)  # deeds go on while the chain grows
    for thread in threads:
        thread.join()
    assert broken == []
    with county_scope(COUNTY):
        actions.seal(now=now)
        verdict = queries.verify()
        assert (verdict.sealed, verdict.unsealed, verdict.findings) == (80, 0, [])


@pytest.mark.django_db(transaction=True)
def test_a_deed_does_not_wait_for_a_seal_under_way(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        deed(scene, now)
    done = threading.Event()

    def elsewhere() -> None:
        with county_scope(COUNTY):
            deed(scene, now)
            done.set()
        connections.close_all()

    with county_scope(COUNTY), transaction.atomic():
        actions._seal_batch.__wrapped__(now=now)  # type: ignore[attr-defined]
        other = threading.Thread(target=elsewhere)
        other.start()
        assert done.wait(5)
    other.join()


@pytest.mark.django_db(transaction=True)
def test_sealing_inside_a_transaction_is_refused(scene: Scene, now: datetime) -> None:
    """The head file would know of links that may be rolled back."""
    with county_scope(COUNTY):
        deed(scene, now)
        with pytest.raises(RuntimeError), transaction.atomic():
            actions.seal(now=now)
