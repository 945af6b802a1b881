"""What falls due on somebody's own calendar: the file by the rules of RFC 5545, the secret address, who sees what."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from icalendar import Calendar

from mulin.ground.access.models import Account, Grant
from mulin.kernel.clock import CHINA
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import token
from mulin.services.cases import actions as cases
from mulin.services.cases.actions import feeds
from mulin.services.cases.models import Case, DuesFeed
from mulin.services.cases.queries import dues
from mulin.services.cases.rules import ics
from tests.cases.scenes import in_state, reported
from tests.conftest import NOW
from tests.journeys.conftest import Enter, clock_at, enter, files_home, morning
from tests.personas import COUNTY, NEIGHBOUR, Scene

__all__ = ["clock_at", "enter", "files_home", "morning"]

LONG = "占用、堵塞、封闭疏散通道和安全出口，楼道堆放杂物，电动自行车进楼入户充电，影响安全通行"


def due(n: int = 1, **more: Any) -> ics.Due:
    told: dict[str, Any] = {
        "uid": f"case-{n}@211322.mulin", "sequence": n, "number": f"211322-00000000{n}", "matter": LONG,
        "at": NOW + timedelta(days=n), "url": f"https://mulin.example.cn/desk/cases/{n}/",
    }  # fmt: skip
    return ics.Due(**(told | more))


def events(raw: bytes) -> list[Any]:
    return list(Calendar.from_ical(raw).walk("VEVENT"))


# ── the file ─────


def test_lines_are_folded_in_octets_between_characters_and_end_with_crlf() -> None:
    raw = ics.written("睦邻到期", [due(), due(2)], now=NOW)
    assert raw.endswith(b"END:VCALENDAR\r\n") and raw.count(b"\n") == raw.count(b"\r\n")
    lines = raw.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75 and any(line.startswith(b" ") for line in lines)
    for line in lines:
        line.decode()  # no character is cut in two
    unfolded = raw.replace(b"\r\n ", b"").decode()
    assert f"SUMMARY:211322-000000001 {LONG}到期\r\n" in unfolded


def test_every_event_has_what_the_rfc_and_calendars_want() -> None:
    raw = ics.written("睦邻到期", [due(7)], now=NOW)
    calendar = Calendar.from_ical(raw)
    assert (calendar["VERSION"], calendar["METHOD"], calendar["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in raw and b"X-PUBLISHED-TTL:PT1H\r\n" in raw
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "睦邻到期"
    (event,) = events(raw)
    assert (event["UID"], event["SEQUENCE"]) == ("case-7@211322.mulin", 7)
    assert event["URL"] == "https://mulin.example.cn/desk/cases/7/" and event["TRANSP"] == "TRANSPARENT"
    assert event.start == NOW + timedelta(days=7) and event.duration > timedelta(0)
    assert re.search(rb"DTSTAMP:20260901T010000Z\r\n", raw), "a stamp is in UTC"
    alarms = list(event.walk("VALARM"))
    assert [one["TRIGGER"].dt for one in alarms] == [-timedelta(days=1), -timedelta(hours=1)]
    assert all(one["ACTION"] == "DISPLAY" and one["DESCRIPTION"] for one in alarms)


def test_times_are_of_china_and_the_zone_comes_along() -> None:
    raw = ics.written("x", [due(at=datetime(2026, 9, 2, 17, 30, tzinfo=CHINA))], now=NOW)
    assert b"DTSTART;TZID=Asia/Shanghai:20260902T173000\r\n" in raw
    (zone,) = Calendar.from_ical(raw).walk("VTIMEZONE")
    assert zone["TZID"] == "Asia/Shanghai"
    assert {part["TZOFFSETTO"].td for part in zone.subcomponents} == {timedelta(hours=8)}
    assert zone.to_tz().utcoffset(datetime(2026, 9, 2, 17, 30)) == timedelta(hours=8)


def test_an_empty_calendar_is_one_too_and_words_cannot_break_out() -> None:
    assert events(ics.written("x", [], now=NOW)) == []
    raw = ics.written("x", [due(matter="甲;乙,丙\\\r\nATTENDEE:mailto:x@y.z")], now=NOW)
    (event,) = events(raw)
    assert "ATTENDEE" not in event and event["SUMMARY"].startswith("211322-000000001 甲;乙,丙\\")
    assert "未定事项" in str(events(ics.written("x", [due(matter="")], now=NOW))[0]["SUMMARY"])


# ── who sees what ─────


def subscribed(browser: Client, whose: str = "mine") -> str:
    page = browser.post("/desk/dues/feed/", {"whose": whose}).content.decode()
    (url,) = re.findall(r"<code>http://testserver(/dues/[0-9A-Z-]+\.ics)</code>", page)
    return str(url)


def numbers(answer: Any) -> set[str]:
    return {str(one["SUMMARY"]).split()[0] for one in events(answer.content)}


def due_case(county: Scene, morning: datetime, **more: Any) -> Case:
    case, _receipt = in_state(county, morning - timedelta(hours=6), "in_hand", **more)
    Case.objects.filter(pk=case.pk).update(due_at=morning + timedelta(days=2), step_due_at=morning)
    return Case.objects.get(pk=case.pk)


def test_a_feed_shows_what_its_person_has_in_hand_and_forgets_what_is_done(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    case = due_case(county, morning, text="王秀英家门口路灯坏了，电话13812345678")
    url = subscribed(enter("grid_worker"))
    stranger = Client()
    answer = stranger.get(url)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer["Cache-Control"] and not answer.cookies
    (event,) = events(answer.content)
    assert event["UID"] == f"case-{case.id}@211322.mulin" and event["SEQUENCE"] == case.version
    assert event.start == case.due_at and str(event["SUMMARY"]) == f"{case.number} 未定事项到期"
    assert event["URL"] == f"http://testserver/desk/cases/{case.id}/"
    assert "王秀英" not in answer.content.decode() and "13812345678" not in answer.content.decode()
    assert numbers(stranger.get(subscribed(enter("other_grid_worker")))) == set()
    cases.dispose(case=case.id, result="修好了", by=county.grid_worker, now=morning, version=None)
    assert numbers(stranger.get(url)) == set()


def test_a_calendar_that_knows_it_already_is_told_so(county: Scene, morning: datetime, enter: Enter) -> None:
    case, url, program = due_case(county, morning), subscribed(enter("grid_worker")), Client()
    mark = program.get(url)["ETag"]
    again = program.get(url, headers={"if-none-match": mark})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == mark
    cases.reply(case=case.id, text="下午去", way="phone", by=county.grid_worker, now=morning, version=None)
    fresh = program.get(url, headers={"if-none-match": mark})
    assert fresh.status_code == 200 and fresh["ETag"] != mark
    assert events(fresh.content)[0]["SEQUENCE"] == case.version + 1


def test_the_unit_sees_its_own_and_all_sees_what_the_desk_sees(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    case = due_case(county, morning)
    for who, whose, seen in (
        ("community_clerk", "", True), ("other_clerk", "", False), ("grid_worker", "unit", True),
    ):  # fmt: skip
        assert (case.number in numbers(Client().get(subscribed(enter(who), whose)))) is seen, who


@pytest.mark.parametrize("end", ["grant", "account", "ended", "replaced"])
def test_the_feed_ends_with_the_role_the_account_or_its_address(
    end: str, county: Scene, morning: datetime, enter: Enter
) -> None:
    due_case(county, morning)
    worker = enter("grid_worker")
    url = subscribed(worker)
    assert Client().get(url).status_code == 200
    if end == "grant":
        Grant.objects.filter(person=county.persons["grid_worker"]).update(ended_on=morning.date())
    elif end == "account":
        Account.objects.filter(pk=county.accounts["grid_worker"].pk).update(is_active=False)
    elif end == "ended":
        assert "已停用" in worker.post("/desk/dues/feed/end/", follow=True).content.decode()
        assert worker.post("/desk/dues/feed/end/").status_code == 404
    else:
        assert subscribed(worker) != url
    answer = Client().get(url)
    assert answer.status_code == 404 and "不能用了" in answer.content.decode()


def test_the_address_is_told_once_and_lies_hashed(county: Scene, morning: datetime, enter: Enter) -> None:
    worker = enter("grid_worker")
    assert "开通：" in worker.get("/desk/dues/?whose=mine").content.decode()
    answer = worker.post("/desk/dues/feed/", {"whose": "mine"})
    page = answer.content.decode()
    key = re.findall(r"/dues/([0-9A-Z-]+)\.ics", page)[0]
    assert "no-store" in answer["Cache-Control"] and f"webcal://testserver/dues/{key}.ics" in page
    row = DuesFeed.objects.get()
    assert key not in str(vars(row)) and row.whose == "mine" and row.read_at is None
    assert key not in str(list(apps.get_model("trail.AuditEntry").objects.values()))
    shown = worker.get("/desk/dues/").content.decode()
    assert key not in shown and "还没有日历来取过" in shown
    Client().get(f"/dues/{key}.ics")
    assert "日历最近一次来取" in worker.get("/desk/dues/").content.decode()


def test_wrong_and_foreign_keys_open_nothing_and_are_counted(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    program = Client()
    for key in ("x", "211322-", token(COUNTY), token(NEIGHBOUR), token(999999), "１" * 60):
        assert program.get(f"/dues/{key}.ics").status_code == 404, key
    url = subscribed(enter("grid_worker"))
    answers = [program.get(url).status_code for _n in range(feeds.READS + 1)]
    assert answers == [200] * feeds.READS + [429]
    refused = program.get(url)
    assert int(refused["Retry-After"]) > 0
    answers = [program.get(f"/dues/{token(COUNTY)}.ics").status_code for _n in range(feeds.WRONG)]
    assert answers[0] == 404 and answers[-1] == 429
    assert program.post(url).status_code == 405


def test_a_file_for_once(county: Scene, morning: datetime, enter: Enter) -> None:
    case = due_case(county, morning)
    answer = enter("grid_worker").get("/desk/dues.ics?whose=mine")
    assert answer["Content-Disposition"] == 'attachment; filename="dues.ics"'
    assert numbers(answer) == {case.number} and "no-store" in answer["Cache-Control"]
    assert enter("resident").get("/desk/dues.ics").status_code == 404


def test_residents_have_no_feed_and_erasure_takes_it(county: Scene, morning: datetime) -> None:
    with pytest.raises(NotAllowed):
        feeds.make_feed(whose="mine", by=county.resident, now=morning)
    with pytest.raises(NotFound):
        feeds.end_feed(by=county.grid_worker, now=morning)
    _row, key = feeds.make_feed(whose="nonsense", by=county.grid_worker, now=morning)
    assert feeds.read_feed(key=key, address="::1", now=morning)[0].whose == ""
    person = county.grid_worker.person
    assert person is not None
    told = dues.export_feed(person)["dues_feed"]
    assert datetime.fromisoformat(told["made_at"]) == morning and told["read_at"] and key not in str(told)
    assert feeds.erase_feeds(person=person, by=county.admin, now=morning) == {"cases_duesfeed": 1}
    assert dues.export_feed(person) == {}
    with pytest.raises(Refused):
        feeds.read_feed(key=key, address="::1", now=morning)


def test_what_was_late_for_two_months_no_longer_fills_the_calendar(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    case = due_case(county, morning)
    reported(county, morning)
    url = subscribed(enter("grid_worker"))
    for days, seen in ((59, True), (61, False)):
        Case.objects.filter(pk=case.pk).update(due_at=morning - timedelta(days=days), step_due_at=None)
        assert (case.number in numbers(Client().get(url))) is seen
