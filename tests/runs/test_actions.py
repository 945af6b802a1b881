"""Long work is asked for once, done once, begun anew when its worker died, and handed to its asker only."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

from mulin.ground.runs import actions, queries
from mulin.ground.trail import queries as trail
from mulin.kernel import hooks
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from tests.conftest import NOW, as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene, build_scene

Run: Any = apps.get_model("runs.Run")


class Killed(BaseException):
    """What kill -9 leaves behind: nothing runs any more."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Any) -> None:
    settings.HOME = tmp_path


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hooks.run_kinds, "test.copy", copy)
    monkeypatch.setitem(hooks.run_kinds, "test.refuse", refuse)


def copy(*, job: actions.Job) -> None:
    """Writes as many lines as its facts say."""
    lines = int(job.run.facts.get("lines", 2))
    for line in range(lines):
        job.show(line + 1, of=lines, copied=line + 1)
    job.result.write_text("row\n" * lines)


def refuse(*, job: actions.Job) -> None:
    job.result.write_text("half")
    raise Refused("no", "这样不行。")


def clock() -> datetime:
    return NOW


def ask(scene: Scene, who: str = "community_clerk", kind: str = "test.copy", **more: Any) -> Any:
    told: dict[str, Any] = {"title": "两行", "result_name": "两行.txt"} | more
    return actions.ask(kind=kind, by=scene.actors[who], now=NOW, **told)


def jobs() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


def fresh(run: Any) -> Any:
    return Run.objects.get(pk=run.pk)


def test_run_job_and_trail_are_written_together_and_the_job_holds_ids_only(county: Scene) -> None:
    run = ask(county, facts={"q": "路灯"}, told={"rows": 3})
    assert jobs() == [("runs.perform", {"county": COUNTY, "run": str(run.id)})]
    (deed,) = trail.of_subject("run", run.id)
    assert (deed.verb, deed.facts) == ("run.asked", {"kind": "test.copy", "rows": 3})


def test_the_work_is_done_once_and_says_how_far_it_is(county: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def watched(*, job: actions.Job) -> None:
        job.show(1, of=4)
        seen.append((fresh(job.run).state, fresh(job.run).percent, job.by))
        copy(job=job)

    monkeypatch.setitem(hooks.run_kinds, "test.copy", watched)
    run = ask(county)
    assert fresh(run).percent is None
    assert actions.perform(run=run.id, clock=clock).state == "done"
    assert seen == [("running", 25, county.community_clerk)]
    assert actions.perform(run=run.id, clock=clock) is None and len(seen) == 1
    row = fresh(run)
    assert (row.done, row.of, row.counts, row.tries) == (2, 2, {"copied": 2}, 1)


def test_the_asker_works_with_the_rights_he_holds_when_it_is_done(county: Scene) -> None:
    seen = []
    hooks.run_kinds["test.copy"] = lambda job: seen.append(job.by.roles())
    run = ask(county)
    held = county.community_clerk.held[0].grant
    apps.get_model("access.Grant").objects.filter(pk=held).update(ended_on=NOW.date())
    actions.perform(run=run.id, clock=clock)
    assert seen == [frozenset()]


def test_a_refusal_ends_it_in_words_and_leaves_no_file(county: Scene) -> None:
    run = ask(county, kind="test.refuse")
    assert actions.perform(run=run.id, clock=clock).state == "refused"
    assert fresh(run).message == "这样不行。" and not queries.result_of(run).exists()


def test_a_killed_worker_is_replaced_once_and_the_dead_one_cannot_write_any_more(
    county: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    ghosts = []

    def dies(*, job: actions.Job) -> None:
        ghosts.append(job)
        raise Killed

    monkeypatch.setitem(hooks.run_kinds, "test.copy", dies)
    run = ask(county)
    with pytest.raises(Killed):
        actions.perform(run=run.id, clock=clock)
    assert fresh(run).state == "running"
    assert actions.tend(now=NOW + timedelta(minutes=9)) == 0
    assert actions.perform(run=run.id, clock=clock) is None, "another worker has it"
    late = NOW + timedelta(minutes=11)
    assert (actions.tend(now=late), actions.tend(now=late), len(jobs())) == (1, 0, 2)
    monkeypatch.setitem(hooks.run_kinds, "test.copy", copy)
    assert actions.perform(run=run.id, clock=lambda: late).state == "done"
    with pytest.raises(actions.Superseded):
        ghosts[0].show(1)


def test_what_dies_every_time_is_given_up(county: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*, job: actions.Job) -> None:
        raise Killed

    monkeypatch.setitem(hooks.run_kinds, "test.copy", dies)
    run, now = ask(county), NOW
    for _try in range(actions.MOST_TRIES):
        with pytest.raises(Killed):
            actions.perform(run=run.id, clock=lambda now=now: now)
        now += timedelta(minutes=11)
    assert actions.perform(run=run.id, clock=lambda: now).state == "refused"
    assert "管理员" in fresh(run).message


def test_only_the_asker_gets_the_file_and_the_trail_notes_it(county: Scene) -> None:
    run = ask(county)
    with pytest.raises(NotFound):
        actions.hand_out(run=run.id, by=county.community_clerk, now=NOW)
    actions.perform(run=run.id, clock=clock)
    for who in ("admin", "leader", "street_clerk", "resident", "stranger"):
        with pytest.raises(NotFound):
            actions.hand_out(run=run.id, by=county.actors[who], now=NOW)
        assert run not in queries.visible_to(county.actors[who])
    row, path = actions.hand_out(run=run.id, by=county.community_clerk, now=NOW)
    assert (row.result_name, path.read_text()) == ("两行.txt", "row\nrow\n")
    assert [deed.verb for deed in trail.of_subject("run", run.id)] == ["run.asked", "run.handed_out"]
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_files_go_after_a_week_and_the_row_says_so(county: Scene) -> None:
    run = ask(county, upload=SimpleUploadedFile("留言.csv", b"a,b"))
    assert queries.upload_of(run).read_bytes() == b"a,b"
    actions.perform(run=run.id, clock=clock)
    assert not queries.upload_of(run).exists(), "an upload is kept no longer than it is needed"
    actions.tend(now=NOW + timedelta(days=6))
    assert queries.result_of(run).exists()
    assert actions.tend(now=NOW + timedelta(days=8)) == 1
    assert not queries.result_of(run).exists() and fresh(run).expired_at
    assert actions.tend(now=NOW + timedelta(days=9)) == 0
    with pytest.raises(NotFound, match="过期"):
        actions.hand_out(run=run.id, by=county.community_clerk, now=NOW)


def test_nobody_fills_the_queue(county: Scene) -> None:
    for _number in range(actions.MOST_OPEN):
        ask(county)
    with pytest.raises(Refused, match="排队") as refused:
        ask(county)
    assert refused.value.status == 429
    ask(county, "street_clerk")


def test_a_visitor_asks_for_nothing_and_nobody_for_what_nobody_does(county: Scene) -> None:
    with pytest.raises(NotAllowed):
        ask(county, "stranger")
    with pytest.raises(ValueError, match="nobody does"):
        ask(county, kind="test.unknown")
    big = SimpleUploadedFile("a.csv", b"x")
    big.size = actions.MOST_BYTES + 1
    with pytest.raises(Refused, match="200 MB"):
        ask(county, upload=big)
    assert not Run.objects.exists() and list(queries.folder().iterdir()) == []


def test_a_neighbour_has_runs_of_his_own(scene: Scene) -> None:
    with county_scope(COUNTY):
        run = ask(scene)
        actions.perform(run=run.id, clock=clock)
    with county_scope(NEIGHBOUR):
        assert actions.perform(run=run.id, clock=clock) is None
        with pytest.raises(NotFound):
            actions.hand_out(run=run.id, by=scene.neighbour_admin, now=NOW)


def test_erasure_takes_the_files_and_the_name(county: Scene) -> None:
    done, waiting = ask(county, "resident"), ask(county, "resident")
    actions.perform(run=done.id, clock=clock)
    person = county.persons["resident"].id
    assert len(queries.export(person)["runs"]) == 2
    assert actions.erase_person(person=person, by=county.admin, now=NOW) == {"runs_run": 2}
    assert not queries.result_of(done).exists()
    assert (fresh(waiting).state, fresh(waiting).asked_by, fresh(waiting).title) == ("refused", None, "")
    assert actions.perform(run=waiting.id, clock=clock) is None


@pytest.mark.django_db(transaction=True)
def test_the_real_worker_does_it() -> None:
    with as_owner():
        scene = build_scene(NOW)
    with county_scope(COUNTY):
        run = ask(scene)
    call_command("procrastinate", "worker", "--one-shot")
    with county_scope(COUNTY):
        assert (fresh(run).state, fresh(run).done) == ("done", 2)
