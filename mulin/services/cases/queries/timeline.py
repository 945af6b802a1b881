"""What happened to a case, for the eye: to reporters by duty and in public words, to staff by name and in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.files import queries as files
from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.permissions import is_reporter_only
from mulin.services.cases.rules import (
    STEP_WORDS,
    Next,
    Provenance,
    Score,
    State,
    Way,
    next_for_reporter,
)


@dataclass(frozen=True)
class Photo:
    """A photo as a page shows it; the address lets in whoever may see the case (or holds the receipt in it)."""

    url: str
    thumb: str
    alt: str


@dataclass(frozen=True)
class Entry:
    """One movement, oldest first."""

    at: datetime
    title: str
    who: str = ""
    text: str = ""
    photos: Sequence[Photo] = ()
    tone: str = "info"
    aside: str = ""
    batch: str = ""
    """The page of the bulk act of which it was a part, for staff."""


@dataclass(frozen=True)
class Story:
    """The timeline, what comes next for the reporter (None: nothing), and what the report's step noted."""

    entries: list[Entry]
    next: Next | None
    report_photos: list[Photo] = field(default_factory=list)
    outside: bool = False
    emergency: tuple[str, ...] = ()


_OPENING = ("report", "found_and_fixed")
"""The steps whose photos a desk page shows on top, beside the words, and not again."""

_TONES = {
    "close": "good",
    "refuse": "warn",
    "reopen": "warn",
    "not_reached": "warn",
    "found_and_fixed": "good",
}


def timeline(case: Case, actor: Actor, *, receipt: str = "", public: bool | None = None) -> Story:
    """The story of a case. ``public``: as reporters see it (default: for whoever is no more than its reporter).

    Three statements for staff (steps, photos, names), two for reporters.
    """
    as_reporter = (actor.anonymous or is_reporter_only(actor, case)) if public is None else public
    rows = CaseStep.objects.filter(case=case).order_by("at", "id")
    steps = [row for row in rows if row.public or not as_reporter]
    photos = photos_of(case.id, receipt=receipt)
    names = (
        {}
        if as_reporter
        else people.public_names({key for row in steps for key in (row.person, _acted_for(row)) if key})
    )
    entries = [_entry(case, row, photos, names, as_reporter) for row in steps]
    first: dict[str, Any] = next((row.facts for row in steps if row.action in _OPENING), {})
    rated = any(row.action == "rate" and row.facts.get("round") == case.round for row in steps)
    told = next_for_reporter(case.state, in_grid=bool(case.grid_path), rated=rated)
    live = case.provenance == Provenance.LIVE
    return Story(
        entries=entries,
        next=told if live else None,
        report_photos=_named(first, photos),
        outside=bool(first.get("outside")),
        emergency=tuple(str(one) for one in first.get("emergency", ())),
    )


def photos_of(case_id: UUID, *, receipt: str = "") -> dict[str, Photo]:
    """file id → photo, of one case. One statement."""
    found = {}
    rows = files.of_subjects("case", [case_id]).get(case_id, [])
    for count, row in enumerate(rows, start=1):
        url = reverse("files:serve", args=[row.id])
        held = f"receipt={receipt}" if receipt else ""
        alt = _("处置后照片 %(n)d") if row.purpose == "result" else _("上报照片 %(n)d")
        thumb = f"{url}?size=thumb" + (f"&{held}" if held else "")
        found[str(row.id)] = Photo(f"{url}?{held}" if held else url, thumb, alt % {"n": count})
    return found


def _named(facts: dict[str, Any], photos: dict[str, Photo]) -> list[Photo]:
    return [photos[key] for key in facts.get("photos", ()) if key in photos]


def _entry(
    case: Case, row: CaseStep, photos: dict[str, Photo], names: dict[UUID, str], as_reporter: bool
) -> Entry:
    return Entry(
        at=row.at,
        title=_title(case, row),
        who=_who(row, names, as_reporter),
        text=_text(row),
        photos=_named(row.facts, photos) if as_reporter or row.action not in _OPENING else (),
        tone=_tone(row),
        aside="" if as_reporter else _how_told(row),
        batch=reverse("cases:batch", args=[row.facts["batch"]])
        if row.facts.get("batch") and not as_reporter
        else "",
    )


def _title(case: Case, row: CaseStep) -> str:
    words = str(STEP_WORDS.get(row.action, row.action))
    if row.action == "rate" and row.facts.get("score") in Score.values:
        return _("%(step)s：%(score)s") % {"step": words, "score": Score(row.facts["score"]).label}
    if (
        row.action == "report"
        and case.grid_path
        and row.to_state == State.REPORTED
        and case.assigned_at == row.at
    ):
        return _("已收到，转到所在网格")
    if row.action == "report" and row.facts.get("outside"):
        return _("已收到（位置在本县之外）")
    return words


def _acted_for(row: CaseStep) -> UUID | None:
    """The colleague on leave in whose place the step was done."""
    told = row.facts.get("acted_for")
    return UUID(told) if told else None


def _who(row: CaseStep, names: dict[UUID, str], as_reporter: bool) -> str:
    if row.action in ("report", "rate") and not row.role:
        return _("反映人")
    if row.system and row.person is None:
        return _("系统")
    role = access.roles().get(row.role)
    duty = str(role.name) if role else _("工作人员")
    name = "" if as_reporter or row.person is None else names.get(row.person, "")
    who = f"{name}（{duty}）" if name else duty
    whom = None if as_reporter else _acted_for(row)
    return _("%(who)s，代%(whom)s办理") % {"who": who, "whom": names.get(whom, _("同事"))} if whom else who


def _text(row: CaseStep) -> str:
    return "" if row.action == "rate" and not row.note else row.note


def _tone(row: CaseStep) -> str:
    if row.action == "rate":
        return "bad" if row.facts.get("score") == Score.DISSATISFIED else "good"
    return _TONES.get(row.action, "info")


def _how_told(row: CaseStep) -> str:
    """For staff: how the reporter learns of this step."""
    words = {
        "in_app": _("站内消息"),
        "sms": _("短信"),
        "wechat": _("微信"),
        "email": _("电子邮件"),
        "receipt_page": _("没有留联系方式，凭回执页面查看"),
        "call_or_visit": _("发不了消息，已生成打电话或上门的待办"),
    }
    if row.facts.get("way") in (Way.PHONE, Way.VISIT):
        return str(Way(row.facts["way"]).label)
    told = [words[way] for way in row.facts.get("told", ()) if way in words]
    return _("告知反映人：%(ways)s") % {"ways": "、".join(told)} if told else ""
