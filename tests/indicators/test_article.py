"""The article's figures: every one is there, those with a service are computed, the others say so."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import translation

from mulin.readers.indicators.queries import compared, figures
from mulin.readers.indicators.queries.article import COUNTED
from mulin.readers.indicators.rules import INDICATORS
from mulin.readers.indicators.rules.article import CLAIMS, Y2024
from tests.indicators.test_figures import case
from tests.indicators.test_sets import JULY, at
from tests.journeys.conftest import Enter
from tests.journeys.steps import text_of
from tests.personas import COUNTY, Scene

__all__ = ["Enter"]


def test_every_code_is_an_indicator_or_counted_elsewhere() -> None:
    assert {claim.code for claim in CLAIMS if claim.code} <= set(INDICATORS) | set(COUNTED)
    assert len({(claim.row, claim.words) for claim in CLAIMS}) == len(CLAIMS)


def test_a_claim_is_computed_over_its_own_window(county: Scene) -> None:
    case(wait=12)
    case(at(1, 10).replace(year=2023), wait=50)  # before the article's day
    told = {one.claim.code: one for one in compared(at(6, 30)) if one.claim.code}
    median = told["response_hours_median"]
    assert (median.status, median.value, median.rows, median.of, median.start) == (
        "computed",
        12.0,
        1,
        1,
        Y2024,
    )
    (same,) = figures(Y2024, JULY, only=["response_hours_median"], now=at(6, 30))
    assert same.value == median.value
    assert (told["professional_teams"].status, told["professional_teams"].rows) == ("nothing_yet", 0)
    assert {one.status for one in compared(at(6, 30)) if not one.claim.code} == {"not_yet"}


def test_the_command_says_it_in_json_and_in_words(county: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from mulin.readers.demo.management.commands import demo

    monkeypatch.setattr(demo, "make_example", lambda **_told: type("Made", (), {"cases": 0, "fresh": False}))
    case(wait=12)
    out = io.StringIO()
    call_command("demo", check=True, format="json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    assert (told["county"], len(told["figures"])) == (COUNTY, len(CLAIMS))
    keys = {"row", "words", "article", "unit", "code", "status", "value", "rows", "of", "from"}
    assert all(keys <= set(one) for one in told["figures"])
    assert {one["status"] for one in told["figures"]} <= {"computed", "nothing_yet", "not_yet"}
    out = io.StringIO()
    call_command("demo", check=True, stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == len(CLAIMS) + 1
    assert sum("还不能算" in line for line in lines) == sum(
        one["status"] == "not_yet" for one in told["figures"]
    )


def test_the_page_is_everybodys_in_the_example_county_and_opens_rows_for_staff(
    county: Scene, enter: Enter
) -> None:
    case(wait=12)
    page = text_of(enter("stranger").get("/about/figures/"))
    assert "诉求响应时间缩短至" in page and "/desk/figures/" not in page
    shown = text_of(enter("leader").get("/about/figures/"))
    assert "/desk/figures/response_hours_median/?" in shown


def test_an_english_reader_reads_english() -> None:
    with translation.override("en"):
        for one in CLAIMS:
            assert not re.search(r"[\u4e00-\u9fff]", f"{one.words} {one.unit_words}"), one.words
    assert {one.unit_words for one in CLAIMS if one.row == 22} == {"个"}


def test_in_a_real_county_it_is_for_readers_of_figures(
    county: Scene, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mulin.readers.indicators.views import article

    monkeypatch.setattr(article, "_example", lambda _request: False)
    for who in ("stranger", "resident", "merchant"):
        assert enter(who).get("/about/figures/").status_code in (403, 404), who
    assert enter("leader").get("/about/figures/").status_code == 200
