"""Any two letters that stand together are found, whichever way the search takes; nobody finds what he may not see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mulin.citus.indexes import CountyGin, county_letter
from mulin.kernel.county import county_scope
from mulin.services.cases import queries
from mulin.services.cases.actions.pairs import keep, mend
from mulin.services.cases.models import Case, CaseWords
from mulin.services.cases.queries import Filters, search
from mulin.services.cases.queries.search import candidates, lexemes
from tests.cases.scenes import browser, in_state, reported
from tests.personas import COUNTY, NEIGHBOUR, Scene

GRID_C = (119.685, 41.405)


def rewritten(case: Case, **said: str) -> None:
    """The case says something else now, and its words with it, as an act does it."""
    for name, value in said.items():
        setattr(case, name, value)
    case.save(update_fields=list(said))
    keep(cases=[case])


def found(scene: Scene, words: str, now: datetime, who: str = "leader", **more: Any) -> set[str]:
    page = queries.listing(scene.actors[who], Filters(q=words, **more), now)
    return {case.number for case in page.rows}


@pytest.fixture(params=["few", "many"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of searching: by the candidates' keys, and along the list where there are too many of them."""
    if request.param == "many":
        monkeypatch.setattr(search, "FEW", -1)
    return str(request.param)


def test_title_text_place_and_result_are_searched(county: Scene, now: datetime, way: str) -> None:
    case = reported(county, now, text="路灯坏了三天。晚上看不见路，Wi-Fi也没有。", place_text="东门口").case
    other = reported(county, now, text="井盖松动").case
    done, _receipt = in_state(county, now, "closed", text="楼道堆物")
    for words in ("路灯", "灯坏了三", "看不见", "东门", "门口", "wi-fi", "WI", "路灯 东门", "东门  看不见路"):
        assert found(county, words, now) == {case.number}, words
    assert found(county, "换了灯泡", now) == {done.number}
    assert found(county, "井盖松", now) == {other.number}
    for words in ("灯路", "路灯 井盖", "三天晚", "%", "_", "\\", "'", "' | '", "灯:*", "！！"):
        assert found(county, words, now) == set(), words
    assert found(county, "路灯", now, state="closed") == set()


def test_one_letter_is_enough_wherever_it_stands(county: Scene, now: datetime, way: str) -> None:
    case = reported(county, now, text="修 路 灯", place_text="桥").case
    for letter in "修路灯桥":
        assert found(county, letter, now) == {case.number}, letter
    assert found(county, "坏", now) == set()


def test_the_number_of_a_case_or_of_where_it_came_from_is_found(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    Case.objects.filter(pk=case.pk).update(external_no="GD-2019-0007")
    assert found(county, case.number.lower(), now) == found(county, "GD-2019-0007", now) == {case.number}
    assert found(county, "GD-2019", now) == set()


def test_nobody_finds_what_he_may_not_see(county: Scene, now: datetime, way: str) -> None:
    mine = reported(county, now, text="路灯不亮").case
    theirs = reported(county, now, text="路灯倒了", at=GRID_C).case
    assert found(county, "路灯", now) == {mine.number, theirs.number}
    assert (
        found(county, "路灯", now, "community_clerk")
        == found(county, "路灯", now, "grid_worker")
        == {mine.number}
    )
    assert found(county, "路灯", now, "other_clerk") == {theirs.number}
    assert found(county, "路灯", now, "department") == set()
    page = (
        browser(county, "community_clerk").get("/desk/cases/", {"q": "路灯", "count": "1"}).content.decode()
    )
    assert mine.number in page and theirs.number not in page and "共 1 条" in page
    assert found(county, theirs.number, now, "community_clerk") == set()


def test_another_county_is_never_searched(scene: Scene, now: datetime) -> None:
    with county_scope(COUNTY):
        reported(scene, now, text="路灯不亮")
        assert len(candidates("路灯") or []) == 1
    with county_scope(NEIGHBOUR):
        assert candidates("路灯") == [] and found(scene, "路灯", now, "neighbour_admin") == set()


def test_the_index_forgets_what_a_case_says_no_more(county: Scene, now: datetime) -> None:
    case = reported(county, now, text="王秀英家漏水").case
    assert candidates("秀英") == [case.pk]
    rewritten(case, title="***家漏水", text="***家漏水")
    assert candidates("秀英") == [] and candidates("漏水") == [case.pk]
    raw = CaseWords.objects.values_list("grams", flat=True).get()
    assert "秀" not in raw and "英" not in raw


def test_words_that_went_astray_are_mended_and_right_ones_left_alone(county: Scene, now: datetime) -> None:
    cases = [reported(county, now, text=f"路灯{n}号不亮").case for n in range(3)]
    assert mend() == (3, 0)
    CaseWords.objects.filter(pk=cases[0].pk).delete()
    Case.objects.filter(pk=cases[1].pk).update(text="井盖松动")
    assert candidates("灯0") == [] and candidates("井盖") == []
    seen: list[int] = []
    assert mend(progress=seen.append) == (3, 2) and seen == [3]
    assert candidates("灯0") == [cases[0].pk] and candidates("井盖") == [cases[1].pk]
    assert mend() == (3, 0)


def test_every_pair_in_the_index_begins_with_its_county(county: Scene, now: datetime) -> None:
    reported(county, now, text="It's a\\b 'quoted' 路灯")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unnest(tsvector_to_array(grams)) FROM cases_casewords WHERE county_id = %s", [COUNTY]
        )
        kept = {row[0] for row in cursor.fetchall()}
    assert kept and {pair[0] for pair in kept} == {county_letter(COUNTY)}
    assert set(lexemes("路灯 quoted", COUNTY)) <= kept
    assert lexemes("路", COUNTY) == {f"{county_letter(COUNTY)}路": True}
    with pytest.raises(ValueError, match="county"):
        CountyGin(fields=["grams"], name="wrong").create_sql(CaseWords, None)


LETTERS = st.text(st.sampled_from("路灯不亮坏了 ，。'\\&|!:*()<>%_Ab3号\n"), min_size=1, max_size=12)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(LETTERS, min_size=1, max_size=4), place=st.integers(0, 9), length=st.integers(1, 4))
def test_whatever_stands_in_a_case_is_found_in_it_and_nowhere_else(
    county: Scene, now: datetime, texts: list[str], place: int, length: int
) -> None:
    Case.objects.all().delete()
    cases = [reported(county, now, text="甲").case for _text in texts]
    for case, text in zip(cases, texts, strict=True):
        rewritten(case, title="", text=text, place_text="", result="")
    words = texts[0][place : place + length]
    if not words.strip():
        return
    expected = {
        case.number
        for case, text in zip(cases, texts, strict=True)
        if all(part.lower() in text.lower() for part in words.split())
    }
    assert found(county, words, now) == expected
    assert cases[0].number in expected


def test_a_search_costs_one_statement_more_than_the_list(county: Scene, now: datetime) -> None:
    reported(county, now)
    costs = []
    for by in (Filters(), Filters(q="路灯"), Filters(q="路灯 东门 三天")):
        with CaptureQueriesContext(connection) as caught:
            queries.listing(county.leader, by, now)
        costs.append(len(caught))
    assert costs == [1, 2, 2]


def test_words_of_very_long_texts_stay_within_what_an_index_row_holds(county: Scene, now: datetime) -> None:
    case = reported(county, now).case
    long = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(200_000))
    rewritten(case, title=long[:200], text=long, place_text=long[:200], result=long[::-1])
    assert found(county, long[9000:9006], now) == {case.number}
