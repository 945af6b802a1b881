"""``mulin verify-trail`` names the exact entry that was changed or taken away."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from mulin.ground.trail import actions, queries
from mulin.kernel.ids import uuid7
from tests.conftest import as_owner
from tests.personas import Scene

AuditDetail: Any = apps.get_model("trail.AuditDetail")
Seal: Any = apps.get_model("trail.Seal")


@pytest.fixture
def file(settings: Any, tmp_path: Path) -> Path:
    settings.HEADS_ROOT = tmp_path
    return tmp_path / "211322.jsonl"


@pytest.fixture
def chain(county: Scene, now: datetime, file: Path) -> list[UUID]:
    """Five sealed deeds about the resident; the head knows all five."""
    entries = [
        actions.record(
            by=county.grid_worker, now=now, verb="case.replied", subject_kind="case", subject_id=uuid7(),
            facts={"n": number, "share": 0.5, "big": 1e20}, personal={"words": f"第{number}次"},
            about=county.persons["resident"].id,
        )
        for number in range(1, 6)
    ]  # fmt: skip
    actions.seal(now=now)
    return entries


def as_forger(sql: str, *params: Any) -> None:
    """Somebody with the owner's rights and no scruples: constraints do not stop him."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, params)


def codes() -> list[tuple[str, int | None]]:
    return [(finding.code, finding.number) for finding in queries.verify().findings]


def run(*options: str) -> tuple[int, Any, str]:
    out, err = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command("verify_trail", "--format", "json", *options, stdout=out, stderr=err)
    except CommandError as left:
        code = left.returncode
    return code, json.loads(out.getvalue()), err.getvalue()


def test_an_untouched_chain_is_well(chain: list[UUID]) -> None:
    code, told, _ = run("--county", "211322")
    assert code == 0
    assert [(one["county"], one["ok"], one["sealed"]) for one in told] == [(211322, True, 5)]
    assert run()[0] == 0


def test_an_unknown_county_is_refused(chain: list[UUID]) -> None:
    with pytest.raises(CommandError):
        call_command("verify_trail", "--county", "110101")


@pytest.mark.parametrize(
    "change",
    [
        "facts = '{\"n\": 4}'",
        "person = NULL",
        "verb = 'case.closed'",
        "at = at + interval '1 microsecond'",
        "digest = 'x'",
    ],
)
def test_a_changed_entry_is_named(chain: list[UUID], change: str) -> None:
    as_forger(f"UPDATE trail_auditentry SET {change} WHERE county_id = 211322 AND id = %s", chain[2])
    code, (told,), _ = run("--county", "211322")
    assert code == 1
    findings = {(finding["code"], finding["number"], finding["entry"]) for finding in told["findings"]}
    assert ("entry_changed", 3, str(chain[2])) in findings
    assert {finding[2] for finding in findings} == {str(chain[2])}


def test_a_changed_detail_is_named(chain: list[UUID]) -> None:
    AuditDetail.objects.filter(entry_id=chain[1]).update(payload={"words": "没有这回事"})
    assert codes() == [("detail_changed", 2)]


def test_an_emptied_detail_needs_an_erasure_that_tells_of_it(
    chain: list[UUID], county: Scene, now: datetime
) -> None:
    AuditDetail.objects.filter(entry_id=chain[1]).update(payload={}, salt="")
    assert codes() == [("erased_unexplained", 2)]
    actions.erase_about(person=county.persons["resident"].id, by=county.admin, now=now)
    assert codes() == []


def test_a_detail_taken_away_is_named(chain: list[UUID]) -> None:
    AuditDetail.objects.filter(entry_id=chain[3]).delete()
    assert codes() == [("detail_missing", 4)]


def test_the_newest_deed_taken_away_whole_is_noticed(chain: list[UUID]) -> None:
    as_forger("DELETE FROM trail_seal WHERE county_id = 211322 AND number = 5")
    as_forger("DELETE FROM trail_auditdetail WHERE county_id = 211322 AND entry_id = %s", chain[4])
    as_forger("DELETE FROM trail_auditentry WHERE county_id = 211322 AND id = %s", chain[4])
    assert codes() == [("newest_missing", 5)]


def test_a_deed_cut_out_of_the_middle_is_noticed(chain: list[UUID]) -> None:
    as_forger("DELETE FROM trail_seal WHERE county_id = 211322 AND number = 3")
    as_forger("DELETE FROM trail_auditdetail WHERE county_id = 211322 AND entry_id = %s", chain[2])
    as_forger("DELETE FROM trail_auditentry WHERE county_id = 211322 AND id = %s", chain[2])
    assert codes() == [("link_missing", 3), ("entry_changed", 4)]


def test_a_chain_rewritten_from_end_to_end_is_caught_by_the_head_file(
    chain: list[UUID], now: datetime
) -> None:
    as_forger("DELETE FROM trail_seal WHERE county_id = 211322")
    as_forger("UPDATE trail_auditentry SET facts = '{}' WHERE county_id = 211322 AND id = %s", chain[0])
    AuditDetail.objects.update(sealed=False)
    actions._seal_batch(now=now)
    assert codes() == [("head_differs", 5)]


def test_a_missing_head_file_is_said(chain: list[UUID], file: Path) -> None:
    file.unlink()
    assert codes() == [("head_file_missing", None)]
    assert run()[0] == 1


def test_a_spoilt_head_line_is_said(chain: list[UUID], file: Path) -> None:
    file.write_text("garbage\n" + file.read_text())
    assert codes() == [("head_unreadable", None)]


def test_marks_that_would_hide_a_deed_from_the_seal_are_found(
    chain: list[UUID], county: Scene, now: datetime
) -> None:
    hidden = actions.record(by=county.admin, now=now, verb="x", subject_kind="case", subject_id=uuid7())
    lost = actions.record(by=county.admin, now=now, verb="x", subject_kind="case", subject_id=uuid7())
    AuditDetail.objects.filter(entry_id=hidden).update(sealed=True)
    AuditDetail.objects.filter(entry_id=lost).delete()
    AuditDetail.objects.filter(entry_id=chain[0]).update(sealed=False)
    found = [(finding.code, finding.entry) for finding in queries.verify().findings]
    assert found == [("mark_changed", chain[0]), ("never_sealed", hidden), ("detail_missing", lost)]


def test_a_seal_time_that_was_changed_is_found(chain: list[UUID]) -> None:
    as_forger("UPDATE trail_seal SET sealed_at = now() WHERE county_id = 211322 AND number = 2")
    assert codes() == [("entry_changed", 2)]


def test_reading_in_chunks_gives_the_same_verdict(chain: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "CHUNK", 2)
    assert codes() == []
    as_forger("UPDATE trail_auditentry SET verb = 'y' WHERE county_id = 211322 AND id = %s", chain[4])
    assert codes() == [("entry_changed", 5)]


def test_a_long_head_file_is_read_to_its_end(
    chain: list[UUID], file: Path, county: Scene, now: datetime
) -> None:
    line = file.read_text()
    file.write_text(line * 2_500 + line.replace('"number":5', '"number":9'))
    assert codes() == [("newest_missing", 9)]
    file.write_text(line * 2_500 + line.replace('"hash":"', '"hash":"0'))
    assert codes() == [("head_differs", 5)]
