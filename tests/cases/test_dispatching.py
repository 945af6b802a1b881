"""A case finds who does it: by type and territory, up the ladder, back and before an arbiter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from mulin.kernel.actor import Actor, Held
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from mulin.services.cases import actions, queries
from mulin.services.cases.forms import ACTION_FORMS
from mulin.services.cases.models import Case, CaseOfficer, CaseStep, CaseUnit
from mulin.services.cases.queries import offers
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, in_state, reported
from tests.personas import COUNTY, SINCE, Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def hops(case: Case) -> list[tuple[str, str, bool]]:
    """(level, how, still holds) of the leads, oldest first."""
    rows = CaseUnit.objects.filter(case=case, part="lead").order_by("since", "id")
    return [(row.level, row.how, row.until is None) for row in rows]


def officer(scene: Scene, unit: str) -> Actor:
    """Somebody of a unit besides the scene's own people, as an actor without a row of his own."""
    return Actor(
        county=COUNTY,
        account=scene.department.account,
        person=scene.department.person,
        held=(Held("department_officer", unit=scene.units[unit].id),),
    )


# ── to whom it goes first ────────────────────────────────────────────────────────────────────────────────────────


def test_a_matter_type_sends_it_to_its_own_level_and_freezes_its_limits(county: Scene, now: datetime) -> None:
    kind = matter(
        county, now, "M1", "county", lead="department", assists=("other_department",),
        limits={"dispose": 600, "accept": 60},
    )  # fmt: skip
    case = reported(county, now).case
    case = actions.accept(
        case=case, matter=kind, by=county.community_clerk, now=later(now, 1), version=case.version
    )
    assert (case.state, case.level, case.unit_id) == ("assigned", "county", county.units["department"].id)
    assert case.due_at == later(now, 11) and case.step_due_at == later(now, 2)
    assert hops(case) == [("grid", "report", False), ("county", "accept", True)]
    assert "事项M1" in CaseStep.objects.get(case=case, action="accept").facts["why"]
    items = {item.kind: item.unit_id for item in WorkItem.objects.filter(done_at=None)}
    assert items == {"handle": case.unit_id, "assist": county.units["other_department"].id}
    again = actions.accept(case=case, by=county.community_clerk, now=later(now, 5), version=case.version)
    assert again.due_at == later(now, 11), "the total clock is never set twice"


def test_a_type_that_is_retired_is_refused_and_the_case_stays(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    with pytest.raises(Refused) as refused:
        actions.accept(case=case, matter=case.id, by=county.community_clerk, now=now, version=case.version)
    assert refused.value.code == "matter_unknown" and fresh(case).state == "reported"


def test_a_compound_goes_to_its_property_company_and_to_the_community_where_there_is_none(
    county: Scene, now: datetime
) -> None:
    kind = matter(county, now, "M2", "compound", property_related=True)
    first = reported(county, now, at=None, place=county.places["compound"].id).case
    first = actions.accept(case=first, matter=kind, by=county.community_clerk, now=now, version=first.version)
    assert (first.level, first.held_role) == ("community", "community_clerk")
    apps.get_model("territory.Jurisdiction").objects.create(
        division=county.places["compound"], organisation=county.units["property"], started_on=SINCE
    )
    second = reported(county, now, at=None, place=county.places["building"].id).case
    second = actions.accept(
        case=second, matter=kind, by=county.community_clerk, now=now, version=second.version
    )
    assert (second.level, second.unit_id) == ("compound", county.units["property"].id)


def test_officers_of_the_unit_take_it_up_and_nobody_else_does(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    unit = county.units["department"].id
    case = actions.dispatch(
        case=case, level="county", unit=unit, by=county.county_clerk, now=now, version=case.version
    )
    assert queries.find(county.department, case.id) is not None
    for who in (county.grid_worker, county.community_clerk, county.county_clerk):
        with pytest.raises(NotAllowed):
            actions.take_up(case=case, by=who, now=now, version=case.version)
    case = actions.take_up(case=case, by=county.department, now=later(now, 1), version=case.version)
    assert (case.state, case.handler_id) == ("in_hand", county.department.person)
    case = actions.dispose(
        case=case, result="查处了。", by=county.department, now=later(now, 2), version=case.version
    )
    assert CaseUnit.objects.get(case=case, until=None).worked_at == later(now, 2)


def test_a_clerk_who_takes_up_what_lay_in_a_grid_holds_it_on_his_level(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    case = actions.take_up(case=case, by=county.community_clerk, now=later(now, 1), version=case.version)
    assert (case.level, case.handler_id) == ("community", county.community_clerk.person)
    assert hops(case) == [("grid", "report", False), ("community", "take_up", True)]


# ── skipping ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_skipped_but_in_an_emergency(county: Scene, now: datetime) -> None:
    case = actions.accept(case=reported(county, now).case, by=county.community_clerk, now=now, version=None)
    with pytest.raises(Refused) as refused:
        actions.dispatch(case=case, level="street", by=county.street_clerk, now=now, version=case.version)
    assert refused.value.code == "skips_level"
    with pytest.raises(Refused):
        actions.escalate(
            case=actions.accept(case=case, by=county.community_clerk, now=now, version=case.version),
            code="beyond_power", reason="办不了", level="county", by=county.grid_worker, now=now, version=None,
        )  # fmt: skip
    case = actions.escalate(
        case=case.id, code="emergency", reason="电线落地", level="county", by=county.grid_worker,
        now=later(now, 1), version=None,
    )  # fmt: skip
    assert (case.level, case.urgency) == ("county", "emergency")


def test_it_climbs_the_whole_ladder_and_those_below_keep_sight(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    case = actions.take_up(case=case, by=county.grid_worker, now=now, version=case.version)
    due = case.due_at
    for hour, (who, level) in enumerate(
        [("grid_worker", "community"), ("community_clerk", "street"), ("street_clerk", "county")], start=1
    ):
        case = actions.escalate(
            case=case, code="beyond_means", reason="本级没有吊车", by=getattr(county, who),
            now=later(now, hour), version=case.version,
        )  # fmt: skip
        assert (case.level, case.state, case.due_at) == (level, "assigned", due)
        assert case.step_due_at is not None and case.step_due_at <= due
        assert queries.find(county.grid_worker, case.id) is not None
    with pytest.raises(Refused) as refused:
        actions.escalate(
            case=case, code="beyond_means", reason="上面没有了", by=county.county_clerk, now=later(now, 5),
            version=case.version,
        )  # fmt: skip
    assert refused.value.code == "at_the_top"
    assert [level for level, _how, _open in hops(case)] == ["grid", "community", "street", "county"]


# ── returns, disputes, arbitration ───────────────────────────────────────────────────────────────────────────────


def disputed(scene: Scene, now: datetime) -> Case:
    """Two departments and the grid sent it back."""
    case = reported(scene, now).case
    for hour, unit in enumerate(("department", "other_department", "department")):
        case = actions.dispatch(
            case=case, level="county", unit=scene.units[unit].id, by=scene.county_clerk,
            now=later(now, hour + 0.2), version=case.version,
        )  # fmt: skip
        case = actions.return_not_ours(
            case=case, code="not_our_duty", reason="三定方案里没有这一项", by=officer(scene, unit),
            now=later(now, hour + 0.9), version=case.version,
        )  # fmt: skip
    return case


def test_after_enough_returns_an_arbiter_decides_and_the_clock_ran_on(county: Scene, now: datetime) -> None:
    case = disputed(county, now)
    assert (case.state, case.returns, case.due_at) == ("disputed", 3, later(now, 72))
    assert {item.kind for item in WorkItem.objects.filter(done_at=None)} == {"arbitrate"}
    with pytest.raises(NotAllowed):
        actions.arbitrate(
            case=case,
            level="grid",
            reason="网格办",
            by=county.community_clerk,
            now=later(now, 4),
            version=None,
        )
    case = actions.arbitrate(
        case=case, level="county", unit=county.units["department"].id,
        assists=[county.units["other_department"].id], reason="按职责清单第三条", by=county.county_clerk,
        now=later(now, 4), version=case.version,
    )  # fmt: skip
    assert (case.state, case.unit_id, case.due_at) == (
        "assigned",
        county.units["department"].id,
        later(now, 72),
    )
    with pytest.raises(Refused) as refused:
        actions.return_not_ours(
            case=case, code="not_our_duty", reason="还是不归", by=county.department, now=later(now, 5),
            version=case.version,
        )  # fmt: skip
    assert refused.value.code == "arbitrated"
    held = queries.standing(case, later(now, 5)).hops
    spans = [(one.until or later(now, 5)) - one.since for one in held]
    assert sum(spans, timedelta()) == timedelta(hours=5), "every hour belongs to somebody's hop"


def test_the_units_that_the_type_names_are_offered_first(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "O1", "grid", lead="property", assists=("department",))
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
    _levels, named, *others = offers.holders(case, now.date())
    assert [str(words)[:4] for _value, words in named[1]] == ["安居物业", "县市场监"]
    assert [[str(words)[:4] for _value, words in rows] for _group, rows in others] == [["县水利局"]]
    assert [name for _key, name in offers.units(case)][:2] == ["安居物业", "县市场监督管理局"]
    plain = offers.holders(reported(county, now).case, now.date())
    assert [str(group) for group, _rows in plain] == ["按层级", "县级部门", "物业企业"]


def test_only_whom_it_may_go_to_is_offered(county: Scene, now: datetime) -> None:
    kind = matter(county, now, "O2", "community", lead=None)
    case = reported(county, now).case
    case = actions.accept(case=case, matter=kind, by=county.community_clerk, now=now, version=None)
    assert case.level == "community"
    form = offers.offered("dispatch", county.community_clerk, case, now.date())
    kinds = {str(key).split(":")[1] for _group, rows in form["holders"] for key, _words in rows}
    assert "county" not in kinds and {"grid", "community", "street"} <= kinds
    with pytest.raises(Refused) as refused:
        actions.dispatch(case=case, level="county", by=county.community_clerk, now=now, version=None)
    assert refused.value.code == "skips_level"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("住建局", "u:county:1"),
        ("住房", "u:county:1"),
        ("公安", ""),
        ("公安局", "u:county:2"),
        ("交警", "u:county:3"),
        ("没有", ""),
        ("", ""),
    ],
)
def test_a_unit_is_found_by_its_short_name(asked: str, found: str) -> None:
    units = [
        ("u:county:1", "县住房和城乡建设局（在办 1 件）"),
        ("u:county:2", "县公安局"),
        ("u:county:3", "县公安局交通警察大队"),
    ]
    groups = [("按层级", [("l:county", "县级工作人员")]), ("县级部门", units)]
    form = ACTION_FORMS["dispatch"]({"version": "1", "called": asked}, holders=groups)
    assert form.is_valid() == bool(found), form.errors
    assert form.cleaned_data.get("holder", "") == found
    if not found:
        both = "县公安局、县公安局交通警察大队" in str(form.errors)
        assert both == (asked == "公安")


def test_an_arbiter_names_all_who_help_and_nobody_else_has_anything_left_to_do(
    county: Scene, now: datetime
) -> None:
    case, _receipt = in_state(county, now, "assigned")
    first, second = (county.units[key].id for key in ("department", "other_department"))
    case = actions.dispatch(
        case=case, level="grid", assists=[first, second], by=county.community_clerk, now=now, version=None
    )
    for _n in range(3):
        case = actions.return_not_ours(
            case=case, code="not_our_duty", reason="不归网格", by=county.grid_worker, now=now, version=None
        )
        if case.state == "returned":
            case = actions.dispatch(case=case, level="grid", by=county.community_clerk, now=now, version=None)
    assert offers.offered("arbitrate", county.street_clerk, case, now.date())["helping"] == [
        str(first),
        str(second),
    ]
    case = actions.arbitrate(
        case=case, level="county", unit=first, reason="主办", by=county.county_clerk, now=now, version=None
    )
    helping = CaseUnit.objects.filter(case=case, part="assist", until=None)
    assert not helping.exists()
    assert not WorkItem.objects.filter(kind="assist", done_at=None).exists()


def test_a_unit_that_leads_does_not_help_besides(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    unit = county.units["department"].id
    case = actions.dispatch(
        case=case, level="community", assists=[unit], by=county.community_clerk, now=now, version=None
    )
    case = actions.reclassify(
        case=case, matter=matter(county, now, "L7", "county"), reason="归县里", by=county.county_clerk, now=now,
        version=None,
    )  # fmt: skip
    case = actions.dispatch(
        case=case, level="county", unit=unit, by=county.county_clerk, now=now, version=None
    )
    assert set(WorkItem.objects.filter(done_at=None).values_list("kind", flat=True)) == {"handle"}


def test_a_return_names_its_reason_and_washes_nothing_green(county: Scene, now: datetime) -> None:
    case = actions.accept(
        case=reported(county, now).case, by=county.community_clerk, now=later(now, 1), version=None
    )
    for code, reason in (("", "不归"), ("not_our_duty", "  ")):
        with pytest.raises(Refused):
            actions.return_not_ours(
                case=case, code=code, reason=reason, by=county.grid_worker, now=now, version=case.version
            )
    case = actions.return_not_ours(
        case=case, code="not_our_area", reason="在路对面", by=county.grid_worker, now=later(now, 70),
        version=case.version,
    )  # fmt: skip
    assert (case.state, case.due_at) == ("returned", later(now, 72))
    assert case.step_due_at == later(now, 72), "a step's clock never outlives the total one"
    case = actions.dispatch(
        case=case, level="grid", by=county.community_clerk, now=later(now, 80), version=case.version
    )
    assert case.step_due_at == later(now, 72), "what is overdue stays so for whoever gets it next"


@pytest.mark.django_db(transaction=True)
def test_two_arbiters_at_once_and_one_is_told_that_it_changed(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        case = disputed(scene, now)

    def decide(level: str) -> str:
        try:
            with county_scope(COUNTY):
                actions.arbitrate(
                    case=case.id, level=level, reason=f"由{level}办", by=scene.county_clerk, now=later(now, 4),
                    version=case.version,
                )  # fmt: skip
            return "decided"
        except Stale:
            return "stale"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(decide, ("grid", "community"))) == ["decided", "stale"]


# ── officers, visits, assisting units ────────────────────────────────────────────────────────────────────────────


def test_two_officers_are_named_each_with_a_todo_and_replaced_by_a_third(
    county: Scene, now: datetime
) -> None:
    case = reported(county, now).case
    case = actions.dispatch(
        case=case, level="county", unit=county.units["department"].id, by=county.county_clerk, now=now,
        version=case.version, persons=[county.persons["department"].id],
    )  # fmt: skip
    assert queries.standing(case, now).officers == ["吴工"]
    with pytest.raises(Refused) as refused:
        actions.name_officers(
            case=case, persons=[county.persons["merchant"].id], by=county.department, now=now,
            version=case.version,
        )  # fmt: skip
    assert refused.value.code == "not_their_staff"
    assert CaseOfficer.objects.filter(case=case, until=None).count() == 1
    mine = WorkItem.objects.filter(person=county.persons["department"], done_at=None)
    assert [item.kind for item in mine] == ["officer"]


def test_whoever_was_named_has_nothing_to_do_once_it_goes_to_somebody_else(
    county: Scene, now: datetime
) -> None:
    case = actions.dispatch(
        case=reported(county, now).case, level="county", unit=county.units["department"].id,
        by=county.county_clerk, now=now, version=None, persons=[county.persons["department"].id],
    )  # fmt: skip
    case = actions.dispatch(
        case=case, level="county", unit=county.units["other_department"].id, by=county.county_clerk,
        now=later(now, 1), version=case.version,
    )  # fmt: skip
    assert not WorkItem.objects.filter(kind="officer", done_at=None).exists()
    assert queries.standing(case, later(now, 1)).officers == []


def test_an_assisting_unit_reports_and_its_todo_ends(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    helper = officer(county, "other_department")
    with pytest.raises(NotFound):
        actions.assist_report(case=case, text="到场", by=helper, now=now, version=case.version)
    case = actions.dispatch(
        case=case, level="county", unit=county.units["department"].id, by=county.county_clerk, now=now,
        version=case.version, assists=[county.units["other_department"].id] * 2,
    )  # fmt: skip
    assert queries.find(helper, case.id) is not None
    with pytest.raises(NotAllowed):
        actions.assist_report(case=case, text="不是协办", by=county.department, now=now, version=case.version)
    case = actions.assist_report(
        case=case, text="抽干了积水", by=helper, now=later(now, 2), version=case.version
    )
    part = CaseUnit.objects.get(case=case, part="assist")
    assert (part.report, part.worked_at) == ("抽干了积水", later(now, 2))
    assert CaseStep.objects.get(case=case, action="assist_report").role == "department_officer"
    assert not WorkItem.objects.filter(kind="assist", done_at=None).exists()


def test_visits_are_kept_as_often_as_somebody_was_there(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    for hour in (2, 3):
        case = actions.visit(
            case=case,
            text=f"第{hour}次到场",
            by=county.grid_worker,
            now=later(now, hour),
            version=case.version,
        )
    assert CaseStep.objects.filter(case=case, action="visit", public=False).count() == 2
    assert case.state == "in_hand"


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────

ACTS: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "dispatch": ("assigned", {"level": "community"}, {"community_clerk", "street_clerk", "county_clerk"}),
    "escalate": (
        "in_hand",
        {"code": "beyond_means", "reason": "办不了"},
        {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    ),
    "return_not_ours": (
        "in_hand",
        {"code": "not_our_duty", "reason": "不归"},
        {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    ),
    "arbitrate": ("disputed", {"level": "community", "reason": "社区办"}, {"street_clerk", "county_clerk"}),
    "visit": (
        "in_hand",
        {"text": "看了"},
        {"grid_worker", "community_clerk", "street_clerk", "county_clerk"},
    ),
    "assist_report": ("in_hand", {"text": "帮了"}, set()),
}
SEES = {"community_clerk", "street_clerk", "county_clerk", "grid_worker", "leader", "admin", "resident"}
STRANGERS = {
    "stranger",
    "other_resident",
    "rider",
    "merchant",
    "department",
    "other_grid_worker",
    "other_clerk",
}


@pytest.mark.parametrize("action", sorted(ACTS))
@pytest.mark.parametrize("who", sorted(SEES | STRANGERS))
def test_who_may(county: Scene, now: datetime, action: str, who: str) -> None:
    state, told, allowed = ACTS[action]
    case, _receipt = in_state(county, now, state, by="resident")
    actor = getattr(county, who)

    def act() -> Case:
        done: Case = getattr(actions, action)(
            case=case, by=actor, now=later(now, 9), version=case.version, **told
        )
        return done

    if who in allowed:
        assert act().version == case.version + 1
        return
    with pytest.raises(NotAllowed if who in SEES else NotFound):
        act()
    assert fresh(case).version == case.version
