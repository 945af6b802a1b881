"""More time, a statutory wait, a shelving: asked for, decided by another person, over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions, queries
from mulin.services.cases.models import Case, CaseStep, Deferral
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, in_state, reported
from tests.cases.test_handling import todos
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def asked(scene: Scene, case: Case, at: datetime, kind: str = "shelve", days: int = 30, **more: Any) -> Case:
    """The case after its holder asked."""
    told = {
        "reason": "等法院判决",
        "until": at + timedelta(days=days),
        "basis": "民事诉讼法",
        "document": "〔2026〕5号",
    }
    return actions.defer(
        case=case, kind=kind, by=scene.grid_worker, now=at, version=case.version, **(told | more)
    )


def granted(scene: Scene, case: Case, at: datetime, **more: Any) -> Case:
    told: dict[str, Any] = {"granted": True, "by": scene.community_clerk} | more
    return actions.decide_deferral(case=case, now=at, version=case.version, **told)


def open_due(case: Case, kind: str) -> Any:
    return WorkItem.objects.get(subject_id=case.id, kind=kind, done_at=None)


# ── to ask ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"kind": "holiday"}, "kind_unknown"),
        ({"reason": " "}, "no_reason"),
        ({"basis": ""}, "no_basis"),
        ({"document": ""}, "no_document"),
        ({"days": 0}, "not_ahead"),
        ({"days": 367}, "too_far"),
        ({"kind": "extension", "days": 1}, "not_later"),
    ],
)
def test_what_cannot_stand_is_refused(county: Scene, now: datetime, more: dict[str, Any], code: str) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    with pytest.raises(Refused) as refused:
        asked(county, case, later(now, 2), **more)
    assert refused.value.code == code and not Deferral.objects.exists()


def test_an_extension_needs_no_document_and_comes_before_the_clock_has_run_out(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    assert case.due_at
    with pytest.raises(Refused) as refused:
        asked(county, case, later(case.due_at, 1), "extension")
    assert refused.value.code == "run_out"
    case = asked(county, case, later(now, 2), "extension", basis="", document="")
    assert todos(case)["decide"] == ("community_clerk", "/001/003/")
    assert (case.state, case.due_at) == ("in_hand", later(now, 72))  # nothing moves before it is granted
    with pytest.raises(Refused) as refused:
        asked(county, case, later(now, 3))
    assert refused.value.code == "asked_already"


def test_an_application_goes_down_with_its_holder(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = asked(county, case, later(now, 2))
    case = actions.escalate(
        case=case,
        code="beyond_means",
        reason="办不了",
        by=county.grid_worker,
        now=later(now, 3),
        version=case.version,
    )
    assert "decide" not in todos(case)
    with pytest.raises(NotFound):
        granted(county, case, later(now, 4), by=county.street_clerk)
    case = actions.take_up(case=case, by=county.community_clerk, now=later(now, 4), version=case.version)
    case = actions.defer(
        case=case, kind="extension", reason="再要几天", until=later(now, 200), by=county.community_clerk,
        now=later(now, 5), version=case.version,
    )  # fmt: skip
    assert todos(case)["decide"][0] == "street_clerk"
    assert list(Deferral.objects.order_by("asked_at").values_list("granted", flat=True)) == [False, None]


# ── to decide ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_decides_on_his_own_application(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = actions.defer(
        case=case, kind="extension", reason="再要几天", until=later(now, 200), by=county.community_clerk,
        now=later(now, 2), version=case.version,
    )  # fmt: skip
    with pytest.raises(NotAllowed):
        granted(county, case, later(now, 3))
    assert granted(county, case, later(now, 3), by=county.street_clerk).due_at == later(now, 200)


def test_a_decline_says_why_and_moves_nothing(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    before = (case.due_at, case.step_due_at)
    case = asked(county, case, later(now, 2))
    with pytest.raises(Refused) as refused:
        granted(county, case, later(now, 3), granted=False)
    assert refused.value.code == "no_reason"
    case = granted(county, case, later(now, 3), granted=False, decision="可以先办一半")
    assert (case.state, case.due_at, case.step_due_at) == ("in_hand", *before)
    assert "decide" not in todos(case) and not Notice.objects.filter(template="case_deferred").exists()
    told = apps.get_model("worklist.Copy").objects.get(subject_id=case.id)
    assert (told.why, told.person_id) == ("deferral_declined", county.grid_worker.person)
    words = [
        entry.title + entry.text for entry in queries.timeline(case, county.stranger, public=True).entries
    ]
    assert not any("挂账" in one or "一半" in one for one in words)


def test_an_extension_moves_the_total_clock_and_remembers_the_old_one(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    before = case.due_at
    case = granted(county, asked(county, case, later(now, 2), "extension", days=10), later(now, 3))
    until = later(now, 242)
    assert (case.state, case.due_at, case.step_due_at) == ("in_hand", until, until)
    assert open_due(case, "handle").due_at == until
    row = Deferral.objects.get()
    assert (row.due_before, row.decided_by) == (before, county.community_clerk.person)
    story = queries.timeline(case, county.resident, public=True).entries[-1]
    assert story.title == "延期，办到 2026-09-11" and "等法院判决" in story.text
    assert Notice.objects.filter(template="case_deferred", person=county.persons["resident"]).exists()


def test_what_has_gone_by_cannot_be_granted(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = asked(county, case, later(now, 2), days=1)
    with pytest.raises(Refused) as refused:
        granted(county, case, later(now, 27))
    assert refused.value.code == "gone_by"


# ── to rest, and to go on ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("kind", "state"), [("wait", "waiting"), ("shelve", "shelved")])
def test_a_rest_is_a_state_of_its_own_and_gives_back_what_was_rested(
    county: Scene, now: datetime, kind: str, state: str
) -> None:
    kind_id = matter(county, now, "D1", "grid", limits={"accept": 60, "dispose": 6000})
    helper = county.units["other_department"].id
    case = reported(county, now, by="resident").case
    case = actions.accept(case=case, matter=kind_id, by=county.community_clerk, now=now, version=case.version)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)
    from mulin.services.cases.actions import dispatching

    dispatching.help_with(row=case, units=[helper], how="accept", by=county.community_clerk, now=now)
    due = later(now, 100)
    assert case.due_at == case.step_due_at == due
    case = granted(county, asked(county, case, later(now, 2), kind), later(now, 10))
    assert (case.state, case.resume_state) == (state, "in_hand")
    assert (
        case.due_at == case.step_due_at == later(due, 30 * 24 - 8)
    )  # granted at ten for what was to end at 722
    assert case.response_due_at == later(now, 24)  # the reporter still waits for his answer
    assert queries.light_of(case, later(now, 300)) == "grey"
    resting = WorkItem.objects.filter(done_at=None, paused_since__isnull=False).values_list("kind", flat=True)
    assert sorted(resting) == ["assist", "handle"]
    for act, told in (("take_up", {}), ("dispose", {"result": "好"})):
        with pytest.raises(Refused) as refused:
            getattr(actions, act)(
                case=case, by=county.grid_worker, now=later(now, 11), version=case.version, **told
            )
        assert refused.value.code == "not_now"

    case = actions.resume(
        case=case, note="判决下来了", by=county.grid_worker, now=later(now, 60), version=case.version
    )
    assert (case.state, case.due_at, case.step_due_at) == ("in_hand", later(due, 50), later(due, 50))
    assert Deferral.objects.get().ended_at == later(now, 60)
    for one in ("handle", "assist"):
        item = WorkItem.objects.get(kind=one, done_at=None)
        assert (item.due_at, item.paused_since) == (later(due, 50), None)
    titles = [entry.title for entry in queries.timeline(case, county.resident, public=True).entries]
    assert any("预计到 2026-10-01" in one for one in titles) and titles[-1] == "恢复办理"
    assert set(Notice.objects.values_list("template", flat=True)) >= {"case_deferred", "case_resumed"}


def test_who_waited_to_be_taken_up_waits_again(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "assigned")
    case = granted(county, asked(county, case, later(now, 2)), later(now, 3))
    case = actions.resume(case=case, by=county.community_clerk, now=later(now, 4), version=case.version)
    assert case.state == "assigned" and todos(case)["handle"] == ("grid_worker", "/001/003/g1001/")


def test_a_clock_that_has_run_out_is_not_washed_by_a_rest(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    case = granted(county, asked(county, case, later(now, 80)), later(now, 81))  # the total clock ended at 72
    case = actions.resume(case=case, by=county.grid_worker, now=later(now, 100), version=case.version)
    assert case.due_at == later(now, 72 + 19) < later(now, 100)


def test_a_unit_asks_and_the_county_decides(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "reported")
    case = actions.dispatch(
        case=case, level="county", unit=county.units["department"].id, by=county.county_clerk, now=now,
        version=case.version,
    )  # fmt: skip
    case = actions.take_up(case=case, by=county.department, now=now, version=case.version)
    case = actions.defer(
        case=case, kind="shelve", reason="等规划", until=later(now, 480), basis="城乡规划法", document="批前公示",
        by=county.department, now=later(now, 1), version=case.version,
    )  # fmt: skip
    assert todos(case)["decide"] == ("county_clerk", "/")
    with pytest.raises(NotAllowed):
        granted(county, case, later(now, 2), by=county.department)
    assert granted(county, case, later(now, 2), by=county.county_clerk).state == "shelved"


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

EVERYBODY = {
    "community_clerk", "street_clerk", "county_clerk", "grid_worker", "leader", "admin", "resident", "stranger",
    "other_resident", "rider", "merchant", "department", "other_grid_worker", "other_clerk",
}  # fmt: skip
CLERKS = {"community_clerk", "street_clerk", "county_clerk"}


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_who_may(county: Scene, now: datetime, who: str) -> None:
    by = getattr(county, who)

    def lets(act: Any, **told: Any) -> bool:
        try:
            act(by=by, **told)
        except (NotAllowed, NotFound):
            return False
        return True

    holding = {"grid_worker"} | CLERKS
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    told = {"kind": "extension", "reason": "再要几天", "until": later(now, 200), "version": None}
    assert lets(actions.defer, case=case, now=later(now, 2), **told) == (who in holding)
    case, _receipt = in_state(county, now, "in_hand", by="resident")
    case = asked(county, case, later(now, 2))
    told = {"granted": True, "version": None}
    assert lets(actions.decide_deferral, case=case, now=later(now, 3), **told) == (who in CLERKS)
    if fresh(case).state != "shelved":
        granted(county, case, later(now, 3))
    assert lets(actions.resume, case=case, now=later(now, 4), version=None) == (who in holding)
    assert CaseStep.objects.filter(case=case, action="resume").exists() == (who in holding)
