"""An order of the hotline from its push to its end, and what may happen on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.kernel.errors import Refused
from mulin.kernel.secrets import decrypt
from mulin.services.cases import actions
from mulin.services.cases.models import CaseReporter, CaseStep, HotlineOrder, Rating
from mulin.services.cases.queries import hotline as read
from mulin.services.cases.queries.filters import Filters
from mulin.services.cases.queries.lists import narrowed
from tests.hotline.conftest import PHONE, Platform, case_of
from tests.personas import Scene

Clock = Callable[[datetime], None]
NUMBER = "JP20260901001"
WorkItem: Any = apps.get_model("worklist.WorkItem")
Notice: Any = apps.get_model("notices.Notice")


def later(now: datetime, hours: float) -> datetime:
    return now + timedelta(hours=hours)


def open_kinds(case: Any) -> set[str]:
    return set(WorkItem.objects.filter(subject_id=case.id, done_at=None).values_list("kind", flat=True))


def disposed(scene: Scene, now: datetime, number: str = NUMBER) -> Any:
    case = case_of(number)
    case = actions.take_up(case=case, by=scene.grid_worker, now=later(now, 1), version=None)
    return actions.dispose(
        case=case, result="换了灯泡，亮了。", by=scene.grid_worker, now=later(now, 2), version=None
    )


# ── to the end ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_pushed_dealt_with_pulled_called_back_closed(
    platform: Platform, morning: datetime, clock_at: Clock
) -> None:
    scene = platform.scene
    told = platform.order(due_at="2026-12-31T18:00:00+08:00")
    assert (told["result"], told["order"]["status_text"]) == ("new", "待签收")
    case = case_of(NUMBER)
    assert told["order"]["number"] == case.number
    assert (case.source, case.external_no, case.grid_path) == ("hotline", NUMBER, "/001/003/g1001/")
    reporter = CaseReporter.objects.get(case=case)
    assert (reporter.via, reporter.person_id) == ("hotline", None)
    assert PHONE not in reporter.phone_sealed
    assert decrypt(reporter.phone_sealed, bound_to="case_reporter.phone") == PHONE

    actions.accept(case=case, by=scene.community_clerk, now=later(morning, 0.5), version=None)
    assert platform.get(f"/orders/{NUMBER}")["status_text"] == "已签收"
    case = disposed(scene, morning)
    assert case.informed_at is None and {"answer_hotline", "close"} <= open_kinds(case)
    assert not Notice.objects.filter(subject_id=case.id).exclude(key__startswith="work_").exists()
    with pytest.raises(Refused) as refused:
        actions.close(case=case, by=scene.community_clerk, now=later(morning, 200), version=None)
    assert refused.value.code == "not_answered_there"

    changes, cursor = platform.pull()
    assert [one["status_text"] for one in changes] == ["待签收", "已签收", "办理中", "已办结"]
    assert changes[-1]["reply"]["result"] == "换了灯泡，亮了。" and changes[0]["reply"] is None
    assert changes[-1]["reply"]["handler"] == "张工"
    assert case_of(NUMBER).informed_at is None  # given is not taken
    assert platform.pull(cursor) == ([], cursor)
    case = case_of(NUMBER)
    assert case.informed_at is not None and "answer_hotline" not in open_kinds(case)
    assert platform.get(f"/orders/{NUMBER}")["reply_taken_at"] is not None

    told = platform.tell("callback", NUMBER, score="满意", solved=True, contacted=True, comment="很快")
    assert told["order"]["status_text"] == "已归档" and case_of(NUMBER).state == "closed"
    rating = Rating.objects.get(case=case)
    assert (rating.score, "很快" in rating.comment, "12345 回访" in rating.comment) == (
        "satisfied",
        True,
        True,
    )
    assert [one["status_text"] for one in platform.pull(cursor)[0]] == ["已归档"]
    assert platform.tell("callback", NUMBER, 409, score="满意")["error"]["code"] == "already_rated"


def test_not_content_and_not_solved_it_is_done_again_and_answered_again(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    platform.order()
    disposed(scene, morning)
    cursor = platform.pull()[1]
    platform.pull(cursor)
    told = platform.tell(
        "callback", NUMBER, score="不满意", solved=False, comment="又坏了", due_at="2026-12-01T18:00:00+08:00"
    )
    case = case_of(NUMBER)
    assert told["order"]["status_text"] == "办理中"
    assert (case.state, case.round, case.reopenings, case.informed_at) == ("in_hand", 2, 1, None)
    assert Rating.objects.get(case=case).score == "dissatisfied"
    case = actions.dispose(
        case=case, result="换了线路。", by=scene.grid_worker, now=later(morning, 30), version=None
    )
    assert "answer_hotline" in open_kinds(case)
    assert read.to_hand_over(scene.county_clerk).get().number == NUMBER
    changes, cursor = platform.pull(cursor)
    assert [one["status_text"] for one in changes] == ["办理中", "已办结"]
    assert changes[-1]["reply"]["result"] == "换了线路。"
    platform.pull(cursor)
    assert case_of(NUMBER).informed_at is not None


def test_not_content_but_solved_a_clerk_follows_up(platform: Platform, morning: datetime) -> None:
    platform.order()
    case = disposed(platform.scene, morning)
    platform.tell("callback", NUMBER, score="不满意", solved=True)
    assert case_of(NUMBER).state == "disposed" and "dissatisfied" in open_kinds(case)
    assert HotlineOrder.objects.get().handed == "called_back"  # who calls back has the answer


def test_an_old_answer_that_is_taken_late_does_not_count_for_the_new_round(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    platform.order()
    case = disposed(scene, morning)
    cursor = platform.pull()[1]
    case = actions.reopen(
        case=case, reason="没修好", by=scene.community_clerk, now=later(morning, 3), version=None
    )
    case = actions.dispose(
        case=case, result="修好了", by=scene.grid_worker, now=later(morning, 4), version=None
    )
    changes, after = platform.pull(cursor)  # takes the first result, which stands no more
    assert case_of(NUMBER).informed_at is None
    assert changes[-1]["reply"]["result"] == "修好了"
    platform.pull(after)
    assert case_of(NUMBER).informed_at is not None


def test_no_call_back_before_there_is_an_answer(platform: Platform) -> None:
    platform.order()
    assert platform.tell("callback", NUMBER, 409, score="满意")["error"]["code"] == "nothing_to_rate"


# ── said again ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_message_again_is_the_same_deed_and_another_body_a_409(platform: Platform) -> None:
    first = platform.order(message_id="m1")
    answer = platform.order(message_id="m1")
    assert answer == first and HotlineOrder.objects.count() == 1
    told = platform.order(message_id="m1", status=409, text="另一件事")
    assert (told["error"]["code"], told["error"]["field"]) == ("message_reused", "message_id")


def test_an_order_again_changes_nothing_and_news_are_told(platform: Platform, morning: datetime) -> None:
    platform.order()
    version = case_of(NUMBER).version
    assert platform.order()["result"] == "same" and case_of(NUMBER).version == version
    told = platform.order(text="双虹家园3号楼东门路灯坏了四天。", due_at="2026-09-03T18:00:00+08:00")
    assert (told["result"], told["changed"]) == ("changed", ["text", "due_at"])
    case = case_of(NUMBER)
    assert case.text.endswith("四天。") and case.due_at.isoformat() == "2026-09-03T10:00:00+00:00"
    step = CaseStep.objects.get(case=case, action="hotline_amended")
    assert "坏了三天" in step.note and not step.public
    told = platform.tell("amend", NUMBER, confidential=True)
    assert told["changed"] == ["confidential"] and CaseReporter.objects.get().confidential
    assert platform.tell("amend", "NOWHERE", 404, title="x")["error"]["code"] == "no_such_order"


def test_urged_once_in_four_hours_and_an_urging_order_is_no_case(
    platform: Platform, morning: datetime, clock_at: Clock
) -> None:
    platform.order()
    assert "刚刚报上来" in platform.tell("urge", NUMBER)["note"]
    clock_at(later(morning, 5))
    told = platform.order("JP-C1", order_type="催办单", related_order=NUMBER, text="请快一点")
    assert (told["result"], told["note"], told["order"]["number"]) == ("attached", "", case_of(NUMBER).number)
    assert CaseStep.objects.filter(action="urge", note="请快一点").count() == 1
    assert HotlineOrder.objects.count() == 2 and case_of("JP-C1") == case_of(NUMBER)
    assert "已经催过" in platform.tell("urge", NUMBER)["note"]
    repeat = platform.order("JP-R1", order_type="重复件", related_order=NUMBER)
    assert repeat["result"] == "attached" and case_of("JP-R1") == case_of(NUMBER)
    lost = platform.order("JP-R2", 400, order_type="重复件", related_order="NOWHERE")
    assert lost["error"]["field"] == "related_order"


def test_withdrawn_it_ends_and_again_changes_nothing(platform: Platform) -> None:
    platform.order()
    for _n in range(2):
        told = platform.tell("withdraw", NUMBER, reason="市民撤诉")
        assert told["order"]["status_text"] == "已撤单"
    assert case_of(NUMBER).state == "withdrawn"
    assert platform.tell("urge", NUMBER, 409)["error"]["code"] == "withdrawn"


# ── sent back, more time ─────────────────────────────────────────────────────────────────────────────────────────


def returned(scene: Scene, now: datetime) -> Any:
    return actions.refuse(
        case=case_of(NUMBER), reason="不归本县管", where="县住建局", by=scene.community_clerk, now=later(now, 1),
        version=None, code="elsewhere",
    )  # fmt: skip


def test_sent_back_with_reason_and_whose_it_is_and_taken(platform: Platform, morning: datetime) -> None:
    platform.order()
    case = returned(platform.scene, morning)
    assert open_kinds(case) == {"answer_hotline"}
    change = platform.pull()[0][-1]
    assert (change["status_text"], change["reply"]["reason"]) == ("已退回", "不归本县管")
    assert change["reply"]["suggested_unit"] == "县住建局" and change["reply"]["returned"]
    platform.tell("return_decision", NUMBER, granted=True)
    assert open_kinds(case) == set() and case_of(NUMBER).state == "not_admitted"


def test_sent_back_and_not_taken_another_person_looks_again(platform: Platform, morning: datetime) -> None:
    scene = platform.scene
    platform.order()
    case = returned(scene, morning)
    told = platform.tell("return_decision", NUMBER, granted=False, reason="就在贵县辖区")
    assert told["order"]["status_text"] == "退单复核中"
    case = actions.decide_appeal(
        case=case,
        granted=True,
        decision="是本县的",
        by=scene.street_clerk,
        now=later(morning, 3),
        version=None,
    )
    assert platform.get(f"/orders/{NUMBER}")["status_text"] == "待签收"
    actions.accept(case=case, by=scene.community_clerk, now=later(morning, 4), version=None)
    case = disposed(scene, later(morning, 4))
    assert "answer_hotline" in open_kinds(case)  # the refusal that they have is not the result


def test_a_refusal_that_they_have_is_not_the_result_however_late_they_take_it(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    platform.order()
    case = returned(scene, morning)
    cursor = platform.pull()[1]
    platform.tell("return_decision", NUMBER, granted=False, reason="就在贵县辖区")
    actions.decide_appeal(
        case=case,
        granted=True,
        decision="是本县的",
        by=scene.street_clerk,
        now=later(morning, 3),
        version=None,
    )
    actions.accept(case=case, by=scene.community_clerk, now=later(morning, 4), version=None)
    disposed(scene, later(morning, 4))
    after = platform.pull(cursor)[1]  # takes the refusal
    assert case_of(NUMBER).informed_at is None
    platform.pull(after)
    assert case_of(NUMBER).informed_at is not None and "answer_hotline" not in open_kinds(case)


def extension(platform: Platform, now: datetime, days: int = 5) -> Any:
    scene = platform.scene
    platform.order(due_at=later(now, 48).isoformat())
    case = actions.take_up(case=case_of(NUMBER), by=scene.grid_worker, now=later(now, 1), version=None)
    return actions.defer(
        case=case, kind="extension", reason="等配件", until=now + timedelta(days=days), by=scene.grid_worker,
        now=later(now, 2), version=None,
    )  # fmt: skip


def test_more_time_beyond_the_hotlines_limit_is_the_hotlines_to_grant(
    platform: Platform, morning: datetime
) -> None:
    case = extension(platform, morning)
    assert case.due_at == later(morning, 48)
    change = platform.pull()[0][-1]
    assert (change["status_text"], change["extension"]["reason"]) == ("申请延期", "等配件")
    with pytest.raises(Refused) as refused:
        actions.decide_deferral(
            case=case, granted=True, by=platform.scene.community_clerk, now=later(morning, 3), version=None
        )
    assert refused.value.code == "outer_limit"
    told = platform.tell("extension_decision", NUMBER, granted=True)
    case = case_of(NUMBER)
    assert told["order"]["status_text"] == "办理中"
    assert case.due_at == case.step_due_at == morning + timedelta(days=5)
    assert HotlineOrder.objects.get().due_at == case.due_at
    assert platform.tell("extension_decision", NUMBER, 404, granted=True)["error"]["code"] == "not_asked"


def test_more_time_that_the_hotline_declines_says_why_and_moves_nothing(
    platform: Platform, morning: datetime
) -> None:
    case = extension(platform, morning)
    assert platform.tell("extension_decision", NUMBER, 400, granted=False)["error"]["field"] == "reason"
    platform.tell("extension_decision", NUMBER, granted=False, reason="请按期办")
    assert case_of(NUMBER).due_at == later(morning, 48) and "decide" not in open_kinds(case)


# ── whose limit, who may know ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("hours", "theirs"), [(10, True), (1000, False)])
def test_the_earlier_limit_holds_and_the_case_says_which(
    platform: Platform, morning: datetime, hours: int, theirs: bool
) -> None:
    platform.order(due_at=later(morning, hours).isoformat())
    case = case_of(NUMBER)
    assert abs(case.due_at - later(morning, min(hours, 72))) < timedelta(seconds=9)
    case = actions.accept(case=case, by=platform.scene.community_clerk, now=later(morning, 1), version=None)
    found = read.limit(case_of(NUMBER))
    assert found is not None and found.theirs is theirs and found.outer == later(morning, hours)
    assert case.due_at <= found.outer and case.step_due_at <= case.due_at


def test_a_caller_who_asks_for_it_stays_unknown_to_most(platform: Platform, morning: datetime) -> None:
    scene = platform.scene
    platform.order(confidential=True)
    case = case_of(NUMBER)
    shown = actions.show_contact(case=case, by=scene.grid_worker, now=morning)
    assert shown[0].phone == "" and "保密" in shown[0].name
    assert actions.show_contact(case=case, by=scene.street_clerk, now=morning)[0].phone == PHONE


def test_the_desk_lists_what_the_hotline_still_waits_for(platform: Platform, morning: datetime) -> None:
    scene = platform.scene
    platform.order()
    platform.order("JP2")
    disposed(scene, morning)
    waiting = Filters.read({"source": "hotline", "owed": "1"})
    assert [one.external_no for one in narrowed(scene.county_clerk, waiting, morning)] == [NUMBER]
    cursor = platform.pull()[1]
    platform.pull(cursor)
    assert list(narrowed(scene.county_clerk, waiting, morning)) == []


def test_merged_the_hotline_is_answered_by_the_case_that_goes_on(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    platform.order()
    platform.order("JP2")
    first, second = case_of(NUMBER), case_of("JP2")
    actions.merge_into(
        case=second, number=first.number, by=scene.community_clerk, now=later(morning, 0.5), version=None
    )
    disposed(scene, morning)
    changes, cursor = platform.pull()
    ends = [one["order_no"] for one in changes if one["status_text"] == "已办结"]
    assert sorted(ends) == sorted([NUMBER, "JP2"]) and changes[-1]["reply"]["result"]
    platform.pull(cursor)
    assert case_of(NUMBER).informed_at is not None
    assert set(HotlineOrder.objects.values_list("handed", flat=True)) == {"pulled"}


def test_unmerged_after_its_answer_was_taken_a_case_is_answered_and_closed_by_itself(
    platform: Platform, morning: datetime
) -> None:
    scene = platform.scene
    platform.order()
    platform.order("JP2")
    first, second = case_of(NUMBER), case_of("JP2")
    actions.merge_into(
        case=second, number=first.number, by=scene.community_clerk, now=later(morning, 0.5), version=None
    )
    disposed(scene, morning)
    platform.pull(platform.pull()[1])
    actions.unmerge(
        case=second.id, reason="不是一件事", by=scene.community_clerk, now=later(morning, 20), version=None
    )
    assert HotlineOrder.objects.get(number="JP2").handed == ""
    assert HotlineOrder.objects.get(number=NUMBER).handed == "pulled"
