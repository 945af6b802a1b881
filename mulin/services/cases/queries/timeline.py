"""What happened to a case, for the eye: to reporters by duty and in public words, to staff by name and in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import formats
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from mulin.ground.access import queries as access
from mulin.ground.files import queries as files
from mulin.ground.people import queries as people
from mulin.kernel.actor import Actor
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.permissions import is_reporter_only
from mulin.services.cases.rules import (
    ANSWER_DAYS,
    BY_REPORTER,
    FINISHED,
    LIMITS,
    STEP_WORDS,
    DeferralKind,
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
    id: str = ""


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
    action: str = ""
    state: str = ""
    """What was done, and the state it led to, as programs name them."""


@dataclass(frozen=True)
class Story:
    """The timeline, what comes next for the reporter (None: nothing), and what the report's step noted."""

    entries: list[Entry]
    next: Next | None
    report_photos: list[Photo] = field(default_factory=list)
    outside: bool = False
    emergency: tuple[str, ...] = ()
    sound: str = ""
    """Where the recording is that came with the report."""
    related: bool = False
    """It was split, or merged with another one."""


_KIN = ("split", "split_off", "merged_here")
_ANOTHERS = ("answer", "split")
"""Steps of the case into which a report was merged whose words are those of its own reporters."""
_UNSAID = ("unmerge",)
"""Steps that reporters see, and whose note is for staff: it may speak of somebody else's report."""
_OPENING = ("report", "found_and_fixed")
"""The steps whose photos a desk page shows on top, beside the words, and not again."""

_TONES = {
    "close": "good",
    "ask": "warn",
    "appeal": "warn",
    "withdraw": "warn",
    "refuse": "warn",
    "reopen": "warn",
    "not_reached": "warn",
    "urge": "warn",
    "supervise": "warn",
    "supervision_due": "warn",
    "overdue": "warn",
    "found_and_fixed": "good",
}


def timeline(
    case: Case,
    actor: Actor,
    *,
    receipt: str = "",
    public: bool | None = None,
    reader: CaseReporter | None = None,
) -> Story:
    """The story of a case. ``public``: as reporters see it (default: for whoever is no more than its reporter).

    ``reader``: which reporter; what another one said is not his to read. Of a merged report he reads his own story and,
    from then on, that of the case it was merged into. Three statements for staff (steps, photos, names), two for reporters.
    """
    as_reporter = (actor.anonymous or is_reporter_only(actor, case)) if public is None else public
    followed = case.merged_into if as_reporter and case.merged_into is not None else case
    ids = list({case.id: None, followed.id: None})
    rows = list(CaseStep.objects.filter(case__in=ids).order_by("at", "id"))
    if as_reporter:
        rows = _for_reporter(rows, case, str(reader.id) if reader is not None else "")
    photos = _photos(ids, receipt)
    names = (
        {}
        if as_reporter
        else people.public_names({key for row in rows for key in (row.person, _acted_for(row)) if key})
    )
    entries = [_entry(case, row, photos, names, as_reporter) for row in rows]
    first: dict[str, Any] = next((row.facts for row in rows if row.action in _OPENING), {})
    rated = any(row.action == "rate" and row.facts.get("round") == followed.round for row in rows)
    told = next_for_reporter(followed.state, in_grid=bool(followed.grid_path), rated=rated)
    live = case.provenance == Provenance.LIVE
    return Story(
        entries=entries,
        next=told if live else None,
        report_photos=_named(first, photos),
        sound=photos[first["sound"]].url if first.get("sound") in photos else "",
        outside=bool(first.get("outside")),
        related=case.merged_into_id is not None or any(row.action in _KIN for row in rows),
        emergency=tuple(str(one) for one in first.get("emergency", ())),
    )


def _for_reporter(rows: list[CaseStep], case: Case, reader: str) -> list[CaseStep]:
    """The public steps; of what another reporter did only that he answered or took it back, and none of his words."""
    merged = next((row.at for row in reversed(rows) if row.action == "merge_into"), None)
    found = []
    for row in rows:
        another = row.facts.get("reporter", reader) != reader
        another |= row.case_id != case.id and row.action in _ANOTHERS and "reporter" not in row.facts
        before = row.case_id != case.id and (merged is None or row.at < merged)
        if not row.public or before or (another and row.action == "rate"):
            continue
        if another or row.action in _UNSAID:
            row.note, row.facts = "", {}
        found.append(row)
    return found


def promise(case: Case, now: datetime) -> str:
    """By when something happens, for the reporter: '' where no clock runs for him any more. No statement."""
    if case.state == State.ASKED and case.paused_since is not None:
        until = case.paused_since + timedelta(days=ANSWER_DAYS)
        return _("请在 %(at)s 前回答；到时没有回答，会按现有情况接着办。") % {"at": _moment(until)}
    if case.state == State.APPEALED and case.appealed_at is not None:
        return _("%(at)s 前告诉您复核结果。") % {"at": _moment(case.appealed_at + LIMITS.appeal)}
    if case.state in FINISHED or case.disposed_at is not None or case.provenance != Provenance.LIVE:
        return ""
    first = case.state == State.REPORTED and case.first_response_at is None
    due = (case.response_due_at or case.due_at) if first else case.due_at
    if due is None:
        return ""
    if first:
        words = _("最迟 %(at)s 会有人受理。") if due >= now else _("本该在 %(at)s 前有人受理，已经晚了。")
    else:
        words = _("最迟 %(at)s 办完。") if due >= now else _("本该在 %(at)s 前办完，已经晚了，上级看得到。")
    return words % {"at": _moment(due)}


def _moment(at: datetime) -> str:
    """A day and an hour as people say them."""
    return formats.date_format(localtime(at), _("n月j日 H:i"))


def photos_of(case_id: UUID, *, receipt: str = "") -> dict[str, Photo]:
    """file id → photo, of one case. One statement."""
    return _photos([case_id], receipt)


def _photos(ids: list[UUID], receipt: str) -> dict[str, Photo]:
    found = {}
    of = files.of_subjects("case", ids)
    for count, row in enumerate((one for key in ids for one in of.get(key, [])), start=1):
        url = reverse("files:serve", args=[row.id])
        held = f"receipt={receipt}" if receipt else ""
        alt = _("处置后照片 %(n)d") if row.purpose == "result" else _("上报照片 %(n)d")
        thumb = f"{url}?size=thumb" + (f"&{held}" if held else "")
        found[str(row.id)] = Photo(f"{url}?{held}" if held else url, thumb, alt % {"n": count}, str(row.id))
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
        action=row.action,
        state=row.to_state,
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
    if row.action == "overdue":
        late = {"total": _("超过总时限"), "step": _("超过本级时限"), "response": _("到期没有答复反映人")}
        return late.get(row.facts.get("kind", ""), words)
    if row.action in ("defer", "decide_deferral") and row.facts.get("kind") in DeferralKind.values:
        return _deferral(row)
    if row.action == "goes_on":
        return _("并入的那一件：%(step)s") % {"step": STEP_WORDS.get(row.facts["step"], row.facts["step"])}
    if row.action == "sign_off_supervision" and not row.facts.get("passed", True):
        return _("督办退回，还要再办")
    return words


def _deferral(row: CaseStep) -> str:
    """What was asked of the clock, or granted, until which day."""
    kind, day = DeferralKind(row.facts["kind"]), _day(row.facts["until"])
    if row.action == "defer":
        return _("申请%(kind)s，到 %(day)s") % {"kind": kind.label, "day": day}
    if not row.facts.get("granted"):
        return _("没有批准%(kind)s") % {"kind": kind.label}
    said = {
        DeferralKind.EXTENSION: _("延期，办到 %(day)s"),
        DeferralKind.WAIT: _("法定等待，预计到 %(day)s"),
        DeferralKind.SHELVE: _("挂账，预计到 %(day)s"),
    }
    return said[kind] % {"day": day}


def _day(moment: str, form: str = "Y-m-d") -> str:
    return formats.date_format(localtime(datetime.fromisoformat(moment)), form)


def _acted_for(row: CaseStep) -> UUID | None:
    """The colleague on leave in whose place the step was done."""
    told = row.facts.get("acted_for")
    return UUID(told) if told else None


def _who(row: CaseStep, names: dict[UUID, str], as_reporter: bool) -> str:
    connected = bool(row.facts.get("connected")) and not as_reporter
    if connected and row.person is None:
        return row.system
    if row.action in BY_REPORTER and not row.role:
        return _("反映人")
    if row.system and row.person is None:
        return _("系统")
    role = access.roles().get(row.role)
    duty = str(role.name) if role else _("工作人员")
    name = "" if as_reporter or row.person is None else names.get(row.person, "")
    who = _("%(name)s（%(facts)s）") % {"name": name, "facts": duty} if name else duty
    if connected:
        return _("%(who)s，经%(system)s") % {"who": who, "system": row.system}
    whom = None if as_reporter else _acted_for(row)
    return _("%(who)s，代%(whom)s办理") % {"who": who, "whom": names.get(whom, _("同事"))} if whom else who


def _text(row: CaseStep) -> str:
    if row.action == "decide_deferral":
        told = [row.note]
        if row.facts.get("basis"):
            told.append(_("依据：%(basis)s") % {"basis": row.facts["basis"]})
        if row.facts.get("document"):
            told.append(_("文书：%(document)s") % {"document": row.facts["document"]})
        return "\n".join(one for one in told if one)
    if row.action == "due_changed" and row.facts.get("total"):
        before, after = (_day(one, "Y-m-d H:i") for one in row.facts["total"])
        return _("原定 %(before)s，现为 %(after)s。") % {"before": before, "after": after}
    return row.note


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
