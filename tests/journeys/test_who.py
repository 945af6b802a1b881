"""Persons × acts: every act of the table is offered to whoever may, and done by him; to everybody else no page offers it and a
direct POST with a form that could stand changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client

from mulin.services.cases import actions
from mulin.services.cases.forms import ACTION_FORMS
from mulin.services.cases.models import Case, CaseStep, CaseUnit
from mulin.services.cases.rules import TRANSITIONS
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, fresh, in_state, reported
from tests.cases.test_deferring import asked, granted
from tests.cases.test_looking import fixed, joint, to_verify
from tests.cases.test_spoken import told as spoken
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.personas import Scene

EVERYBODY = (
    "stranger", "neighbour_admin", "resident", "other_resident", "rider", "merchant", "grid_worker",
    "other_grid_worker", "community_clerk", "other_clerk", "street_clerk", "department", "county_clerk", "leader",
    "admin",
)  # fmt: skip
COMMUNITY, STREET, COUNTY, LEADER = "community_clerk", "street_clerk", "county_clerk", "leader"
CLERKS, UPPER = frozenset({COMMUNITY, STREET, COUNTY}), frozenset({STREET, COUNTY})
TALK = CLERKS | {"grid_worker"}
"""Whoever holds a case in the grid, and those above."""
ORDERS = UPPER | {LEADER}
NOT_AT_THE_DESK = {
    "rate": "the receipt's, test_admission and test_loop",
    "appeal": "the receipt's",
    "withdraw": "the receipt's",
    "ask_expired": "tick's",
}
HOUR = timedelta(hours=1)


class Act(NamedTuple):
    """Who may, and a form that could stand."""

    may: frozenset[str]
    told: dict[str, str] = {}


Acts = dict[str, Act]
Made = tuple[Case, Acts]
WORDS = {"reason": "照实写的理由"}


def _reported(scene: Scene, now: datetime) -> Made:
    case, other = (reported(scene, now, by="resident", phone=PHONE).case for _one in range(2))
    kind = str(matter(scene, now, "W1", "grid"))
    due = (now + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    return case, {
        "accept": Act(CLERKS, {"matter": kind, "urgency": "normal"}),
        "refuse": Act(CLERKS, {"code": "elsewhere", "where": "市里"} | WORDS),
        "ask": Act(TALK, {"question": "哪一盏？"}),
        "take_up": Act(TALK),
        "reclassify": Act(CLERKS, {"matter": kind} | WORDS),
        "relocate": Act(CLERKS, {"to": f"g:{scene.grids['b'].id}"} | WORDS),
        "split": Act(CLERKS, {"text": "楼道里还堆着杂物"}),
        "merge_into": Act(CLERKS, {"number": other.number}),
        "dispatch": Act(CLERKS, {"holder": "l:community"}),
        "reply": Act(TALK, {"text": "下午去", "way": "phone"}),
        "urge": Act(CLERKS | {LEADER}),
        "supervise": Act(ORDERS, {"text": "今天办成", "due_at": due}),
        "show_contact": Act(TALK),
    }


def _spoken(scene: Scene, now: datetime) -> Made:
    return spoken(scene, now).case, {"transcribe": Act(TALK, {"text": "井盖翘起来了"})}


def _asked(scene: Scene, now: datetime) -> Made:
    return in_state(scene, now, "asked", by="resident")[0], {"answer": Act(TALK, {"text": "第二盏"})}


def _unanswered(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now - timedelta(days=11), "asked", by="resident")
    actions.ask_expired(now=now)
    return fresh(case), {"go_on": Act(CLERKS)}


def _appealed(scene: Scene, now: datetime) -> Made:
    """The clerk of the community decided first."""
    case, _receipt = in_state(scene, now, "appealed", by="resident")
    return case, {"decide_appeal": Act(UPPER, {"granted": "yes", "decision": "归本县"})}


def _merged(scene: Scene, now: datetime) -> Made:
    case, other = (reported(scene, now, by="resident").case for _one in range(2))
    case = actions.merge_into(
        case=case, number=other.number, by=scene.community_clerk, now=now, version=case.version
    )
    return case, {"unmerge": Act(CLERKS, WORDS)}


def _shown(scene: Scene, now: datetime) -> Made:
    case, kind = reported(scene, now, by="resident").case, matter(scene, now, "W3", "grid")
    case = actions.accept(case=case, matter=kind, by=scene.community_clerk, now=now, version=None)
    return actions.share(case=case, by=scene.community_clerk, now=now, version=None), {"unshare": Act(CLERKS)}


def _assigned(scene: Scene, now: datetime) -> Made:
    """A department helps with it."""
    case, _receipt = in_state(scene, now, "assigned", by="resident")
    case = actions.dispatch(
        case=case, level="grid", assists=[scene.units["department"].id], by=scene.community_clerk, now=now + HOUR,
        version=None,
    )  # fmt: skip
    worker = str(scene.grid_worker.person)
    until = (now + timedelta(days=30)).date().isoformat()
    more_time = {"kind": "shelve", "until": until, "basis": "民事诉讼法", "document": "〔2026〕5号"}
    return case, {
        "name_officers": Act(CLERKS, {"persons": worker}),
        "visit": Act(TALK | {"department"}, {"text": "到了现场"}),
        "assist_report": Act(frozenset({"department"}), {"text": "出了吊车"}),
        "return_not_ours": Act(TALK, {"code": "not_our_duty"} | WORDS),
        "escalate": Act(TALK, {"code": "beyond_means"} | WORDS),
        "defer": Act(TALK, more_time | WORDS),
    }


def _of_a_unit(scene: Scene, now: datetime) -> Made:
    """Led by a department: whoever is beside it talks and does not work."""
    kind = matter(scene, now, "W2", "street", lead="department")
    case = reported(scene, now, by="resident").case
    case = actions.accept(case=case, matter=kind, by=scene.community_clerk, now=now, version=None)
    own = frozenset({"department"})
    return case, {
        "take_up": Act(own),
        "return_not_ours": Act(own, {"code": "not_our_duty"} | WORDS),
        "escalate": Act(own, {"code": "beyond_means"} | WORDS),
        "reply": Act(TALK | own, {"text": "下午去", "way": "phone"}),
        "name_officers": Act(CLERKS | own, {"persons": str(scene.department.person)}),
        "dispatch": Act(CLERKS, {"holder": "l:street"}),
        "share": Act(CLERKS),
    }


def _disputed(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now, "disputed", by="resident")
    return case, {"arbitrate": Act(UPPER, {"holder": "l:street"} | WORDS)}


def _deferral(scene: Scene, now: datetime) -> Made:
    """The worker asked; who asked does not decide."""
    case, _receipt = in_state(scene, now, "in_hand", by="resident")
    case = asked(scene, case, now + 2 * HOUR)
    return case, {
        "decide_deferral": Act(CLERKS, {"granted": "yes"}),
        "dispose": Act(TALK, {"result": "换了灯泡"}),
    }


def _deferral_of_a_clerk(scene: Scene, now: datetime) -> Made:
    """The clerk asked: others decide."""
    case, _receipt = in_state(scene, now, "in_hand", by="resident")
    more_time = {"kind": "extension", "reason": "要多些时间", "until": now + timedelta(days=9)}
    case = actions.defer(case=case, by=scene.street_clerk, now=now + 2 * HOUR, version=None, **more_time)
    return case, {"decide_deferral": Act(CLERKS - {STREET}, {"granted": "yes"})}


def _shelved(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now, "in_hand", by="resident")
    case = granted(scene, asked(scene, case, now + 2 * HOUR), now + 2 * HOUR)
    return case, {"resume": Act(TALK)}


def _supervised(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now, "in_hand", by="resident")
    case = actions.supervise(
        case=case, text="今天办成", due_at=now + 9 * HOUR, by=scene.leader, now=now + 2 * HOUR, version=None
    )
    return case, {"answer_supervision": Act(TALK, {"answer": "办成了"})}


def _answered(scene: Scene, now: datetime) -> Made:
    case, _acts = _supervised(scene, now)
    case = actions.answer_supervision(
        case=case, answer="办成了", by=scene.grid_worker, now=now + 2 * HOUR, version=None
    )
    return case, {"sign_off_supervision": Act(ORDERS, {"passed": "yes"})}


def _answered_by_a_clerk(scene: Scene, now: datetime) -> Made:
    """Who answered does not sign off."""
    case, _acts = _supervised(scene, now)
    case = actions.answer_supervision(
        case=case, answer="办成了", by=scene.street_clerk, now=now + 2 * HOUR, version=None
    )
    return case, {"sign_off_supervision": Act(ORDERS - {STREET}, {"passed": "yes"})}


def _to_verify(scene: Scene, now: datetime) -> Made:
    case, _receipt = to_verify(scene, now, by="resident")
    return case, {
        "verify_pass": Act(CLERKS),
        "verify_fail": Act(CLERKS, WORDS),
        "exclude": Act(TALK, {"code": "unreasonable"} | WORDS),
        "reopen": Act(CLERKS, WORDS),
    }


def _to_close(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now, "disposed", by="resident")
    return case, {"close": Act(CLERKS)}


def _to_call(scene: Scene, now: datetime) -> Made:
    case, _receipt = in_state(scene, now, "disposed", phone=PHONE)
    return case, {"inform": Act(TALK, {"outcome": "reached"})}


def _dissatisfied(scene: Scene, now: datetime) -> Made:
    case, receipt = in_state(scene, now, "disposed", by="resident")
    actions.rate(receipt=receipt, score="dissatisfied", by=scene.resident, now=now + 4 * HOUR)
    return fresh(case), {"follow_up": Act(CLERKS, {"text": "去看过了"})}


def _excluded(scene: Scene, now: datetime) -> Made:
    """The street asked: the county is left to decide."""
    case, _receipt = in_state(scene, now, "closed", by="resident")
    case = actions.exclude(
        case=case, code="policy", reason="依据", by=scene.street_clerk, now=now + 6 * HOUR, version=None
    )
    return case, {"decide_exclusion": Act(frozenset({COUNTY}), {"granted": "yes", "decision": "同意"})}


def _drawn(scene: Scene, now: datetime) -> Made:
    return fixed(scene, now, check=True), {"check_pass": Act(CLERKS), "check_fail": Act(CLERKS, WORDS)}


def _hard(scene: Scene, now: datetime) -> Made:
    return joint(scene, now, helped=True), {"sign_off_hard": Act(ORDERS)}


SCENES: dict[str, Callable[[Scene, datetime], Made]] = {
    one.__name__.strip("_"): one
    for one in (
        _reported, _spoken, _asked, _unanswered, _appealed, _merged, _shown, _assigned, _of_a_unit, _disputed,
        _deferral, _deferral_of_a_clerk, _shelved, _supervised, _answered, _answered_by_a_clerk, _to_verify, _to_close, _to_call, _dissatisfied, _excluded, _drawn,
        _hard,
    )
}  # fmt: skip


def written() -> list[Any]:
    """What a deed about a case leaves behind."""
    models = (
        Case,
        CaseStep,
        CaseUnit,
        *(apps.get_model(one) for one in ("worklist.WorkItem", "notices.Notice")),
    )
    rows = [list(model.objects.order_by("pk").values()) for model in models]
    return [*rows, apps.get_model("trail.AuditEntry").objects.count()]


class _Undone(Exception):
    pass


def status_of(browser: Client, url: str, told: dict[str, str], *, undone: bool) -> int:
    """The status of a POST, 401 for who is asked to sign in. ``undone``: what it wrote is taken back."""
    status = 0
    try:
        with transaction.atomic():
            answer = browser.post(url, told)
            signed_out = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
            status = 401 if signed_out else answer.status_code
            if undone:
                raise _Undone
    except _Undone:
        pass
    return status


@pytest.mark.parametrize("name", SCENES)
def test_each_may_what_the_table_lets_him_and_no_more(
    name: str, county: Scene, morning: datetime, enter: Enter, settings: Any
) -> None:
    settings.IDLE_MINUTES = 100_000
    case, acts = SCENES[name](county, morning - 9 * HOUR)
    wrong = []
    for who in EVERYBODY:
        browser, here = enter(who), f"/desk/cases/{case.id}/"
        answer = browser.get(here)
        page = text_of(answer) if answer.status_code == 200 else ""
        before = written()
        for action, (may, told) in acts.items():
            offers = f'action="{here}{action}/"' in page or f'href="?act={action}#acts"' in page
            offers |= action == "merge_into" and f'href="{here}merge/"' in page
            sent = {"version": str(case.version)} | told
            status = status_of(browser, f"{here}{action}/", sent, undone=who in may)
            well = (
                status in ((200,) if action == "show_contact" else (302,))
                if who in may
                else status in (401, 403, 404)
            )
            if offers != (who in may) or not well:
                wrong.append((action, who, "offered" if offers else "not offered", status))
        if written() != before:
            wrong.append(("refused", who, "and yet it left something behind", 0))
    assert wrong == []


def test_every_act_is_walked() -> None:
    """Every act of the table and every form of the desk stands in a scene, or has a door of its own."""
    acts = {action for make in SCENES.values() for action in _named(make)}
    assert acts >= set(ACTION_FORMS)
    assert acts | set(NOT_AT_THE_DESK) >= set(TRANSITIONS)


def _named(make: Callable[[Scene, datetime], Made]) -> set[str]:
    """The acts of a scene, as they stand in its source."""
    return {one for one in make.__code__.co_consts if isinstance(one, str)} | {
        name
        for const in make.__code__.co_consts
        if isinstance(const, tuple)
        for name in const
        if isinstance(name, str)
    }
