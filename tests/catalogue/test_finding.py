"""What somebody means in the words he uses. No database."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.readers.demo.rules import catalogue as stories
from mulin.readers.demo.rules import matters
from mulin.services.catalogue.rules import keywords_of
from mulin.services.catalogue.rules.finding import Entry, find
from mulin.services.catalogue.rules.shipped import shipped

ENTRIES = [
    Entry(row["code"], row["name"], keywords_of(row["keywords"]), row["description"], row["code"])
    for row in shipped()
]
KEYS = {entry.key for entry in ENTRIES}


@pytest.mark.parametrize(
    ("said", "code", "word"),
    [
        ("楼上漏水把我家棚顶泡了", "JF01", "楼上漏水"),
        ("我家暖气不热，屋里才十五度", "WY02", "暖气"),
        ("包工头拖欠工资", "JF06", "包工头"),
        ("街上的路灯不亮", "SR07", "路灯不亮"),
        ("有人打老婆", "ZA10", "打老婆"),
        ("屋顶漏雨", "WY08", "屋顶漏雨"),
        ("wy08", "WY08", "WY08"),
        ("想开个证明", "XF02", "证明"),
        ("楼道灯坏了", "WY05", "楼道灯"),
        ("狗", "ZA04", "遛狗"),
    ],
)
def test_what_callers_say_leads_to_the_matter_and_says_by_which_word(said: str, code: str, word: str) -> None:
    best = find(said, ENTRIES)[0]
    assert best.key == code
    assert word in best.words


@pytest.mark.parametrize("said", ["", "  ", "的", "人", "1", "？？？", "qwerty", "请问一下我们现在怎么处理"])
def test_words_that_say_nothing_find_nothing(said: str) -> None:
    assert find(said, ENTRIES) == []


def test_a_word_that_stands_everywhere_tells_less_than_one_that_stands_once() -> None:
    entries = [Entry(1, "小区垃圾"), Entry(2, "小区停车"), Entry(3, "小区电梯")]
    assert find("小区电梯", entries)[0].key == 3


def test_the_shorter_of_two_words_said_is_not_given_as_a_second_reason() -> None:
    assert find("楼上漏水", ENTRIES)[0].words == ("楼上漏水",)


def test_most_stories_of_the_example_county_are_found_among_the_first_three() -> None:
    every = [one for rows in matters.MATTERS.values() for one in rows] + matters.FOUND + matters.ELSEWHERE
    hit = 0
    for one in every:
        said = f"{one.title}。{one.text.format_map(defaultdict(str))}"
        hit += stories.CODES[one.title] in [found.key for found in find(said, ENTRIES)[:3]]
    assert hit / len(every) > 0.9


@given(st.text(max_size=60))
def test_any_text_at_all_is_answered_in_order_and_without_doubles(said: str) -> None:
    found = find(said, ENTRIES, most=5)
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert len({one.key for one in found}) == len(found) <= 5
    assert {one.key for one in found} <= KEYS
