"""Points taken by merchants, pure: how, what became of it, which slips a person must look at. Rows 89–91."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

FLOOR: Final = 20
"""Points a day that one passbook gives a merchant without a network, unless its agreement says something else."""
MOST_FLOOR: Final = 200
SLIP_DAYS: Final = 7
"""A slip that reaches the house later is a person's to judge."""
COPY_KEPT: Final = timedelta(days=1)
"""So old may be the page on the phone that a slip was written on."""
JUDGE_DAYS: Final = 5
"""Working days within which a clerk judges a slip."""
LATE_WORDS: Final = _("离店里收分已经过了 %(days)d 天，系统不再自动记账，已留给社区工作人员核实。")


class How(TextChoices):
    CODE = "code", _("顾客手机上的码")
    PAPER = "paper", _("纸质存折")
    OFFLINE = "offline", _("没有网时收的")


class TakingState(TextChoices):
    TAKEN = "taken", _("已收")
    VOIDED = "voided", _("当天撤销")
    KEPT = "kept", _("等社区核实")
    DECLINED = "declined", _("核实后不付")


class Doubt(TextChoices):
    """Why a slip is a person's to judge."""

    LATE = "late", _("发来得太晚")
    FLOOR = "floor", _("超过离线限额")
    UNKNOWN = "unknown", _("存折编号或核对码对不上")
    NOT_AGREED = "not_agreed", _("当时没有离线收分的约定")
    OWN = "own", _("是收分的人自己或家里的存折")
    LEFT = "left", _("收分的人已经不在店里做事")


DOUBT_WORDS: Final[Mapping[str, Any]] = {
    Doubt.LATE: LATE_WORDS,
    Doubt.FLOOR: _("这本存折当天在店里离线收的超过了 %(floor)d 分，已留给社区工作人员核实。"),
    Doubt.UNKNOWN: _("存折编号或核对码对不上，已留给社区工作人员核实。"),
    Doubt.NOT_AGREED: _("那天本店没有离线收分的约定，已留给社区工作人员核实。"),
    Doubt.LEFT: _("您现在不在这家店做事了，您在店里时收的这一笔已留给社区工作人员核实。"),
    Doubt.OWN: _("不能收自己和家里的存折，已留给社区工作人员核实。"),
}
"""What the phone reads of a slip that was kept for a person."""


def when_done(said: datetime | None, *, now: datetime) -> datetime:
    """The phone's moment; the server's where it says none or one that has not come yet."""
    return said if said is not None and said <= now else now


def too_late(done: datetime, *, now: datetime) -> bool:
    """Whether a slip comes later than SLIP_DAYS."""
    return now - done > timedelta(days=SLIP_DAYS)


def taken_lines(lines: Iterable[tuple[str, date, bool, str, int, int]]) -> list[str]:
    """What a month's digest says of points taken: (number, day, voided, how, points, of them advanced)."""
    return [
        f"{number} {day.isoformat()} {voided:d} {how} {points} {advanced}"
        for number, day, voided, how, points, advanced in lines
    ]
