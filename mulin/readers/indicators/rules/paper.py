"""A month of a place or a unit on one page: what stands on it, before it becomes Markdown, Word or a web page. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.readers.indicators.rules import COUNT, GROUPS, HOURS, INDICATORS, RATE, RATIO, SMALL

NUMERALS = (
    gettext_lazy("一"), gettext_lazy("二"), gettext_lazy("三"), gettext_lazy("四"), gettext_lazy("五"), gettext_lazy("六"),
    gettext_lazy("七"), gettext_lazy("八"), gettext_lazy("九"), gettext_lazy("十"), gettext_lazy("十一"),
    gettext_lazy("十二"),
)  # fmt: skip
"""As headings of official papers are counted."""


@dataclass(frozen=True)
class Line:
    """A figure on the page: its name, value with unit, what it rests on, the period before; all in words."""

    name: str
    value: str
    of: str
    was: str


@dataclass(frozen=True)
class Part:
    """A heading with its lines."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Paper:
    """The page: title, where and when, sentences to begin with, parts, remarks."""

    title: str
    about: str
    lead: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]
    where: str = ""
    """The place and the unit, as they stand in the title: names, in no reader's language but their own."""


Told = Mapping[str, Any]
"""A figure as ``mulin indicators --format json`` prints it."""


def number(value: float | int | None, unit: str = "") -> str:
    """A value as people read it: one decimal at most, — for none."""
    if value is None:
        return "—"
    plain = f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
    return f"{plain}%" if unit == "%" else f"{plain} {unit}".strip()


def of_words(told: Told) -> str:
    """n/N of a figure; '' for a plain count."""
    if told["denominator"] is None:
        return ""
    words = f"{told['numerator']}/{told['denominator']}"
    kind = INDICATORS[told["code"]].kind
    counted = told["numerator"] if kind == HOURS else told["denominator"]
    small = kind != COUNT and 0 < counted < SMALL
    return words + (_("（件数少）") if small else "")


def paper(
    *,
    where: str,
    start: date,
    end: date,
    month: bool,
    made: datetime,
    figures: Sequence[Told],
    before: Sequence[Told],
) -> Paper:
    """What stands on the page. Figures that have nothing to say here (no rows, no denominator) are left out."""
    earlier = {one["code"]: one for one in before}
    when = (
        _("%(year)d年%(month)d月") % {"year": start.year, "month": start.month}
        if month
        else _("%(start)s至%(end)s前") % {"start": start.isoformat(), "end": end.isoformat()}
    )
    shown = [one for one in figures if one["value"] is not None and (one["numerator"] or one["denominator"])]
    parts: list[Part] = []
    for key, name in GROUPS.items():
        lines = tuple(
            _line(one, earlier.get(one["code"])) for one in shown if INDICATORS[one["code"]].group == key
        )
        if lines:
            told = {"number": NUMERALS[len(parts)], "name": name}
            parts.append(Part(_("%(number)s、%(name)s") % told, lines))
    about = _("%(start)s 起，到 %(end)s 之前，北京时间；%(made)s 由原始记录算出，没有填报的数字。") % {
        "start": start.isoformat(), "end": end.isoformat(), "made": f"{made:%Y-%m-%d %H:%M}",
    }  # fmt: skip
    title = _("%(where)s%(when)s网格治理简报") % {"where": where, "when": when}
    return Paper(title, about, _lead(figures), tuple(parts), _remarks(figures), where)


def _line(one: Told, was: Told | None) -> Line:
    return Line(
        one["name"],
        number(one["value"], one["unit"]),
        of_words(one),
        number(was["value"], one["unit"]) if was else "",
    )


def _lead(figures: Sequence[Told]) -> str:
    """Three sentences that can be read aloud."""
    told = {one["code"]: one for one in figures}

    def said(code: str) -> str:
        return number(told[code]["value"], "%" if INDICATORS[code].kind in (RATE, RATIO) else "")

    people = told["cases_reported"]["source"]["people"]["value"] or 0
    words = _("收到上报 %(all)s 件，其中群众反映 %(people)s 件。") % {
        "all": said("cases_reported"), "people": people,
    }  # fmt: skip
    words += _("应结案 %(due)s 件，结案率 %(rate)s，按期结案率 %(time)s，逾期结转 %(left)s 件。") % {
        "due": said("due_closure_count"), "rate": said("closure_rate"), "time": said("on_time_closure_rate"),
        "left": said("carried_over"),
    }  # fmt: skip
    rated = told["satisfaction_rate"]
    words += _("收到有效评价 %(n)s 份，满意率 %(rate)s；响应时间中位数 %(hours)s 小时。") % {
        "n": rated["denominator"], "rate": said("satisfaction_rate"), "hours": said("response_hours_median"),
    }  # fmt: skip
    return words


def _remarks(figures: Sequence[Told]) -> tuple[str, ...]:
    """What has to stand beside the rates."""
    told = {one["code"]: one for one in figures}
    left_out, resting = told["excluded_share"], told["shelved_share"]
    words = [
        _("剔除 %(out)s 件（占 %(share)s），法定等待和挂账 %(rest)s 件；各项比率不含剔除的案件。")
        % {
            "out": left_out["numerator"],
            "share": number(left_out["value"], "%"),
            "rest": resting["numerator"],
        },
        _("n/N 为分子、分母的件数；分母不到 %(small)d 件的只供参考。各项口径见“数据”页面。")
        % {"small": SMALL},
    ]
    for code in ("response_hours_change", "property_complaint_change"):
        base = told[code].get("baseline")
        if base and base["kind"] == "declared":
            words.append(
                _("%(name)s的基期 %(value)s 由文件声明：%(document)s，%(signer)s 签发。")
                % {"name": told[code]["name"], "value": number(base["value"]), **base}
            )
    return tuple(words)


def markdown(page: Paper) -> str:
    """The page as Markdown."""
    lines = [f"# {page.title}", "", page.about, "", page.lead]
    for part in page.parts:
        lines += [
            "",
            f"## {part.heading}",
            "",
            _("| 指标 | 本期 | n/N | 上期 |"),
            "| --- | ---: | ---: | ---: |",
        ]
        lines += [f"| {one.name} | {one.value} | {one.of} | {one.was} |" for one in part.lines]
    return "\n".join([*lines, "", *(f"- {one}" for one in page.remarks), ""])


@dataclass(frozen=True)
class Changed:
    """A figure that is another one now than when it was sent up."""

    name: str
    then: str
    now: str


def changed(then: Sequence[Told], now: Sequence[Told]) -> list[Changed]:
    """Which figures differ, in value or in what they rest on."""
    today = {one["code"]: one for one in now}
    found = []
    for was in then:
        one = today.get(was["code"])
        if one is None or all(_alike(was[key], one[key]) for key in ("value", "numerator", "denominator")):
            continue
        found.append(Changed(one["name"], _whole(was), _whole(one)))
    return found


def _alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < 0.00005


def _whole(told: Told) -> str:
    return " ".join(word for word in (number(told["value"], told["unit"]), of_words(told)) if word)
