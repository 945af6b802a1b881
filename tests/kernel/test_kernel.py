"""Ids, secrets, clock, actor and paging: pure."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from mulin.kernel import clock, ids, secrets
from mulin.kernel.actor import Actor, Held, system, visitor
from mulin.kernel.console import progress_line
from mulin.kernel.county import (
    ALL,
    NoCounty,
    all_counties,
    county_scope,
    current_county,
    default_county,
    scope,
)


def test_a_public_number_routes_to_its_county_and_survives_a_telephone_call() -> None:
    number = ids.public_number(211322)
    assert ids.read_public(number) == (211322, number)
    assert ids.read_public(f"  {number.lower().replace('-', ' ')} ") == (211322, number)
    full_width = "".join(chr(ord(char) + 0xFEE0) if char != "-" else "－" for char in number)
    assert ids.read_public(full_width) == (211322, number)
    assert ids.read_public(number.replace("0", "O").replace("1", "I")) == (211322, number)
    assert not ids.is_token(number)


@given(st.integers(0, 7), st.sampled_from(ids.ALPHABET[1:31]))
def test_one_wrong_character_is_noticed(place: int, wrong: str) -> None:
    body = "7K3M9Q2T"
    number = f"211322-{body}{ids.check_character(211322, body)}"
    changed = body[:place] + wrong + body[place + 1 :]
    expected = number if wrong == body[place] else None
    found = ids.read_public(f"211322-{changed}{number[-1]}")
    assert (found[1] if found else None) == expected


def test_two_neighbours_swapped_are_noticed() -> None:
    number = f"211322-7K3M9Q2T{ids.check_character(211322, '7K3M9Q2T')}"
    assert ids.read_public("211322-K73M9Q2T" + number[-1]) is None
    assert ids.read_public("213122-7K3M9Q2T" + number[-1]) is None


@pytest.mark.parametrize(
    "text", ["", "211322", "211322-", "abc", "211322-7K3M9Q2", "二一一", "211322-7K3M9Q2TXX", "1" * 500]
)
def test_what_cannot_be_a_number_is_none(text: str) -> None:
    assert ids.read_public(text) is None


def test_tokens_are_long_and_never_repeat() -> None:
    tokens = {ids.token(211322) for _ in range(500)}
    assert len(tokens) == 500
    assert all(ids.is_token(ids.read_public(token)[1]) for token in tokens)  # type: ignore[index]


def test_ids_sort_by_time() -> None:
    drawn = [ids.uuid7() for _ in range(100)]
    assert drawn == sorted(drawn)


def test_encryption_binds_a_value_to_its_field() -> None:
    sealed = secrets.encrypt("13800138000", bound_to="person.phone")
    assert "13800138000" not in sealed
    assert sealed != secrets.encrypt("13800138000", bound_to="person.phone")
    assert secrets.decrypt(sealed, bound_to="person.phone") == "13800138000"
    with pytest.raises(InvalidTag):
        secrets.decrypt(sealed, bound_to="person.name")
    assert secrets.encrypt("") == secrets.decrypt("") == secrets.keyed_hash("") == ""
    with pytest.raises(ValueError, match="unknown cipher"):
        secrets.decrypt("zz:abc")


def test_the_hash_is_keyed_and_stable() -> None:
    import hashlib

    assert secrets.keyed_hash("13800138000") == secrets.keyed_hash("13800138000")
    assert secrets.keyed_hash("13800138000") != hashlib.sha256(b"13800138000").hexdigest()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("0421-7811234", "04217811234"),
        ("7811234", "7811234"),
        ("12345678901", ""),
        ("1380013800", ""),
        ("不想留", ""),
        ("", ""),
    ],
)
def test_phone_numbers_as_people_type_them(typed: str, meant: str) -> None:
    assert secrets.normal_phone(typed) == meant


def test_masking_shows_little() -> None:
    assert secrets.mask_phone("13800138000") == "138****8000"
    assert secrets.mask_phone("7811234") == "*****34"
    assert secrets.mask_name("王秀英") == "王**"
    assert secrets.mask_name("王") == "王*"
    assert secrets.mask_name("") == secrets.mask_phone("") == ""


def test_two_starters_agree_on_one_key_file(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from mulin.kernel.secrets import load_keys; print(load_keys(Path(sys.argv[1]))['field'])"
    home = tmp_path / "家 home"
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {starter.communicate()[0] for starter in starters}
    assert len(keys) == 1
    assert stat.S_IMODE(os.stat(home / "secret.json").st_mode) == 0o600
    assert set(json.loads((home / "secret.json").read_text())) == {"django", "field", "hash"}
    assert [path.name for path in home.iterdir()] == ["secret.json"]


def test_the_testers_clock_starts_where_told_and_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULIN_NOW", "2026-09-30T23:30")
    first = clock.now()
    assert timedelta(0) <= clock.now() - first < timedelta(seconds=5)
    assert timedelta(0) <= first - clock.parse("2026-09-30T23:30+08:00") < timedelta(hours=1)


def test_days_are_counted_in_china() -> None:
    assert clock.local_day(datetime(2026, 9, 30, 16, 0, tzinfo=UTC)) == date(2026, 10, 1)
    assert clock.day_start(date(2026, 10, 1)) == datetime(2026, 9, 30, 16, 0, tzinfo=UTC)


def test_an_actor_covers_what_lies_below_his_path() -> None:
    clerk = Actor(county=211322, held=(Held("community_clerk", "/001/003/"), Held("resident")))
    assert clerk.covers("/001/003/g1001/", "community_clerk")
    assert clerk.covers("/001/003/", "community_clerk")
    assert not clerk.covers("/001/", "community_clerk")
    assert not clerk.covers("/001/003/g1001/", "street_clerk")
    assert not clerk.covers("", "community_clerk")
    assert clerk.roles() == {"community_clerk", "resident"}
    assert clerk.anonymous and not system(211322, "tick").anonymous and visitor(211322).anonymous


def test_scopes_nest_and_close() -> None:
    assert default_county() is None
    with county_scope(211322):
        with county_scope(211321):
            assert current_county() == default_county() == 211321
        with all_counties():
            assert scope() is ALL and default_county() is None
            with pytest.raises(NoCounty):
                current_county()
        assert current_county() == 211322
    with pytest.raises(NoCounty):
        scope()
    with pytest.raises(NoCounty), county_scope("211322"):  # type: ignore[arg-type]
        pass


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_progress_line_is_gone_when_the_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with pytest.raises(KeyError), progress_line() as say:
        assert say is not None
        say("500")
        say("1000")
        raise KeyError
    assert shown.getvalue() == "\r\033[K500\r\033[K1000\r\033[K"


def test_in_a_pipe_there_is_no_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress_line() as say:
        assert say is None
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize("text", ["2019", "2019-02-30", "昨天", ""])
def test_what_is_no_day_is_said_in_words(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="2019-01-31"):
        clock.day(text)
    assert clock.day("2019-04-24") == date(2019, 4, 24)
