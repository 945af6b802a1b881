"""Cases in each state, made by the real actions, and browsers in which people are signed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from mulin.kernel.ids import uuid7
from mulin.services.cases import actions
from mulin.services.cases.models import Case
from mulin.services.cases.rules import Source
from tests.personas import COUNTY, IN_GRID_A, Scene

PHONE = "13812345678"
WORDS = "双虹家园3号楼东门路灯坏了三天，晚上看不见路。请尽快修。"


def reported(
    scene: Scene, now: datetime, *, by: str = "stranger", at: Any = IN_GRID_A, **more: Any
) -> actions.Reported:
    """A report, by default of a visitor in grid A."""
    told: dict[str, Any] = {"client_id": uuid7(), "text": WORDS, "source": Source.RESIDENT}
    if at is not None:
        told |= {"lon": at[0], "lat": at[1], "accuracy": 12.0}
    return actions.report(by=getattr(scene, by), now=now, **(told | more))


STATES = (
    "reported",
    "asked",
    "assigned",
    "in_hand",
    "returned",
    "disputed",
    "disposed",
    "closed",
    "not_admitted",
    "appealed",
)
"""The states to which ``in_state`` brings a case."""


def fresh(case: Case) -> Case:
    """The row as it stands now."""
    return Case.objects.get(pk=case.pk)


def in_state(scene: Scene, now: datetime, state: str, **more: Any) -> tuple[Case, str]:
    """(case, receipt) of a case in grid A, brought to a state by who usually does it."""
    made = reported(scene, now, **more)
    case, worker, clerk = made.case, scene.grid_worker, scene.community_clerk

    def later(hours: int) -> datetime:
        return now + timedelta(hours=hours)

    if state == "asked":
        case = actions.ask(case=case, question="哪一盏？", by=worker, now=later(1), version=case.version)
    if state in ("not_admitted", "appealed"):
        case = actions.refuse(
            case=case, reason="不归县里管", where="市政热线", by=clerk, now=later(1), version=case.version
        )
    if state == "appealed":
        case = actions.appeal(receipt=made.receipt, reason="就在本县", by=scene.stranger, now=later(2))
    if state == "assigned":
        case = actions.accept(case=case, by=clerk, now=later(1), version=case.version)
    for n in range({"returned": 1, "disputed": 3}.get(state, 0)):
        if n:
            case = actions.dispatch(case=case, level="grid", by=clerk, now=later(n + 1), version=case.version)
        else:
            case = actions.accept(case=case, by=clerk, now=later(1), version=case.version)
        case = actions.return_not_ours(
            case=case,
            code="not_our_duty",
            reason="不归网格",
            by=worker,
            now=later(n + 1),
            version=case.version,
        )
    if state in ("in_hand", "disposed", "closed"):
        case = actions.take_up(case=case, by=worker, now=later(1), version=case.version)
    if state in ("disposed", "closed"):
        case = actions.dispose(
            case=case, result="换了灯泡，亮了。", by=worker, now=later(3), version=case.version
        )
    if state == "closed":
        if case.informed_at is None:
            case = actions.inform(case=case, outcome="reached", by=worker, now=later(4), version=case.version)
        case = actions.close(case=case, by=clerk, now=later(5), version=case.version)
    assert case.state == state
    return case, made.receipt


def browser(scene: Scene, who: str = "", *, large: bool = False) -> Client:
    """A browser in the county, with somebody signed in (second factor shown) or nobody."""
    client = Client()
    if who:
        client.force_login(scene.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["county"], session["second_factor"] = COUNTY, True
        session.save()
    else:
        session = client.session
        session["county"] = COUNTY
        session.save()
        client.cookies["sessionid"] = session.session_key
    if large:
        client.cookies["mulin_large"] = "1"
    return client
