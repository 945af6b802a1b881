"""Who is let in at a door, and what the others are told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mulin.kernel.actor import Actor, Held, visitor
from mulin.kernel.doors import admitted, asking
from mulin.kernel.errors import NotAllowed, NotFound

CLERK = Actor(county=211322, held=(Held("community_clerk", "/001/003/", None),))


def door(actor: Actor) -> Any:
    return SimpleNamespace(actor=actor)


def test_whoever_may_comes_in_and_others_on_duty_are_told_why_not() -> None:
    assert asking(door(CLERK)) is CLERK
    assert admitted(door(CLERK), lambda one: one.holds("community_clerk"), "不由您办") is CLERK
    with pytest.raises(NotAllowed, match="不由您办"):
        admitted(door(CLERK), lambda _one: False, "不由您办")


def test_whoever_has_no_duty_learns_nothing() -> None:
    assert CLERK.on_duty and not visitor(211322).on_duty
    with pytest.raises(NotFound, match="没有这个页面"):
        admitted(door(visitor(211322)), lambda _one: False, "不由您办")
    with pytest.raises(NotFound, match="在“我的”里"):
        admitted(door(visitor(211322)), lambda _one: False, "不由您办", nobody="您报的事在“我的”里看得到。")
