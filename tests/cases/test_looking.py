"""Others look at what was done: verification, rework, the sampled check, hard problems, exclusions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps

from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.services.cases import actions
from mulin.services.cases.models import Case, CaseReporter, CaseUnit, Exclusion, Rating
from mulin.services.cases.rules import sampled
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, browser, fresh, in_state, reported
from tests.cases.test_dispatching import SEES, STRANGERS, officer
from tests.cases.test_handling import todos
from tests.cases.test_intake import picture
from tests.personas import IN_GRID_A, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def to_verify(scene: Scene, now: datetime, **more: Any) -> tuple[Case, str]:
    """A disposed case of a type that wants a second person to verify it."""
    kind = matter(scene, now, "V1", "grid", verification="second_person", limits={"dispose": 600})
    made = reported(scene, now, **more)
    case = actions.accept(
        case=made.case, matter=kind, by=scene.community_clerk, now=now, version=made.case.version
    )
    case = actions.take_up(case=case, by=scene.grid_worker, now=later(now, 1), version=case.version)
    case = actions.dispose(
        case=case, result="清了", by=scene.grid_worker, now=later(now, 2), version=case.version
    )
    return case, made.receipt


# ── verification ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_second_person_verifies_and_it_closes_once_the_reporter_knows(county: Scene, now: datetime) -> None:
    case, _receipt = to_verify(county, now, phone=PHONE)
    assert set(todos(case)) == {"verify", "call_or_visit"}
    with pytest.raises(Refused) as refused:
        actions.close(case=case, by=county.community_clerk, now=later(now, 3), version=case.version)
    assert refused.value.code == "not_verified"
    with pytest.raises(NotAllowed):
        actions.verify_pass(case=case, by=county.grid_worker, now=later(now, 3), version=case.version)
    case = actions.verify_pass(
        case=case, note="到现场看过", by=county.community_clerk, now=later(now, 3), version=case.version
    )
    assert (case.state, case.verified_by) == ("verified", county.community_clerk.person)
    case = actions.inform(
        case=case, outcome="reached", by=county.grid_worker, now=later(now, 4), version=case.version
    )
    assert (case.state, case.closed_at) == ("closed", later(now, 4)) and todos(case) == {}


def test_a_rating_waits_for_the_verification_that_the_type_asks_for(county: Scene, now: datetime) -> None:
    _case, receipt = to_verify(county, now)
    case = actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=later(now, 3))
    assert case.state == "disposed" and Rating.objects.count() == 1
    case = actions.verify_pass(case=case, by=county.community_clerk, now=later(now, 4), version=case.version)
    assert case.state == "closed"


def test_what_was_not_done_is_done_again_within_the_same_clock(county: Scene, now: datetime) -> None:
    case, receipt = to_verify(county, now)
    due = case.due_at
    with pytest.raises(Refused):
        actions.verify_fail(
            case=case, reason=" ", by=county.community_clerk, now=later(now, 3), version=case.version
        )
    case = actions.verify_fail(
        case=case, reason="只清了一半", by=county.community_clerk, now=later(now, 3), version=case.version
    )
    assert (case.state, case.reworks, case.result, case.due_at) == ("in_hand", 1, "", due)
    assert todos(case) == {"handle": (county.persons["grid_worker"].id, "/001/003/g1001/")}
    case = actions.dispose(
        case=case, result="全清了", by=county.grid_worker, now=later(now, 5), version=case.version
    )
    case = actions.verify_pass(case=case, by=county.community_clerk, now=later(now, 6), version=case.version)
    assert case.state == "closed"
    assert actions.rate(receipt=receipt, score="satisfied", by=county.stranger, now=later(now, 7))


@pytest.mark.parametrize(
    ("needed", "photos", "fine"),
    [("none", 0, True), ("text", 0, True), ("photo_after", 0, False), ("photo_after", 1, True),
     ("photo_both", 1, False), ("photo_both", 2, True)],
)  # fmt: skip
def test_the_result_brings_the_evidence_that_its_type_asks_for(
    county: Scene, now: datetime, needed: str, photos: int, fine: bool
) -> None:
    kind = matter(county, now, "E1", "grid", evidence_needed=needed)
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=case.version)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)

    def dispose() -> Case:
        return actions.dispose(
            case=case, result="修好了", photos=[picture() for _n in range(photos)], by=county.grid_worker,
            now=later(now, 1), version=case.version,
        )  # fmt: skip

    if fine:
        assert dispose().state == "disposed"
    else:
        with pytest.raises(Refused) as refused:
            dispose()
        assert refused.value.code == "no_photo" and fresh(case).state == "in_hand"


def test_what_is_done_again_brings_evidence_of_its_own(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "E2", "grid", evidence_needed="photo_after", verification="second_person")
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=None)

    def dispose(hours: float, *photos: Any) -> Case:
        return actions.dispose(
            case=case,
            result="清了",
            photos=photos,
            by=county.grid_worker,
            now=later(now, hours),
            version=None,
        )

    dispose(1, picture())
    actions.verify_fail(
        case=case, reason="还堆着", by=county.community_clerk, now=later(now, 2), version=None
    )
    with pytest.raises(Refused) as refused:
        dispose(3)
    assert refused.value.code == "no_photo"
    assert dispose(3, picture()).state == "disposed"


def test_the_form_says_beforehand_what_has_to_be_brought(county: Scene, now: datetime) -> None:
    for needed, words in (("photo_after", "这类事项要附处置后照片"), ("text", "（可不拍）")):
        kind = matter(county, now, f"E{needed}", "grid", evidence_needed=needed)
        case = reported(county, now).case
        case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
        case = actions.take_up(case=case, by=county.grid_worker, now=now, version=None)
        page = browser(county, "grid_worker").get(f"/desk/cases/{case.id}/?act=dispose").content.decode()
        assert words in page and ("（可不拍）" in page) == (needed == "text")


def test_who_looks_is_offered_both_answers_and_no_closing_that_would_be_refused(
    county: Scene, now: datetime
) -> None:
    case, _receipt = to_verify(county, now)
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert f"/desk/cases/{case.id}/verify_pass/" in page and f"/desk/cases/{case.id}/verify_fail/" in page
    assert f"/desk/cases/{case.id}/close/" not in page and "?act=close#acts" not in page


def test_who_has_it_again_reads_why_at_once(county: Scene, now: datetime) -> None:
    case, _receipt = to_verify(county, now)
    worker = browser(county, "grid_worker")
    assert "要返工" not in worker.get(f"/desk/cases/{case.id}/").content.decode()
    actions.verify_fail(
        case=case, reason="二楼还是不亮", by=county.community_clerk, now=later(now, 3), version=None
    )
    page = worker.get(f"/desk/cases/{case.id}/").content.decode()
    assert page.index("核查没有通过，要返工：") < page.index("二楼还是不亮") < page.index("现在可以做")


def test_the_caller_reads_how_many_days_were_tried_in_vain(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed", phone=PHONE)
    worker = browser(county, "grid_worker")
    assert "3 天都联系不上，就可以结案" in worker.get(f"/desk/cases/{case.id}/?act=inform").content.decode()
    for _twice in range(2):
        actions.inform(
            case=case, outcome="not_reached", by=county.grid_worker, now=later(now, 4), version=None
        )
    page = worker.get(f"/desk/cases/{case.id}/?act=inform").content.decode()
    assert "已有 1 天没有联系上" in page and "满 3 天，就可以结案" in page


def test_who_decides_an_exclusion_reads_what_is_asked_before_the_form(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "disposed")
    actions.exclude(
        case=case, code="policy", reason="安置点明年才建", by=county.community_clerk, now=later(now, 4),
        version=None,
    )  # fmt: skip
    page = browser(county, "street_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert (
        page.index("受政策限制，暂时无法解决")
        < page.index("安置点明年才建")
        < page.index(f"/desk/cases/{case.id}/decide_exclusion/")
    )


def test_who_handled_it_does_not_close_it(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    case = actions.take_up(case=case, by=county.community_clerk, now=now, version=case.version)
    case = actions.dispose(case=case, result="好了", by=county.community_clerk, now=now, version=case.version)
    with pytest.raises(NotAllowed):
        actions.close(case=case, by=county.community_clerk, now=later(now, 1), version=case.version)
    assert actions.close(case=case, by=county.street_clerk, now=later(now, 1), version=case.version).closed_at


# ── every reporter is told ───────────────────────────────────────────────────────────────────────────────────────


def test_each_of_several_reporters_is_told_before_it_closes(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand", phone=PHONE)
    other = reported(county, now, phone="13900001111", text="同一盏灯不亮").case
    Case.objects.filter(pk=other.pk).update(state="merged", merged_into=case)
    case = actions.dispose(
        case=case, result="换了", by=county.grid_worker, now=later(now, 3), version=case.version
    )
    assert case.informed_at is None and todos(case)["call_or_visit"]
    first, second = CaseReporter.objects.order_by("id")
    case = actions.inform(
        case=case, outcome="reached", reporter=first.id, by=county.grid_worker, now=later(now, 4),
        version=case.version,
    )  # fmt: skip
    assert case.informed_at is None and case.first_response_at == later(now, 4)
    with pytest.raises(Refused) as refused:
        actions.close(case=case, by=county.community_clerk, now=later(now, 5), version=case.version)
    assert refused.value.code == "not_informed"
    case = actions.inform(
        case=case, outcome="reached", reporter=second.id, by=county.grid_worker, now=later(now, 6),
        version=case.version,
    )  # fmt: skip
    assert case.informed_at == later(now, 6)
    assert actions.close(case=case, by=county.community_clerk, now=later(now, 7), version=None).closed_at
    for one in (first, second):
        actions.rate(receipt=one.receipt, score="fair", by=county.stranger, now=later(now, 8))
    assert Rating.objects.filter(case=case).count() == 2


# ── reopening ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reporter_reopens_by_his_receipt_within_thirty_days(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "closed")
    case = actions.reopen(
        case=case, receipt=receipt, reason="又灭了", by=county.stranger, now=later(now, 24), version=None
    )
    assert (case.state, case.reopenings, case.round, case.closed_at) == ("in_hand", 1, 2, None)
    with pytest.raises(Refused) as refused:
        actions.reopen(
            case=case, receipt=receipt, reason="又灭了", by=county.stranger, now=later(now, 25), version=None
        )
    assert refused.value.code == "not_now"
    with pytest.raises(NotFound):
        actions.reopen(case=case, receipt="211322-X", reason="x", by=county.stranger, now=now, version=None)


def test_after_thirty_days_it_is_a_new_report(county: Scene, now: datetime) -> None:
    case, receipt = in_state(county, now, "closed")
    for who, more in ((county.community_clerk, {}), (county.stranger, {"receipt": receipt})):
        with pytest.raises(Refused) as refused:
            actions.reopen(
                case=case, reason="又坏了", by=who, now=later(now, 24 * 31), version=case.version, **more
            )
        assert refused.value.code == "too_late"


# ── the sampled check ────────────────────────────────────────────────────────────────────────────────────────────


def drawn(wanted: bool) -> UUID:
    """A client's key that is drawn for a check, or is not."""
    return next(key for key in iter(uuid4, None) if sampled(key) == wanted)


def fixed(scene: Scene, now: datetime, *, check: bool) -> Case:
    made = actions.found_and_fixed(
        by=scene.grid_worker, now=now, client_id=drawn(check), text="井盖歪了", result="扶正了",
        lon=IN_GRID_A[0], lat=IN_GRID_A[1],
    )  # fmt: skip
    return made.case


def test_a_drawn_case_is_checked_by_somebody_else(county: Scene, now: datetime) -> None:
    case = fixed(county, now, check=True)
    assert todos(case) == {"check": ("community_clerk", "/001/003/")}
    with pytest.raises(NotAllowed):
        actions.check_pass(case=case, by=county.grid_worker, now=now, version=case.version)
    case = actions.check_pass(case=case, by=county.community_clerk, now=later(now, 2), version=case.version)
    assert (case.state, case.checked_at) == ("closed", later(now, 2)) and todos(case) == {}
    with pytest.raises(Refused):
        actions.check_fail(
            case=case, reason="还歪着", by=county.community_clerk, now=later(now, 3), version=case.version
        )


def test_what_is_not_as_written_is_done_again(county: Scene, now: datetime) -> None:
    case = actions.check_fail(
        case=fixed(county, now, check=True), reason="井盖还歪着", by=county.community_clerk, now=later(now, 2),
        version=None,
    )  # fmt: skip
    assert (case.state, case.reworks, case.closed_at) == ("in_hand", 1, None)
    assert case.due_at == later(now, 74) and set(todos(case)) == {"handle"}


def test_what_was_not_drawn_is_not_checked(county: Scene, now: datetime) -> None:
    case = fixed(county, now, check=False)
    assert todos(case) == {}
    with pytest.raises(Refused) as refused:
        actions.check_pass(case=case, by=county.community_clerk, now=now, version=case.version)
    assert refused.value.code == "not_drawn"


# ── hard problems ────────────────────────────────────────────────────────────────────────────────────────────────


def joint(scene: Scene, now: datetime, *, helped: bool) -> Case:
    """A case led by one department, helped by another (or not really), disposed and verified."""
    case, _receipt = done_jointly(scene, now, helped=helped)
    return actions.verify_pass(case=case, by=scene.street_clerk, now=later(now, 4), version=case.version)


def done_jointly(scene: Scene, now: datetime, *, helped: bool) -> tuple[Case, str]:
    """The same, disposed only."""
    made = reported(scene, now)
    case = actions.dispatch(
        case=made.case, level="county", unit=scene.units["department"].id, by=scene.county_clerk, now=now,
        version=made.case.version, assists=[scene.units["other_department"].id],
    )  # fmt: skip
    case = actions.take_up(case=case, by=scene.department, now=later(now, 1), version=case.version)
    if helped:
        case = actions.assist_report(
            case=case, text="出了吊车", by=officer(scene, "other_department"), now=later(now, 2),
            version=case.version,
        )  # fmt: skip
    case = actions.dispose(
        case=case, result="拆除了违建", by=scene.department, now=later(now, 3), version=case.version
    )
    return case, made.receipt


def test_a_hard_problem_is_what_two_units_worked_on_and_somebody_vouches_for(
    county: Scene, now: datetime
) -> None:
    case = joint(county, now, helped=True)
    assert case.state == "closed" and case.hard_since == later(now, 4)
    assert set(todos(case)) == {"hard"} and not CaseUnit.objects.filter(case=case, until=None).exists()
    with pytest.raises(NotAllowed):
        actions.sign_off_hard(case=case, by=county.community_clerk, now=later(now, 5), version=case.version)
    case = actions.sign_off_hard(case=case, by=county.leader, now=later(now, 5), version=case.version)
    assert (case.hard_signed_at, case.hard_signed_by) == (later(now, 5), county.leader.person)
    assert todos(case) == {}


@pytest.mark.parametrize(("score", "asked"), [("satisfied", {"hard"}), ("fair", set())])
def test_a_reporter_who_is_content_has_seen_that_it_was_done(
    county: Scene, now: datetime, score: str, asked: set[str]
) -> None:
    case, receipt = done_jointly(county, now, helped=True)
    case = actions.close(case=case, by=county.county_clerk, now=later(now, 4), version=case.version)
    assert case.hard_since == later(now, 4) and todos(case) == {}  # nobody could vouch for it yet
    with pytest.raises(Refused) as refused:
        actions.sign_off_hard(case=case, by=county.leader, now=later(now, 5), version=case.version)
    assert refused.value.code == "not_verified"
    case = actions.rate(receipt=receipt, score=score, by=county.resident, now=later(now, 5))
    assert set(todos(case)) == asked
    if asked:
        case = actions.sign_off_hard(case=case, by=county.leader, now=later(now, 6), version=case.version)
        assert case.hard_signed_by == county.leader.person and todos(case) == {}


def test_a_unit_that_only_stood_on_the_paper_makes_no_hard_problem(county: Scene, now: datetime) -> None:
    case = joint(county, now, helped=False)
    assert case.hard_since is None and todos(case) == {}
    with pytest.raises(Refused) as refused:
        actions.sign_off_hard(case=case, by=county.leader, now=later(now, 5), version=case.version)
    assert refused.value.code == "few_units"


# ── exclusions ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_another_person_decides_on_an_exclusion(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "closed")
    for code in ("", "because"):
        with pytest.raises(Refused):
            actions.exclude(
                case=case, code=code, reason="r", by=county.street_clerk, now=now, version=case.version
            )
    case = actions.exclude(
        case=case, code="unreasonable", reason="要求免费换新灯", by=county.street_clerk, now=later(now, 6),
        version=case.version,
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        actions.exclude(
            case=case, code="policy", reason="再申请", by=county.county_clerk, now=later(now, 6), version=None
        )
    assert refused.value.code == "asked_already"
    with pytest.raises(NotAllowed):
        actions.decide_exclusion(
            case=case, granted=True, decision="同意", by=county.street_clerk, now=later(now, 7), version=None
        )
    case = actions.decide_exclusion(
        case=case,
        granted=True,
        decision="属实",
        by=county.county_clerk,
        now=later(now, 7),
        version=case.version,
    )
    assert case.excluded_at == later(now, 7) and Exclusion.objects.get().granted is True
    with pytest.raises(NotFound):
        actions.decide_exclusion(
            case=case, granted=False, decision="不", by=county.county_clerk, now=later(now, 8), version=None
        )


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

CLERKS = {"community_clerk", "street_clerk", "county_clerk"}
ACTS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "verify_pass": ({}, CLERKS),
    "verify_fail": ({"reason": "没办好"}, CLERKS),
    "exclude": ({"code": "policy", "reason": "政策"}, CLERKS | {"grid_worker"}),
}


@pytest.mark.parametrize("action", sorted(ACTS))
@pytest.mark.parametrize("who", sorted(SEES | STRANGERS))
def test_who_may(county: Scene, now: datetime, action: str, who: str) -> None:
    told, allowed = ACTS[action]
    case, _receipt = in_state(county, now, "disposed", by="resident")
    actor = getattr(county, who)
    if who in allowed:
        done = getattr(actions, action)(case=case, by=actor, now=later(now, 9), version=case.version, **told)
        assert done.version > case.version
        return
    with pytest.raises(NotAllowed if who in SEES else NotFound):
        getattr(actions, action)(case=case, by=actor, now=later(now, 9), version=case.version, **told)
    assert fresh(case).version == case.version
