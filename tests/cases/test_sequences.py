"""Random sequences of acts by everybody, with days going by and tick running: whatever is tried, the loop holds.

Nothing leaves the table, no clock is lost or washed, no step outlives the total, nothing closes without a result and its
reporters told, nobody's case lies on nobody's list.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.kernel.errors import Refused
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.actions import pairs, timing
from mulin.services.cases.models import Case, CaseReporter, CaseStep, CaseUnit, Deferral, Supervision
from mulin.services.cases.rules import CONTACT_TRIES, FINISHED, OPEN, TRANSITIONS, State, allowed
from tests.cases.catalogue import matter
from tests.cases.scenes import fresh, reported
from tests.personas import Scene

WorkItem: Any = apps.get_model("worklist.WorkItem")

STAFF = ("grid_worker", "community_clerk", "street_clerk", "county_clerk", "department", "leader", "resident")
WORDS = "照实写的一句话"


def told(
    action: str, scene: Scene, now: datetime, kinds: tuple[Any, Any], second: Case, pick: int
) -> dict[str, Any] | None:
    """Arguments that could stand; ``pick`` varies them. ``second``: a case into which this one may be merged."""
    kind, other = kinds if pick % 3 else kinds[::-1]
    yes, days = pick % 2 == 0, timedelta(days=1 + pick % 20)
    unit = scene.units["department"].id
    levels = ("grid", "community", "street", "county")
    return {
        "accept": {"matter": kind} if yes else {"grid": scene.grids["a" if pick % 3 else "b"].id},
        "ask": {"question": WORDS},
        "answer": {"text": WORDS},
        "refuse": {"reason": WORDS, "where": WORDS, "code": "other"},
        "dispatch": {"level": levels[pick % 4], "unit": unit if pick % 4 == 3 else None},
        "take_up": {},
        "return_not_ours": {"code": "not_our_duty", "reason": WORDS},
        "arbitrate": {"level": levels[pick % 4], "reason": WORDS},
        "escalate": {"code": "emergency" if pick % 5 == 0 else "beyond_means", "reason": WORDS},
        "defer": {
            "kind": ("extension", "wait", "shelve")[pick % 3], "reason": WORDS, "until": now + days,
            "basis": WORDS, "document": WORDS,
        },
        "decide_deferral": {"granted": pick % 4 != 0, "decision": WORDS},
        "resume": {},
        "urge": {},
        "supervise": {"text": WORDS, "due_at": now + days},
        "answer_supervision": {"answer": WORDS},
        "sign_off_supervision": {"passed": yes, "note": WORDS},
        "reply": {"text": WORDS, "way": "phone" if yes else "message"},
        "dispose": {"result": WORDS},
        "inform": {"outcome": "reached" if yes else "not_reached"},
        "verify_pass": {},
        "verify_fail": {"reason": WORDS},
        "close": {},
        "reopen": {"reason": WORDS},
        "follow_up": {"text": WORDS},
        "decide_appeal": {"granted": yes, "decision": WORDS},
        "reclassify": {"matter": other, "reason": WORDS},
        "relocate": {"grid": scene.grids["a" if pick % 3 else "b"].id, "reason": WORDS},
        "name_officers": {"persons": [scene.grid_worker.person]},
        "visit": {"text": WORDS},
        "merge_into": {"number": second.number},
        "unmerge": {"reason": WORDS},
    }.get(action)  # fmt: skip


LIKELY_WAY = (
    "accept", "take_up", "reply", "dispose", "inform", "verify_pass", "close", "rate", "defer", "decide_deferral",
    "resume", "supervise", "answer_supervision", "sign_off_supervision",
)  # fmt: skip
ALL = (
    *LIKELY_WAY, "ask", "answer", "refuse", "dispatch", "return_not_ours", "arbitrate", "escalate", "urge",
    "verify_fail", "reopen", "follow_up", "tick", "appeal", "decide_appeal", "withdraw", "reclassify", "relocate",
    "name_officers", "visit", "merge_into", "unmerge",
)  # fmt: skip
RARE = ("refuse", "withdraw", "merge_into")
"""Acts that end a case early."""
MAY_MOVE_THE_TOTAL = {
    "accept", "take_up", "dispatch", "answer", "ask_expired", "refuse", "decide_deferral", "resume", "reopen",
    "decide_appeal", "reclassify", "withdraw",
}  # fmt: skip
"""Everything else leaves the total clock as it is: a return, an escalation, rework, an order wash nothing green."""


def _next(case: Case, chance: Random) -> str:
    """Mostly what the table lets happen from here, on the likely way; now and then anything."""
    open_now = [
        action for action in (*LIKELY_WAY, *LIKELY_WAY, *ALL) if action in (*allowed(case.state), "tick")
    ]
    action = chance.choice(open_now if open_now and chance.random() < 0.9 else ALL)
    return action if action not in RARE or chance.random() < 0.2 else "take_up"


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_whatever_is_tried_the_loop_holds(county: Scene, now: datetime, chance: Random) -> None:
    how = {"verification": "second_person"} if chance.random() < 0.4 else {}
    limits = {"accept": 240, "dispose": 6000, "first_response": 1440}
    mark = f"{Case.objects.count()}-{CaseStep.objects.count()}"
    kinds = (
        matter(county, now, f"S{mark}", "grid", limits=limits, **how),
        matter(
            county, now, f"T{mark}", "grid", limits={"accept": 60, "dispose": 3000, "first_response": 600}
        ),
    )
    contact = {"phone": "13812345678"} if chance.random() < 0.5 else {"by": "resident"}
    made = reported(county, now, **contact)
    case, second, at = made.case, reported(county, now).case, now
    for _n in range(chance.randint(15, 60)):
        action, who = _next(fresh(case), chance), chance.choice(STAFF)
        pick, minutes = chance.randrange(60), chance.choice((1, 5, 30, 200))
        at += timedelta(minutes=minutes)
        before, began = fresh(case), uuid7()
        try:
            if action == "tick":
                at += timedelta(hours=pick)
                actions.ask_expired(now=at)
                actions.act_on_due(now=at)
            elif action == "rate":
                score = ("satisfied", "dissatisfied", "fair")[pick % 3]
                actions.rate(receipt=made.receipt, score=score, by=county.stranger, now=at)
            elif action in ("appeal", "withdraw"):
                getattr(actions, action)(receipt=made.receipt, reason=WORDS, by=county.stranger, now=at)
            else:
                said = told(action, county, at, kinds, second, pick)
                assert said is not None, action
                getattr(actions, action)(case=case, by=county.actors[who], now=at, version=None, **said)
        except Refused:
            assert fresh(case).version == before.version, action  # a refusal leaves nothing behind
            continue
        holds(fresh(case), before, at, began)
    assert pairs.mend()[1] == 0, "a case is not found by what it says"


AFTERWARDS = {"supervised", "supervision", "supervision_late", "dissatisfied", "hard", "call_or_visit"}
"""What may be left to do about a case that is over: an order to answer for, a reporter to call, a look at what was said."""


def holds(case: Case, before: Case, at: datetime, began: UUID) -> None:
    """What must be true of a case at any moment."""
    steps = list(CaseStep.objects.filter(case=case).order_by("at", "id"))
    for step in steps[1:]:
        move = TRANSITIONS.get({"not_reached": "inform"}.get(step.action, step.action))
        if step.from_state != step.to_state:
            assert move is not None and step.from_state in move.sources and move.leads_to(step.to_state), (
                step.action
            )
    assert steps[-1].to_state == case.state
    told = [
        *(step for step in steps if step.from_state != step.to_state),
        *case.ratings.all(),
        *Deferral.objects.filter(case=case),
    ]
    if any(one.id > began for one in told):
        assert case.touched > began, "a count that is kept would not see it"
    taken = [step.action for step in steps if step.at == at]
    _clocks(case, before, set(taken))
    hops = CaseUnit.objects.filter(case=case, part="lead", until__isnull=True).count()
    kinds = set(WorkItem.objects.filter(subject_id=case.id, done_at=None).values_list("kind", flat=True))
    if case.state in OPEN:
        assert kinds, f"nobody has {case.state} to do after {taken}"
        assert hops <= 1
    else:
        assert kinds <= AFTERWARDS, (
            case.state,
            kinds,
        )
        assert case.next_check_at is None
    if case.state == State.CLOSED:
        _closed(case, steps)


def _clocks(case: Case, before: Case, taken: set[str]) -> None:
    assert case.due_at is not None and case.step_due_at is not None
    assert case.step_due_at <= case.due_at
    if case.due_at != before.due_at:
        assert taken & MAY_MOVE_THE_TOTAL, (taken, before.due_at, case.due_at)
    if "reopen" in taken or case.state in FINISHED:
        return
    if case.state in (State.WAITING, State.SHELVED, State.ASKED):
        assert case.resume_state
        assert (case.paused_since is not None) == (case.state == State.ASKED)
    else:
        assert case.paused_since is None
    coming = [moment for _kind, moment in timing.due_moments(case=case)]
    if case.next_check_at is None:
        assert not coming or max(coming) <= max(case.reported_at, *[step.at for step in case.steps.all()])


def _closed(case: Case, steps: list[CaseStep]) -> None:
    assert case.result.strip() and case.disposed_at and case.closed_at
    assert case.closed_at >= case.disposed_at
    assert not Supervision.objects.filter(case=case, signed_off_at__isnull=True).exists()
    vain = {step.at.date() for step in steps if step.action == "not_reached" and step.at >= case.disposed_at}
    waiting = CaseReporter.objects.filter(case=case, told_at__isnull=True).exists()
    assert not waiting or len(vain) >= CONTACT_TRIES, "closed, and a reporter knows nothing"
