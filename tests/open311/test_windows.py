"""What each window shows of a case: its system's own, the county's with a scope, the neighbours' without a key."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from mulin.ground.systems.models import Answered, SystemDay
from mulin.kernel.clock import CHINA
from mulin.kernel.ids import uuid7
from mulin.services.cases import actions as cases
from mulin.services.cases import queries as read
from mulin.services.cases.models import Case
from tests.open311.conftest import Door
from tests.open311.test_conformance import closed
from tests.personas import IN_GRID_A, Scene

SECRETS = ("楼道", "王秀英", "3号楼", "13812345678", "41.405", "119.645", "换了灯泡", "LD1")


def shared(scene: Scene, at: datetime, **more: Any) -> Case:
    """A matter of the type LD1 that neighbours may see, with everything in it that they may not."""
    made = cases.report(
        by=scene.resident, now=at, client_id=uuid7(), text="楼道堆了东西，找王秀英", source="resident",
        lon=IN_GRID_A[0], lat=IN_GRID_A[1], place_text="3号楼", name="王秀英", phone="13812345678", **more,
    )  # fmt: skip
    kind = apps.get_model("catalogue.MatterType").objects.get(code="LD1").id
    case = cases.accept(case=made.case, matter=kind, by=scene.community_clerk, now=at, version=None)
    return cases.share(case=case, by=scene.community_clerk, now=at, version=None)


def listed(door: Door, key: str = "", **args: Any) -> list[dict[str, Any]]:
    told = args | ({"api_key": door.keys[key]} if key else {})
    found: list[dict[str, Any]] = door.call.get("/requests.json", **told).value
    return found


def test_without_a_key_only_what_neighbours_see(door: Door, morning: datetime) -> None:
    door.report()
    case = shared(door.scene, morning)
    closed(door.scene, case, morning)
    door.call.client.get("/")
    (one,) = listed(door)
    assert one["service_request_id"] == str(case.id)
    assert (one["service_code"], one["service_name"]) == ("urban_environment", "市容环境")
    assert (one["status"], one["status_notes"], one["address"]) == ("closed", "已结案", "叶柏寿街道双虹社区")
    assert one["address_id"] == "211322001003"
    assert one["requested_datetime"] == one["updated_datetime"] == "2026-09-01T00:00:00+08:00"
    said = json.dumps(one, ensure_ascii=False)
    for secret in (*SECRETS, case.number, "09:01"):
        assert secret not in said, secret
    (alone,) = door.call.get(f"/requests/{case.id}.json").value
    assert alone == one
    assert door.call.get(f"/requests/{case.number}.json").status == 404
    cases.unshare(case=case.id, by=door.scene.community_clerk, now=morning + timedelta(hours=5), version=None)
    assert listed(door) == [] and door.call.get(f"/requests/{case.id}.json").status == 404


def test_no_filter_tells_neighbours_more_than_the_list(door: Door, morning: datetime) -> None:
    shared(door.scene, morning)  # at 09:01 of 1 September
    assert len(listed(door, service_code="urban_environment")) == 1
    assert listed(door, service_code="LD1") == []
    for start in ("2026-08-31T23:59:59", "2026-09-01T00:00:00"):
        assert len(listed(door, start_date=f"{start}+08:00")) == 1
    for start in ("2026-09-01T00:00:01", "2026-09-01T09:00:00", "2026-09-01T09:02:00"):
        assert listed(door, start_date=f"{start}+08:00") == []
    assert len(listed(door, end_date="2026-09-01T00:00:00+08:00")) == 1
    assert listed(door, end_date="2026-08-31T23:59:59+08:00") == []


def test_a_system_sees_its_own_in_full_and_of_others_what_neighbours_see(
    door: Door, morning: datetime
) -> None:
    mine = door.report("reports").value[0]["service_request_id"]
    theirs = door.report("full", description="别家的事").value[0]["service_request_id"]
    case = shared(door.scene, morning)
    found = {one["service_request_id"]: one for one in listed(door, "reports")}
    assert set(found) == {mine, str(case.id)}
    assert found[mine]["description"] == "路灯不亮"
    assert door.call.get(f"/requests/{theirs}.json", api_key=door.keys["reports"]).status == 404
    assert door.call.get(f"/requests/{case.number}.json", api_key=door.keys["reports"]).status == 404


def test_with_the_scope_to_read_the_county_without_words_or_positions(door: Door, morning: datetime) -> None:
    hidden = door.report("reports", description="王秀英家楼道", address_string="3号楼").value
    case = shared(door.scene, morning)
    closed(door.scene, case, morning)
    found = {one["service_request_id"]: one for one in listed(door, "reads")}
    assert set(found) == {hidden[0]["service_request_id"], case.number}
    one = found[case.number]
    assert (one["service_code"], one["status"], one["status_notes"]) == ("LD1", "closed", "已结案")
    assert one["requested_datetime"] == "2026-09-01T09:01:00+08:00" and one["address"].endswith("双虹社区")
    said = json.dumps(found, ensure_ascii=False)
    for secret in SECRETS[:-1]:
        assert secret not in said, secret


def test_what_was_merged_is_followed_and_what_was_refused_says_why(door: Door, morning: datetime) -> None:
    scene, hour = door.scene, timedelta(hours=1)
    first, second, third = (
        Case.objects.get(number=door.report(description=text).value[0]["service_request_id"])
        for text in ("一", "二", "三")
    )
    cases.merge_into(case=first, number=second.number, by=scene.community_clerk, now=morning, version=None)
    closed(scene, Case.objects.get(pk=second.pk), morning)
    cases.refuse(
        case=third, reason="elsewhere", where="12345", by=scene.street_clerk, now=morning + hour, version=None
    )
    found = {one["service_request_id"]: one for one in listed(door, "full")}
    assert found[first.number]["status_notes"] == found[second.number]["status_notes"] == "已结案：换了灯泡"
    assert found[third.number]["status"] == "closed" and "12345" in found[third.number]["status_notes"]
    assert len(listed(door, "full", status="closed")) == 3 and listed(door, "full", status="open") == []


def test_a_system_has_none_of_the_product_s_powers(door: Door, morning: datetime) -> None:
    from mulin.ground.systems.queries import actor_of
    from mulin.kernel.errors import Refused

    actor = actor_of(door.systems["full"])
    mine = Case.objects.get(number=door.report().value[0]["service_request_id"])
    shared(door.scene, morning)
    assert not actor.anonymous and not actor.system
    assert [one.pk for one in read.visible_to(actor)] == [mine.pk]
    for act in (cases.take_up, cases.share):
        with pytest.raises(Refused):
            act(case=mine, by=actor, now=morning, version=None)


def test_staff_read_who_brought_it_and_what_was_chosen(door: Door, enter: Any) -> None:
    case = Case.objects.get(number=door.report().value[0]["service_request_id"])
    page = enter("community_clerk").get(f"/desk/cases/{case.id}/").content.decode()
    assert "其他系统 · 平台full" in page
    assert "反映人选的事项" in page and "事项LD1" in page
    receipt = case.reporters.get().receipt
    public = enter("stranger").get(f"/r/{receipt}/").content.decode()
    assert "平台full" not in public
    told = {
        public: read.timeline(case, door.scene.community_clerk, public=public) for public in (True, False)
    }
    assert [told[public].entries[0].who for public in (True, False)] == ["反映人", "平台full"]


def test_only_counts_are_kept_of_what_came(
    door: Door, morning: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door.report(phone="13812345678", description="王秀英家楼道", email="a@example.org")
    door.report(service_code="NOPE")
    assert door.call.get("/requests.json", api_key=door.keys["full"]).status == 200
    assert door.call.post(api_key=door.keys["reads"], service_code="LD1").status == 403
    days = {row.system_id: (row.calls, row.refused) for row in SystemDay.objects.all()}
    assert days == {door.systems["full"].id: (3, 0), door.systems["reads"].id: (1, 1)}
    assert SystemDay.objects.first().day == morning.astimezone(CHINA).date()
    kept = json.dumps([row.answer for row in Answered.objects.all()], ensure_ascii=False)
    for secret in ("13812345678", "王秀英", "a@example.org", door.keys["full"]):
        assert secret not in kept and secret not in caplog.text


def test_in_english_the_services_and_errors_are_english(door: Door) -> None:
    english = {"Accept-Language": "en"}
    found = door.call.get("/services.json", headers=english).value
    assert found[0]["service_name"] == "Other matters"
    right = {"attribute[COMPOUND]": "3号楼", "attribute[DANGER]": "no", "service_code": "WY1"}
    (one,) = door.report(headers=english, description=None, **right).value
    assert one["service_notice"].startswith("Received, number")
    assert Case.objects.get(number=one["service_request_id"]).text.startswith(
        "事项WY1\n现在有人有危险吗？ 没有"
    )
    answer = door.call.get("/requests.json", headers=english, status="done")
    assert answer.error == "status is either open or closed."
