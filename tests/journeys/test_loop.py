"""The main job, by pages: reported on a phone, on the grid worker's list, disposed, told, rated, closed, counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from mulin.citus import partitions
from mulin.ground.territory import actions as territory
from mulin.ground.worklist import queries as work
from mulin.services.cases.models import Case, CaseStep
from tests.cases.scenes import in_state
from tests.files.pictures import encoded, exif, picture
from tests.journeys.conftest import Enter
from tests.journeys.steps import WORDS, asked, fields, press, send_report, text_of
from tests.personas import IN_GRID_A, IN_NO_GRID, Scene, square

ClockAt = Callable[[datetime], None]
PHONE = "13812345678"


def photo(**more: Any) -> Any:
    """A photo as a browser sends it."""
    kept = encoded(picture(320, 240), **more)
    kept.name = "photo.jpg"
    return kept


def the_case() -> Case:
    return Case.objects.get()


def title(page: str) -> str:
    return re.sub(r"\s+", " ", page[page.index("<title>") + 7 : page.index("</title>")]).strip()


# ── from end to end ─────


def test_a_matter_goes_all_the_way(
    county: Scene, morning: datetime, clock_at: ClockAt, enter: Enter, settings: Any
) -> None:
    settings.IDLE_MINUTES = 600  # one browser over the whole day
    visitor, worker = Client(enforce_csrf_checks=True), enter("grid_worker", enforce_csrf_checks=True)

    answer = send_report(visitor, phone=PHONE, name="王秀英", photos=photo())
    case, receipt = the_case(), urlsplit(answer["Location"]).path
    assert (answer.status_code, case.grid_path, case.state) == (302, "/001/003/g1001/", "reported")
    page = text_of(visitor.get(answer["Location"]))
    assert case.number in page and "下一步：网格员接单" in page
    assert PHONE not in page + answer["Location"] and "王秀英" not in page

    desk = worker.get("/desk/")
    assert desk.context["count"] == len(desk.context["rows"]) == work.count_for(county.grid_worker) == 1
    assert case.title in text_of(desk) and case.number in text_of(desk)
    assert enter("other_grid_worker").get("/desk/").context["count"] == 0

    clock_at(morning + timedelta(hours=1))
    assert press(worker, case.id, "take_up").status_code == 302
    clock_at(morning + timedelta(hours=2))
    assert press(worker, case.id, "reply", text="下午去修", way="phone").status_code == 302
    clock_at(morning + timedelta(hours=5))
    assert press(worker, case.id, "dispose", result="换了灯泡，亮了", photos=photo()).status_code == 302
    assert the_case().state == "disposed"

    # He left a telephone number and nothing else: a message cannot reach him, so somebody has to.
    waiting = [row["item"].kind for row in worker.get("/desk/").context["rows"]]
    assert waiting == ["call_or_visit"]
    assert press(enter("community_clerk"), case.id, "close").status_code == 409
    assert press(worker, case.id, "inform", outcome="reached").status_code == 302
    assert worker.get("/desk/").context["count"] == 0

    clock_at(morning + timedelta(hours=6))
    shown = text_of(visitor.get(receipt))
    assert "换了灯泡，亮了" in shown and "张工" not in shown
    photos = sorted(set(re.findall(r'(?:href|src)="(/files/[^"]+)"', shown)))
    assert photos and all(visitor.get(one.replace("&amp;", "&")).status_code == 200 for one in photos)
    rated = visitor.post(f"{receipt}rate/", fields(shown, action=f"{receipt}rate/") | {"score": "satisfied"})
    assert rated.status_code == 302
    assert the_case().state == "closed" and not work.of_subject("case", case.id).exists()

    done = list(CaseStep.objects.order_by("at", "id").values_list("action", flat=True))
    assert done == ["report", "take_up", "reply", "dispose", "inform", "rate", "close"]
    story = worker.get(f"/desk/cases/{case.id}/").context["story"].entries
    assert len(story) == len(done) and story[5].title == "反映人已评价：满意"
    assert [entry.who for entry in visitor.get(receipt).context["story"].entries][:3] == [
        "反映人",
        "网格员",
        "网格员",
    ]

    figures = {
        line["figure"].indicator.code: line["figure"]
        for line in enter("leader").get("/desk/figures/").context["lines"]
    }
    told = {code: figure.value for code, figure in figures.items()}
    assert (told["cases_reported"], told["cases_responded"], told["cases_closed"]) == (1, 1, 1)
    assert told["response_hours_median"] == pytest.approx(2.0, abs=0.01)
    rows = enter("leader").get("/desk/figures/cases_closed/").context["rows"]
    assert [row["case"].number for row in rows] == [case.number]


def test_a_signed_in_resident_is_told_in_the_app(county: Scene, morning: datetime, enter: Enter) -> None:
    resident, worker = enter("resident"), enter("grid_worker")
    send_report(resident)
    case = the_case()
    press(worker, case.id, "take_up")
    press(worker, case.id, "dispose", result="修好了")
    assert [row["item"].kind for row in worker.get("/desk/").context["rows"]] == []
    page = text_of(resident.get("/notices/"))
    assert case.number in page
    own = re.search(r'href="(/my-reports/[^"]+)"', page)
    assert own is not None
    there = resident.get(own[1])
    assert there.status_code == 302 and "修好了" in text_of(resident.get(there["Location"]))
    assert [row["case"].number for row in resident.get("/my-reports/").context["rows"]] == [case.number]
    assert enter("other_resident").get("/my-reports/").context["rows"] == []


def test_a_dissatisfied_reporter_keeps_it_open(county: Scene, morning: datetime, enter: Enter) -> None:
    visitor, worker, clerk = Client(), enter("grid_worker"), enter("community_clerk")
    receipt = urlsplit(send_report(visitor)["Location"]).path
    case = the_case()
    press(worker, case.id, "take_up")
    press(worker, case.id, "dispose", result="看过了")
    visitor.post(f"{receipt}rate/", {"score": "dissatisfied", "comment": "还是不亮"})
    assert the_case().state == "disposed"
    assert {row["item"].kind for row in clerk.get("/desk/").context["rows"]} == {"close", "dissatisfied"}
    assert press(clerk, case.id, "reopen", reason="还是不亮").status_code == 302
    assert [row["item"].kind for row in worker.get("/desk/").context["rows"]] == ["handle"]


# ── what is asked of the database ─────

BUDGETS = """
report            POST  13   a visitor, no photo, the first on a new map: grids and compounds, the case and its to-do
receipt           GET    5
progress          POST   4   by number and four digits
desk              GET   10
case              GET   18   everything about one case on one page
take_up           POST  16
reply             POST  15
dispose           POST  20   one photo
rate              POST  19   closes the case and every part in it
closed            GET   18   the same page at the end
list              GET   12   own views, and the names of who has each in hand
map               GET   11   names of who has each case in hand
points            GET    6
figures           GET   38   thirty figures of the month and of the one before: a statement for each base of rows
rows              GET   16   what moved since the month's end (five looks), and the places and units to choose from
mine              GET    7
notices           GET    7
"""
"""Statements besides BEGIN, COMMIT and SAVEPOINT. Of somebody signed in four are session, account, county and roles."""

BUDGET = {row.split()[0]: int(row.split()[2]) for row in BUDGETS.strip().splitlines()}


def within(name: str, found: Any) -> None:
    assert len(found) <= BUDGET[name], f"{name}: {len(found)} statements, not {BUDGET[name]}\n{found}"


def test_the_report_and_each_page_after_it_stay_within_their_budgets(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    visitor, worker = Client(), enter("grid_worker")
    worker.get("/desk/")
    said = fields(text_of(visitor.get("/report/"))) | {"text": WORDS, "phone": PHONE}
    said |= {"lon": str(IN_GRID_A[0]), "lat": str(IN_GRID_A[1])}
    seen = partitions.seen.statements
    with asked() as found:
        answer = visitor.post("/report/", said)
    within("report", found)
    assert not partitions.enabled() or partitions.seen.statements > seen
    case, receipt = the_case(), urlsplit(answer["Location"]).path
    here = f"/desk/cases/{case.id}/"

    def spend(name: str, client: Client, method: str, url: str, told: Any = None, status: int = 200) -> Any:
        with asked() as found:
            answer = client.post(url, told) if method == "POST" else client.get(url)
        assert answer.status_code == status, (name, answer.status_code)
        within(name, found)
        return answer

    spend("receipt", visitor, "GET", receipt)
    spend("progress", visitor, "POST", "/progress/", {"number": case.number, "digits": PHONE[-4:]}, 302)
    spend("desk", worker, "GET", "/desk/")
    spend("case", worker, "GET", here)
    for action, told in (
        ("take_up", {}),
        ("reply", {"text": "下午去", "way": "message"}),
        ("dispose", {"result": "好了", "photos": photo()}),
    ):
        version = {"version": str(the_case().version)}
        spend(action, worker, "POST", f"{here}{action}/", version | told, 302)
    spend("rate", visitor, "POST", f"{receipt}rate/", {"score": "satisfied"}, 302)
    spend("closed", worker, "GET", here)


LISTS = {
    "desk": ("community_clerk", "/desk/"),
    "list": ("community_clerk", "/desk/cases/"),
    "map": ("community_clerk", "/desk/map/"),
    "points": ("community_clerk", "/desk/map/cases.geojson"),
    "figures": ("leader", "/desk/figures/"),
    "rows": ("leader", "/desk/figures/cases_reported/"),
    "mine": ("resident", "/my-reports/"),
    "notices": ("resident", "/notices/"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_with_one_row_and_with_three(
    name: str, county: Scene, morning: datetime, enter: Enter
) -> None:
    who, url = LISTS[name]
    client, costs = enter(who), []
    for rows in (1, 1, 3):
        while Case.objects.count() < rows:
            in_state(county, morning - timedelta(hours=6), "disposed", by="resident")
        with asked() as found:
            assert client.get(url).status_code == 200
        costs.append(len(found))
    within(name, found)
    alone = name == "points"  # three in one spot are a number, and no case is fetched
    assert costs[2] == costs[1] or (alone and costs[2] < costs[1]), costs


# ── where it happened ─────


def test_outside_every_grid_it_is_screened_and_passed_down(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    send_report(Client(), at=IN_NO_GRID)
    case = the_case()
    assert case.grid_path == ""
    for who, kind, to in (
        ("county_clerk", "screen", f"d:{county.places['street'].id}"),
        ("street_clerk", "handle", f"d:{county.places['community'].id}"),
        ("community_clerk", "handle", f"g:{county.grids['a'].id}"),
    ):
        clerk = enter(who)
        rows = clerk.get("/desk/").context["rows"]
        assert [(row["item"].kind, row["item"].subject_id) for row in rows] == [(kind, case.id)], who
        assert press(clerk, case.id, "accept", to=to).status_code == 302, who
        assert clerk.get("/desk/").context["count"] == 0, who
    assert [row["item"].kind for row in enter("grid_worker").get("/desk/").context["rows"]] == ["handle"]


def test_a_community_without_a_grid_there_screens_it_itself(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    said = fields(text_of(Client().get("/report/"))) | {
        "text": WORDS,
        "place": str(county.places["community"].id),
    }
    Client().post("/report/", said)
    rows = enter("community_clerk").get("/desk/").context["rows"]
    assert [row["item"].kind for row in rows] == ["screen"]


@pytest.fixture
def outlined(county: Scene, morning: datetime) -> None:
    """The county has an outline: 119.5–120 E, 41.2–41.7 N."""
    territory.outline_division(
        division=county.places["root"], geometry=square(119.5, 41.2, 0.5), by=county.admin, now=morning
    )


def test_outside_the_county_it_is_kept_and_says_where_to_turn(
    outlined: None, county: Scene, enter: Enter
) -> None:
    visitor = Client()
    answer = send_report(visitor, at=(116.39, 39.91))
    page, case = text_of(visitor.get(answer["Location"])), the_case()
    assert answer.status_code == 302 and "这个位置不在本县" in page and "12345" in page
    clerk = enter("county_clerk")
    assert [row["item"].subject_id for row in clerk.get("/desk/").context["rows"]] == [case.id]
    assert "县外" in text_of(clerk.get("/desk/"))


def test_a_photo_tells_the_place_where_the_phone_does_not(county: Scene, morning: datetime) -> None:
    send_report(Client(), at=None, photos=photo(exif=exif(lon=IN_GRID_A[0], lat=IN_GRID_A[1])))
    assert the_case().grid_path == "/001/003/g1001/"


def test_without_scripts_a_place_is_picked_step_by_step(county: Scene, morning: datetime) -> None:
    visitor = Client(enforce_csrf_checks=True)
    said = fields(text_of(visitor.get("/report/"))) | {"text": WORDS, "phone": PHONE}
    chosen: list[str] = []
    for place in ("street", "community", "compound"):
        chosen.append(str(county.places[place].id))
        page = visitor.post("/report/", said | {"place": chosen, "go": "places"})
        assert page.status_code == 200 and not Case.objects.exists()
        assert (
            page.context["form"].initial["text"] == WORDS and page.context["form"].initial["phone"] == PHONE
        )
        said = fields(text_of(page)) | {"text": WORDS, "phone": PHONE}
    assert "双虹家园1号楼" in text_of(page)
    assert visitor.post("/report/", said | {"place": chosen}).status_code == 302
    case = the_case()
    assert (case.place_path, case.grid_path) == ("/001/003/C1/", "/001/003/g1001/")


# ── by staff ─────


def test_a_grid_worker_finds_and_fixes_at_once(county: Scene, morning: datetime, enter: Enter) -> None:
    worker = enter("grid_worker", enforce_csrf_checks=True)
    said = fields(text_of(worker.get("/desk/found-and-fixed/")))
    told = {
        "text": "井盖翘起",
        "result": "当场踩平",
        "lon": str(IN_GRID_A[0]),
        "lat": str(IN_GRID_A[1]),
        "photos": photo(),
    }
    answer = worker.post("/desk/found-and-fixed/", said | told)
    case = the_case()
    assert answer.status_code == 302 and (case.state, case.found_fixed, case.source) == (
        "closed",
        True,
        "patrol",
    )
    assert worker.get("/desk/").context["count"] == 0
    assert "当场踩平" in text_of(worker.get(answer["Location"]))


def test_staff_report_for_a_neighbour_and_he_gets_the_receipt(
    county: Scene, morning: datetime, enter: Enter
) -> None:
    clerk = enter("community_clerk", enforce_csrf_checks=True)
    said = fields(text_of(clerk.get("/desk/report/")))
    answer = clerk.post("/desk/report/", said | {"text": WORDS, "name": "王奶奶", "phone": PHONE})
    case = the_case()
    assert (case.source, case.place_path, case.reported_by_id) == ("staff", "/001/003/", None)
    page = text_of(clerk.get(answer["Location"]))
    assert case.number in page and "王奶奶" not in page
    found = Client().post("/progress/", {"number": case.number, "digits": PHONE[-4:]})
    assert found["Location"] == urlsplit(answer["Location"]).path


# ── in every dress ─────

PUBLIC = (
    "/",
    "/report/",
    "/progress/",
    "/emergency/",
    "/grid-worker/",
    "/open/",
    "/about/",
    "/call/",
    "/me/",
    "/preferences/",
)
DESK = (
    "/desk/", "/desk/cases/", "/desk/map/", "/desk/report/", "/desk/found-and-fixed/", "/desk/figures/",
    "/desk/figures/cases_closed/", "/desk/territory/", "/desk/people/", "/notices/", "/me/", "/me/export/", "/me/erase/",
)  # fmt: skip
OFFICE = (
    "/desk/access/", "/desk/trail/", "/desk/channels/", "/desk/people/add/", "/desk/people/units/add/",
    "/desk/territory/import/", "/desk/people/?view=units",
)  # fmt: skip
_CHINESE = re.compile(r"[\u3400-\u9fff]+")


def chinese_left(page: str, known: set[str]) -> set[str]:
    """Runs of Chinese in a page that no county's data explains."""
    plain = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    plain = re.sub(r"<[^>]*\blang=\"zh[^>]*>.*?</[^>]+>", " ", plain, flags=re.DOTALL)
    for word in sorted(known, key=len, reverse=True):
        plain = plain.replace(word, " ")
    return set(_CHINESE.findall(plain))


def known_words(county: Scene) -> set[str]:
    """Names of this county's places, people and matters, and of the languages themselves."""
    words = {
        "中文",
        "睦邻",
        "建平县",
        WORDS,
        WORDS.partition("。")[0],
        "换了灯泡，亮了。",
        "第一网格",
        "张敏",
        "王秀英",
    }
    words |= {one.name for kind in (county.places, county.grids, county.units) for one in kind.values()}
    words |= {f"{one}工" for one in "张刘陈周孙吴郑冯蒋沈何"}
    return words


@pytest.mark.parametrize("large", [False, True], ids=["standard", "large print"])
def test_every_page_speaks_english(large: bool, county: Scene, morning: datetime, enter: Enter) -> None:
    case, receipt = in_state(county, morning - timedelta(hours=8), "closed", by="resident", phone=PHONE)
    in_state(county, morning - timedelta(hours=8), "disposed", by="resident")
    here = (f"/r/{receipt}/", f"/r/{receipt}/rate/")
    walks = [
        ("stranger", (*PUBLIC, *here, "/accounts/login/")),
        ("resident", ("/my-reports/", "/notices/", "/me/")),
        ("grid_worker", (*DESK, f"/desk/cases/{case.id}/")),
        ("admin", OFFICE),
    ]
    left: dict[str, set[str]] = {}
    for who, pages in walks:
        client = enter(who)
        client.cookies["django_language"] = "en"
        if large:
            client.cookies["mulin_large"] = "1"
        for url in pages:
            answer = client.get(url)
            assert answer.status_code == 200, url
            page = text_of(answer)
            assert 'lang="en"' in page, url
            if found := chinese_left(page, known_words(county)):
                left[f"{who} {url}"] = found
    assert left == {}


@pytest.mark.parametrize("large", [False, True], ids=["standard", "large print"])
def test_every_page_opens_in_chinese_in_both_sizes(
    large: bool, county: Scene, morning: datetime, enter: Enter
) -> None:
    _case, receipt = in_state(county, morning - timedelta(hours=8), "disposed", phone=PHONE)
    for who, pages in (
        ("stranger", (*PUBLIC, f"/r/{receipt}/", f"/r/{receipt}/rate/")),
        ("grid_worker", DESK),
        ("admin", OFFICE),
    ):
        client = enter(who)
        if large:
            client.cookies["mulin_large"] = "1"
        for url in pages:
            answer = client.get(url)
            assert answer.status_code == 200, url
            assert 'lang="zh-Hans"' in text_of(answer) and title(text_of(answer)), url


def test_large_print_reports_question_by_question(county: Scene, morning: datetime) -> None:
    visitor = Client(enforce_csrf_checks=True)
    visitor.cookies["mulin_large"] = "1"
    page = visitor.get("/report/")
    answers = [
        {"text": WORDS},
        {"lon": str(IN_GRID_A[0]), "lat": str(IN_GRID_A[1])},
        {"place_text": "东门"},
        {"phone": PHONE},
    ]
    for step, told in enumerate(answers, start=1):
        assert page.context["step"] == step
        page = visitor.post("/report/", fields(text_of(page)) | told | {"go": "next"})
        assert page.status_code == 200
    sent = visitor.post("/report/", fields(text_of(page)) | {"photos": photo()})
    case = the_case()
    assert sent.status_code == 302
    assert (case.text, case.place_text, case.grid_path) == (WORDS, "东门", "/001/003/g1001/")
