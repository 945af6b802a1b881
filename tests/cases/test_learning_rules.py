"""What suggestions look at in a text, what they learn, when they say that they do not know; and when two reports are likely
to be about one matter."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mulin.services.cases.rules import alike, box_around, likeness, metres_between
from mulin.services.cases.rules.learning import (
    LEAST_VOICES,
    SURE,
    Lesson,
    Text,
    TooLittle,
    kinship,
    learn,
)
from mulin.services.cases.rules.near import LIKELY, MARGIN, OUT_OF_REACH, SHEET, drawn
from mulin.services.cases.rules.pieces import joined, masked, pieces, tells

LIGHT = "路灯不亮|路灯坏了|街上黑，灯都灭了|灯杆倒了|晚上没有路灯|桥上的灯不亮|路灯闪|灯泡坏了看不见路|灯不亮好几天|路灯杆漏电"
WASTE = "垃圾没人清|垃圾成堆|垃圾桶满了|路边垃圾发臭|苍蝇多，垃圾不清|清运车不来|垃圾箱坏了|满地垃圾|垃圾点太脏|臭味太大"
WATER = "楼上漏水|卫生间渗水|顶棚泡了|漏水把墙泡了|渗水发霉|楼上返水|水从天花板滴下来|漏水没人修|阳台渗水|漏到楼下"
OURS = [
    Text(words, kind)
    for kind, told in (("light", LIGHT), ("waste", WASTE), ("water", WATER))
    for words in told.split("|")
]


# ── pieces ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_and_letters_leave_no_piece() -> None:
    found = pieces("我的电话13812345678，车牌辽N12345，微信abc_1，路灯坏了")
    assert {"路灯", "灯坏"} <= found.keys()
    assert not any(any(letter.isascii() for letter in piece) for piece in found)
    assert pieces("幺三八幺二三四五六七八") == {} and pieces("") == {} and pieces("12 abc！") == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("找王秀英女士问", "王秀"), ("李师傅没来", "李师"), ("老张家的狗", "张家"), ("我叫赵小明，住三楼", "赵小"),
        ("联系人刘洋，白天在", "刘洋"), ("楼长孙大爷说的", "孙大"), ("小周昨天来过", "周昨"),
    ],
)  # fmt: skip
def test_what_reads_like_a_name_leaves_no_piece(text: str, name: str) -> None:
    assert name in text and name not in pieces(text)


def test_streets_that_sound_like_names_stay() -> None:
    assert "马路" in pieces("老马路上有坑") and "高层" in pieces("小高层的电梯")
    assert masked("全角１２３") == "全角123"


def test_pairs_are_joined_to_the_words_in_the_text() -> None:
    assert joined("东门路灯坏了，路灯坏了", frozenset({"路灯", "灯坏"})) == ("路灯坏",)
    assert joined("路灯。灯坏", frozenset({"路灯", "灯坏"})) == ("路灯", "灯坏")
    assert joined("没有", frozenset()) == () and not tells("的灯") and not tells("灯") and tells("路灯")


# ── learning ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_texts_teach_the_same_in_whatever_order() -> None:
    mixed = list(OURS)
    random.Random(3).shuffle(mixed)
    assert learn(OURS).as_bytes() == learn(mixed).as_bytes()
    assert learn(OURS).as_bytes() != learn(OURS[1:]).as_bytes()


def test_what_is_kept_is_what_was_learned() -> None:
    made = learn(OURS)
    again = Lesson.from_bytes(made.as_bytes())
    assert (again.pieces, again.labels, again.scale, again.kept) == (
        made.pieces,
        made.labels,
        made.scale,
        made.kept,
    )
    for text in ("路灯不亮了", "什么都不知道"):
        assert np.allclose(again.shares(text), made.shares(text), atol=0.02)
    assert again.as_bytes() == made.as_bytes()


def test_a_guess_names_the_words_that_spoke_for_it() -> None:
    made = learn(OURS)
    first, *_others = made.guesses("小区门口的路灯不亮好几天了")
    assert first.label == "light" and first.share > 0.5 and "路灯" in "".join(first.why)
    assert all(word in "小区门口的路灯不亮好几天了" for word in first.why)
    assert made.guesses("垃圾堆在门口")[0].label == "waste"
    assert len(made.guesses("垃圾和路灯和漏水")) <= 3


def test_what_the_words_do_not_say_is_not_guessed() -> None:
    made = learn(OURS)
    for text in ("", "abc 123", "今年粮食收购价多少", "！！！"):
        assert made.guesses(text) == []
    assert made.guesses("路灯不亮", among=["waste"]) == []
    assert float(made.shares("abc").max()) == pytest.approx(1 / 3)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_is_said_shares_are_shares(text: str) -> None:
    shares = LEARNED.shares(text)
    assert float(shares.sum()) == pytest.approx(1, abs=1e-4) and float(shares.min()) >= 0
    found = LEARNED.guesses(text)
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)
    assert not found or found[0].share >= SURE


def test_what_few_voices_said_is_not_learned() -> None:
    def told(voices: int) -> Lesson:
        said = [Text(f"{words}翡翠", "light", f"v{n % voices}") for n, words in enumerate(LIGHT.split("|"))]
        return learn([*OURS, *said])

    assert "翡翠" in told(LEAST_VOICES).pieces
    assert not {"翡翠", "翡", "翠"} & set(told(LEAST_VOICES - 1).pieces)


def test_too_little_is_said() -> None:
    for few in ([], OURS[:3], [one for one in OURS * 3 if one.label == "light"]):
        with pytest.raises(TooLittle):
            learn(few)
    with pytest.raises(TooLittle):
        learn([Text(f"{n}", f"{n % 2}") for n in range(40)])


def test_a_list_teaches_but_does_not_tell_how_sure_a_guess_is() -> None:
    listed = [Text("路灯路灯路灯", "light", spoken=False), Text("垃圾垃圾垃圾", "waste", spoken=False)]
    assert learn([*OURS, *listed]).kept[0] <= 1 and "路灯" in learn([*OURS, *listed]).pieces
    only = [Text(one.words, one.label, spoken=False) for one in OURS]
    assert learn(only).kept == learn(OURS).kept


# ── likeness ─────────────────────────────────────────────────────────────────────────────────────────────────────────

LEARNED = learn(OURS)


def score(one: str, other: str, metres: float, hours: float) -> float:
    told = [{guess.label: guess.share for guess in LEARNED.guesses(text)} for text in (one, other)]
    return likeness(metres, hours, alike(one, other), kinship(*told)[0]).score


def test_other_words_near_match_and_the_same_words_far_away_do_not() -> None:
    one, other = "路灯不亮，走夜路害怕", "这条街的灯都灭了，黑得很"
    assert alike(one, other) < 0.1
    assert score(one, other, 80, 3) >= LIKELY
    assert score(one, one, 3_000, 1) == 0
    assert score(one, "垃圾成堆发臭", 10, 1) < LIKELY
    assert score(one, other, 80, 24 * 40) < LIKELY


SHARE = st.floats(0, 1)


@given(st.floats(0, 5_000), st.floats(0, 1_000), SHARE, SHARE, st.floats(0, 500), st.floats(0, 100))
def test_farther_later_and_less_alike_is_never_likelier(
    metres: float, hours: float, words: float, topic: float, more: float, later: float
) -> None:
    here = likeness(metres, hours, words, topic)
    assert 0 <= here.score <= 1 and here == likeness(metres, -hours, words, topic)
    assert likeness(metres + more, hours, words, topic).score <= here.score + 1e-12
    assert likeness(metres, hours + later, words, topic).score <= here.score + 1e-12
    assert likeness(metres, hours, words / 2, topic).score <= here.score + 1e-12
    assert likeness(metres, hours, words, topic / 2).score <= here.score + 1e-12
    assert likeness(metres, hours, words, None).score <= here.score + 1e-12
    assert metres <= OUT_OF_REACH or here.score == 0


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(0, 360), st.floats(0, 999))
def test_a_box_holds_everything_around(lon: float, lat: float, turn: float, metres: float) -> None:
    east, north = np.cos(np.radians(turn)) * metres, np.sin(np.radians(turn)) * metres
    spot = lon + np.degrees(east / 6_371_000 / np.cos(np.radians(lat))), lat + np.degrees(north / 6_371_000)
    west, south, last, top = box_around(lon, lat, 1_000)
    if metres_between((lon, lat), spot) <= 1_000:
        assert west <= spot[0] <= last and south <= spot[1] <= top
    assert metres_between((lon, south), (lon, top)) <= 2_002


@given(st.floats(119, 120), st.floats(41, 42), st.floats(-0.05, 0.05), st.floats(-0.05, 0.05))
def test_two_spots_lie_on_the_sheet_as_they_lie_on_the_ground(
    lon: float, lat: float, east: float, north: float
) -> None:
    this, other, bar, metres = drawn((lon, lat), (lon + east, lat + north))
    for x, y in (this, other):
        assert MARGIN - 0.1 <= x <= SHEET[0] - MARGIN + 0.1 and MARGIN - 0.1 <= y <= SHEET[1] - MARGIN + 0.1
    assert (other[0] >= this[0]) == (east >= 0) or abs(east) < 1e-9
    assert (other[1] <= this[1]) == (north >= 0) or abs(north) < 1e-9
    apart, true = (
        np.hypot(other[0] - this[0], other[1] - this[1]),
        metres_between((lon, lat), (lon + east, lat + north)),
    )
    assert apart / bar * metres == pytest.approx(true, rel=0.02, abs=1)


def test_kinship_counts_what_both_may_be() -> None:
    assert kinship({"a": 0.6, "b": 0.3}, {"a": 0.5, "c": 0.5}) == (pytest.approx(0.3**0.5), "a")
    assert kinship({}, {"a": 1.0}) == (0.0, "") and kinship({"a": 1.0}, {"a": 1.0}) == (1.0, "a")
