"""Suggestions of a county: learned from its own cases by command, shown where somebody decides, silent where they do not know;
and reports that may be about one matter, named to staff as far as they may see them, to neighbours as far as they are shown."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mulin.kernel import clock
from mulin.kernel.actor import system
from mulin.kernel.county import county_scope
from mulin.kernel.errors import NotAllowed, Refused
from mulin.services.cases import actions
from mulin.services.cases.actions.learning import VERSIONS_KEPT
from mulin.services.cases.models import Case, CaseReporter, WordLesson
from mulin.services.cases.queries import lessons, merging
from mulin.services.cases.rules.learning import LEAST_VOICES
from tests.cases.catalogue import matter
from tests.cases.scenes import PHONE, browser, fresh, reported
from tests.personas import COUNTY, IN_GRID_A, NEIGHBOUR, Scene

KINDS = {
    "R01": ("路灯、街灯、灯杆、黑灯", "街路的路灯不亮、灯杆歪斜、灯罩掉落，晚上看不见路。"),
    "R02": ("垃圾、垃圾桶、清运、苍蝇", "路边垃圾成堆，垃圾桶满了没人清运，发臭招苍蝇。"),
    "R03": ("漏水、渗水、泡了、返水", "楼上漏水，卫生间渗水，把楼下的顶棚泡了。"),
    "R04": ("井盖、窨井、井口", "道路上的井盖缺失、破损、松动，窨井敞口。"),
    "R05": ("噪声、打麻将、吵、半夜", "邻居半夜打麻将、跳绳、放音响，吵得睡不着。"),
    "R06": ("欠薪、工钱、包工头、讨薪", "包工头拖欠工钱，干活的人讨薪要不到工资。"),
    "R07": ("低保、救助、困难、补助", "家里困难，申请低保、临时救助，补助停发。"),
}
LIGHT, DARK = "东门的路灯不亮，走夜路害怕", "这条街黑灯好几天，灯杆歪着，看不见路"
UNKNOWN = "嗯嗯好的谢谢"


@pytest.fixture
def kinds(county: Scene, now: datetime) -> dict[str, UUID]:
    """Seven matters in force: code → type."""
    return {
        code: matter(county, now, code, "grid", keywords=words, description=told)
        for code, (words, told) in KINDS.items()
    }


@pytest.fixture
def learned(county: Scene, now: datetime, kinds: dict[str, UUID]) -> dict[str, UUID]:
    actions.learn_matters(by=system(COUNTY, "test"), now=now)
    return kinds


def admitted(scene: Scene, now: datetime, kind: UUID, text: str, **more: Any) -> Case:
    case = reported(scene, now, text=text, **more).case
    return actions.accept(case=case, matter=kind, by=scene.community_clerk, now=now, version=None)


def east(metres: float) -> tuple[float, float]:
    """So far east of the point in grid A."""
    return IN_GRID_A[0] + metres / 83_400, IN_GRID_A[1]


# ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_county_learns_by_command(county: Scene, now: datetime, kinds: dict[str, UUID]) -> None:
    out = StringIO()
    call_command("train_suggestions", county=COUNTY, format="json", stdout=out)
    told = json.loads(out.getvalue())
    row = WordLesson.objects.get()
    assert (told["version"], told["cases"], told["digest"]) == (1, 0, row.digest) and len(
        bytes(row.content)
    ) < 200_000
    out = StringIO()
    call_command("train_suggestions", county=COUNTY, stdout=out)
    assert out.getvalue().startswith("第 1 版：学了本县 0 件案件。") and WordLesson.objects.count() == 1
    admitted(county, now, kinds["R01"], LIGHT)
    call_command("train_suggestions", county=COUNTY, stdout=StringIO())
    assert list(WordLesson.objects.order_by("number").values_list("number", "cases")) == [(1, 0), (2, 1)]
    deeds = apps.get_model("trail.AuditEntry").objects.filter(verb="case.learned")
    assert deeds.count() == 2


def test_too_little_is_one_clear_line(county: Scene, now: datetime) -> None:
    matter(county, now, "R01", "grid", keywords="路灯")
    with pytest.raises(Refused, match="可学的太少：2 段文字、1 类事项"):
        call_command("train_suggestions", county=COUNTY)
    with pytest.raises(CommandError, match="还没有开通"):
        call_command("train_suggestions", county=110101)
    assert not WordLesson.objects.exists()


def test_only_the_system_learns_and_few_versions_are_kept(
    county: Scene, now: datetime, kinds: dict[str, UUID]
) -> None:
    for who in ("county_clerk", "community_clerk", "resident", "stranger"):
        with pytest.raises(NotAllowed):
            actions.learn_matters(by=getattr(county, who), now=now)
    for n in range(VERSIONS_KEPT + 2):
        admitted(county, now, kinds["R01"], f"{LIGHT}{'又' * n}")
        actions.learn_matters(by=system(COUNTY, "test"), now=now)
    numbers = WordLesson.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [n + 3 for n in range(VERSIONS_KEPT)]


def test_it_learns_from_what_people_decided(county: Scene, now: datetime, kinds: dict[str, UUID]) -> None:
    for n in range(LEAST_VOICES):
        admitted(county, now, kinds["R04"], f"铁篦子翘起来了，第{n}回说了", phone=f"1391234567{n}")
    texts, cases = lessons.material()
    assert cases == LEAST_VOICES and len({one.voice for one in texts if one.voice}) == LEAST_VOICES
    actions.learn_matters(by=system(COUNTY, "test"), now=now)
    made = lessons.lesson()
    assert made is not None and "篦子" in made.pieces
    assert made.guesses("路口的铁篦子翘着")[0].label == str(kinds["R04"])


def test_what_one_person_says_is_not_learned_however_often(
    county: Scene, now: datetime, kinds: dict[str, UUID]
) -> None:
    for n in range(LEAST_VOICES + 2):
        admitted(county, now, kinds["R05"], f"欧阳家半夜吵，电话13912345678，第{n}回了", phone=PHONE)
    actions.learn_matters(by=system(COUNTY, "test"), now=now)
    made = lessons.lesson()
    assert made is not None
    assert not {"欧阳", "阳家", "欧"} & set(made.pieces)
    assert not any(letter.isascii() for piece in made.pieces for letter in piece)


def test_no_county_learns_from_another_or_is_advised_by_it(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    assert lessons.lesson() is not None
    with county_scope(NEIGHBOUR):
        assert lessons.lesson() is None and lessons.hints(LIGHT, []) is None
        with pytest.raises(Refused):
            actions.learn_matters(by=system(NEIGHBOUR, "test"), now=now)
    with county_scope(NEIGHBOUR):
        for code, (words, told) in KINDS.items():
            matter(county, now, code, "grid", keywords=words, description=told)
        actions.learn_matters(by=system(NEIGHBOUR, "test"), now=now)
        theirs = lessons.lesson()
    ours = lessons.lesson()
    assert theirs is not None and ours is not None and not set(theirs.labels) & set(ours.labels)


def test_a_process_reads_a_lesson_once_and_a_new_one_when_it_comes(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    costs = []
    for _try in range(3):
        with CaptureQueriesContext(connection) as caught:
            lessons.lesson()
        costs.append(len(caught))
    assert costs == [2, 1, 1]
    before = lessons.lesson()
    admitted(county, now, learned["R01"], LIGHT)
    actions.learn_matters(by=system(COUNTY, "test"), now=now)
    assert lessons.lesson() is not before


# ── shown where somebody decides ─────────────────────────────────────────────────────────────────────────────────────


def select_of(page: str, name: str) -> str:
    found = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    assert found, page
    return found[0]


def test_whoever_accepts_is_told_what_the_words_speak_for_and_decides(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = reported(county, now, text=LIGHT).case
    client = browser(county, "community_clerk")
    page = client.get(f"/desk/cases/{case.id}/?act=accept").content.decode()
    chosen = select_of(page, "matter")
    assert "看文字像是：事项R01（路灯" in page and "请您定。" in page
    first = re.search(r'<optgroup label="看文字像是">\s*<option value="([^"]+)">事项R01（', chosen)
    assert first and first[1] == str(learned["R01"])
    assert "selected" not in chosen.replace('<option value="" selected>', "")
    answer = client.post(
        f"/desk/cases/{case.id}/accept/", {"version": case.version, "matter": str(learned["R02"])}
    )
    row = fresh(case)
    assert (
        answer.status_code == 302 and row.matter is not None and row.matter.matter_type_id == learned["R02"]
    )
    page = client.get(f"/desk/cases/{case.id}/?act=reclassify").content.decode()
    assert '<optgroup label="看文字像是">' in select_of(page, "matter")


def test_what_the_words_do_not_say_is_not_guessed_and_said(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = reported(county, now, text=UNKNOWN).case
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/?act=accept").content.decode()
    assert "看文字说不准是哪一类，请您定。" in page and "看文字像是" not in page


def test_where_nothing_was_learned_nothing_is_said(
    county: Scene, now: datetime, kinds: dict[str, UUID]
) -> None:
    case = reported(county, now, text=LIGHT).case
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/?act=accept").content.decode()
    assert "看文字" not in page and "事项R01" in select_of(page, "matter")


def test_a_matter_that_is_no_longer_in_force_is_not_named(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    apps.get_model("catalogue.MatterVersion").objects.filter(matter_type=learned["R01"]).update(
        state="retired", retired_at=now
    )
    case = reported(county, now, text=LIGHT).case
    page = browser(county, "community_clerk").get(f"/desk/cases/{case.id}/?act=accept").content.decode()
    assert "事项R01" not in page


def test_whoever_writes_a_report_down_sees_both(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    known = reported(county, clock.now(), text=DARK).case
    client = browser(county, "community_clerk")
    said = {"text": LIGHT, "lon": str(east(80)[0]), "lat": str(east(80)[1])}
    with CaptureQueriesContext(connection) as caught:
        page = client.post("/desk/report/beside/", said).content.decode()
    assert "事项R01" in page and known.title in page and "相距约 80 米" in page and "都像是“事项R01”" in page
    assert len([one for one in caught if "SAVEPOINT" not in one["sql"]]) <= 16
    page = client.post("/desk/report/beside/", {"text": UNKNOWN}).content.decode()
    assert "看文字说不准是哪一类" in page and known.title not in page
    assert (
        "看文字"
        not in client.post("/desk/report/beside/", {"text": "嗯", "lon": "x", "place": "y"}).content.decode()
    )
    assert (
        known.title not in browser(county, "other_clerk").post("/desk/report/beside/", said).content.decode()
    )
    assert browser(county, "resident").post("/desk/report/beside/", said).status_code == 404
    assert browser(county).post("/desk/report/beside/", said).status_code in (302, 404)
    assert client.get("/desk/report/beside/").status_code == 405


# ── likely the same ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_other_words_80_metres_and_3_hours_away_match_and_the_same_words_3_km_away_do_not(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = reported(county, now, text=LIGHT).case
    twin = reported(county, now + timedelta(hours=3), text=DARK, at=east(80)).case
    reported(county, now, text=LIGHT, at=(IN_GRID_A[0], IN_GRID_A[1] + 3_000 / 111_200))
    reported(county, now, text="垃圾成堆，苍蝇多", at=east(20))
    reported(county, now - timedelta(days=13), text=DARK, at=east(300))
    (found,) = merging.likely(county.county_clerk, case)
    assert (found.case.id, found.metres, found.hours, found.about, found.known) == (
        twin.id,
        80,
        3,
        "事项R01",
        False,
    )
    assert found.alike < 20 and found.score >= 25
    assert merging.likely(county.other_clerk, case) == []


def test_without_a_position_the_grid_or_the_community_stands_for_it(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = reported(county, now, text=LIGHT).case
    here = reported(county, now, text=LIGHT).case
    Case.objects.filter(pk=here.pk).update(lon=None, lat=None)
    (found,) = merging.likely(county.community_clerk, case)
    assert found.metres is None and found.case.id == here.id
    Case.objects.filter(pk=case.pk).update(lon=None, lat=None, grid_path="", place_path="/")
    assert merging.likely(county.county_clerk, fresh(case)) == []
    assert [one.case.id for one in merging.candidates(county.county_clerk, fresh(case))] == [here.id]


def test_what_clerks_said_is_another_matter_counts_less(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = admitted(county, now, learned["R01"], LIGHT)
    same, other = admitted(county, now, learned["R01"], DARK), admitted(county, now, learned["R02"], DARK)
    found = merging.candidates(county.community_clerk, case)
    assert [one.case.id for one in found] == [same.id, other.id]
    assert found[0].known and found[0].about == "事项R01" and found[0].likeness.likely
    assert found[1].about == "" and not found[1].likeness.likely


def test_the_case_page_names_it_and_the_comparison_says_why(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = reported(county, now, text=LIGHT).case
    twin = reported(county, now + timedelta(hours=3), text=DARK, at=east(80)).case
    client = browser(county, "community_clerk")
    with CaptureQueriesContext(connection) as caught:
        page = client.get(f"/desk/cases/{case.id}/").content.decode()
    assert len([one for one in caught if "SAVEPOINT" not in one["sql"]]) <= 32
    assert (
        "可能是同一件事" in page
        and twin.title in page
        and "相距约 80 米" in page
        and "上报相差 3 小时" in page
    )
    page = client.get(f"/desk/cases/{case.id}/merge/?with={twin.number}").content.decode()
    assert "都像是“事项R01”" in page and '<svg class="sketch"' in page and "用词" in page
    worker = browser(county, "grid_worker").get(f"/desk/cases/{case.id}/").content.decode()
    assert "可能是同一件事" not in worker
    assert (
        "可能是同一件事"
        not in browser(county, "community_clerk")
        .get(f"/desk/cases/{reported(county, now, text='垃圾成堆').case.id}/")
        .content.decode()
    )


# ── a resident ───────────────────────────────────────────────────────────────────────────────────────────────────────


def beside(
    scene: Scene, text: str = LIGHT, at: Any = IN_GRID_A, *, large: bool = False, who: str = ""
) -> str:
    client = browser(scene, who, large=large)
    said = {"text": text, "lon": str(at[0]), "lat": str(at[1])} if at else {"text": text}
    answer = client.post("/report/beside/", said)
    assert answer.status_code == 200
    return answer.content.decode().strip()


def test_a_neighbour_is_told_of_shown_matters_only_and_none_of_their_words(
    county: Scene, now: datetime, learned: dict[str, UUID], settings: Any
) -> None:
    case = admitted(county, clock.now(), learned["R01"], f"{DARK}，3号楼王秀英报的", place_text="3号楼东门")
    assert beside(county) == ""
    actions.share(case=case, by=county.community_clerk, now=clock.now(), version=None)
    page = beside(county)
    assert "市容环境" in page and "双虹社区" in page and "就是这件，我也遇到" in page
    for secret in (case.number, "黑灯", "灯杆", "3号楼", "王秀英", "事项R01", "米"):
        assert secret not in page
    assert beside(county, "垃圾成堆，苍蝇多") == "" and beside(county, UNKNOWN) == ""
    assert beside(county, at=None) == "" and beside(county, "灯") == ""
    assert beside(county, at=(IN_GRID_A[0] + 0.03, IN_GRID_A[1])) == ""
    large = beside(county, large=True)
    assert "市容环境" in large and "<button" not in large


def test_where_another_report_lies_cannot_be_found_out_by_trying(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = admitted(county, clock.now(), learned["R01"], DARK)
    actions.share(case=case, by=county.community_clerk, now=clock.now(), version=None)
    corner = (IN_GRID_A[0] // 0.002 * 0.002, IN_GRID_A[1] // 0.002 * 0.002)
    answers = set()
    for step in range(1, 10):
        spot = corner[0] + 0.0002 * step, corner[1] + 0.0001
        answers.add(re.sub(r"\s", "", beside(county, at=spot)) != "")
        Case.objects.filter(pk=case.pk).update(lon=corner[0] + 0.0002 * (10 - step))
        answers.add(re.sub(r"\s", "", beside(county, at=(corner[0] + 0.001, spot[1]))) != "")
    assert answers == {True}


def test_one_press_beside_the_form_counts_and_clears_the_draft(
    county: Scene, now: datetime, learned: dict[str, UUID]
) -> None:
    case = admitted(county, clock.now(), learned["R01"], DARK)
    actions.share(case=case, by=county.community_clerk, now=clock.now(), version=None)
    client = browser(county)
    answer = client.post(f"/me-too/{case.id}/", headers={"HX-Request": "true"})
    assert answer.status_code == 200 and answer["HX-Redirect"] == "/me-too/?met=1"
    assert fresh(case).supports == 1
    page = client.get("/me-too/?met=1").content.decode()
    assert 'data-draft-clear="report"' in page and "记下了，谢谢。" in page
    assert "data-draft-clear" not in client.get("/me-too/").content.decode()


def test_the_report_page_asks_while_it_is_written_and_sends_neither_name_nor_phone(county: Scene) -> None:
    for page in (browser(county).get("/report/"), browser(county, "community_clerk").get("/desk/report/")):
        told = page.content.decode()
        assert 'hx-params="csrfmiddlewaretoken,text,lon,lat,place"' in told and "beside/" in told
    assert CaseReporter.objects.count() == 0
