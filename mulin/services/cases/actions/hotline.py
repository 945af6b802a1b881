"""Orders of the 12345 hotline come in: new, said again, amended, urged, withdrawn, decided on, called back.

Whoever brings them, a table or a key, the same acts are done as by any reporter: the caller's receipt is never given out,
and is what the hotline acts by in his place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound, Refused
from mulin.kernel.ids import uuid7
from mulin.kernel.secrets import encrypt, keyed_hash, normal_phone
from mulin.kernel.tables import clean
from mulin.services.cases.actions import (
    admission,
    answers,
    closing,
    deferring,
    intake,
    merging,
    outer,
    pairs,
    steps,
    telling,
    urging,
)
from mulin.services.cases.actions.imports import digest
from mulin.services.cases.models import Case, CaseReporter, HotlineOrder
from mulin.services.cases.rules import FINISHED, Score, Source, Urgency, title_of
from mulin.services.cases.rules.clocks import outer_limits
from mulin.services.cases.rules.hotline import (
    SOURCE_NAME,
    VIA,
    Handed,
    OrderKind,
    Term,
    order_kind,
    score,
    term,
    urgency,
)

LONGEST: Final = {"number": 60, "title": 200, "place": 200, "name": 40, "appeal": 20, "unit": 100}


@dataclass(frozen=True)
class Order:
    """What the hotline says of an order. None and '' say nothing. ``related``: the number of the order that it urges or
    repeats."""

    number: str
    text: str
    received_at: datetime
    title: str = ""
    due_at: datetime | None = None
    name: str = ""
    phone: str = ""
    appeal: str = ""
    unit: str = ""
    place: str = ""
    area: UUID | None = None
    lon: float | None = None
    lat: float | None = None
    urgency: str = ""
    confidential: bool | None = None
    kind: str = OrderKind.ORDER
    related: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of an order: ``what`` is new, attached, changed or same; ``changed`` the fields that said something new;
    ``note`` what its sender is to know besides."""

    order: HotlineOrder
    what: str
    changed: tuple[str, ...] = ()
    note: str = field(default="")


def kind_of(*, word: str) -> OrderKind:
    """What sort of an order a word means. Refused ("kind") for others."""
    found = order_kind(word)
    if found is None:
        raise Refused("no_such_kind", _("工单类型要是工单、催办单或重复件。"), field="order_type")
    return found


def urgency_of(*, word: str) -> Urgency:
    """What a word says of how urgent it is. Refused ("urgency") for others."""
    found = urgency(word)
    if found is None:
        raise Refused("no_such_urgency", _("紧急程度要是一般、紧急或特急。"), field="urgency")
    return found


def score_of(*, word: str) -> Score:
    """What a caller said at a call-back. Refused ("score") for others."""
    found = score(word)
    if found is None:
        raise Refused("score_unknown", _("回访结果要是满意、基本满意、一般、不满意或未评价。"), field="score")
    return found


def take_order(*, order: Order, by: Actor, now: datetime) -> Taken:
    """Take an order in, keyed by the hotline's number: a new one becomes a case; an urging or a repeat is put to the case of
    the order that it names; a known one that says something new is brought up to date, and changes nothing otherwise.

    Refused, with the field: too long, a telephone that is none, no such related order, and (409) news of a case that is
    over.
    """
    _check(order)
    try:
        with transaction.atomic():
            return _take(order, by, now)
    except IntegrityError:  # brought in at the same moment by another: it is known now
        with transaction.atomic():
            return _take(order, by, now)


def _check(order: Order) -> None:
    if not clean(order.number):
        raise Refused("no_number", _("请写工单编号。"), field="number")
    for name, most in LONGEST.items():
        if len(getattr(order, name)) > most:
            raise Refused("too_long", _("最多 %(limit)s 个字。") % {"limit": most}, field=name)
    if order.phone and not normal_phone(order.phone):
        raise Refused("phone_wrong", _("联系电话好像不对"), field="phone")
    if order.due_at is not None and order.due_at < order.received_at:
        raise Refused("due_before", _("办理时限早于受理时间"), field="due_at")


def _take(order: Order, by: Actor, now: datetime) -> Taken:
    known = _order(order.number)
    if known is not None:
        return _amend(known, order, by, now)
    if order.kind == OrderKind.ORDER and not order.related:
        return _new(order, by, now)
    if not order.related:
        raise Refused("no_related", _("催办单和重复件要写原工单编号。"), field="related")
    first = _order(order.related)
    if first is None:
        words = _("没有原工单 %(number)s，请先把它发来。") % {"number": order.related[:60]}
        raise Refused("no_related", words, field="related")
    over = _followed(first).state in FINISHED
    if order.kind == OrderKind.URGE:
        if over:
            raise Refused(
                "over", _("原工单已经办完，不能催办；没有解决请回访或重新派单。"), field="related", status=409
            )
        row = _row(order, OrderKind.URGE, first.case, None, now)
        return Taken(row, "attached", note=_urged(first, order.text, by, now))
    if over:
        return _new(order, by, now)
    return Taken(_row(order, OrderKind.REPEAT, first.case, None, now), "attached")


def _order(number: str) -> HotlineOrder | None:
    """An order by the hotline's number, locked: always before its case."""
    rows = HotlineOrder.objects.filter(number=clean(number)[:60])
    return rows.select_for_update(no_key=True, of=("self",)).first()


def _followed(order: HotlineOrder) -> Case:
    case: Case = order.case
    return case.merged_into or case


def _row(
    order: Order, kind: OrderKind, case: Case, reporter: CaseReporter | None, now: datetime
) -> HotlineOrder:
    row = HotlineOrder(
        number=clean(order.number), kind=kind, case=case, reporter=reporter, appeal=order.appeal,
        unit_text=order.unit, received_at=order.received_at, due_at=order.due_at, said=_digests(order), created_at=now,
    )  # fmt: skip
    row.save(force_insert=True)
    return row


def _new(order: Order, by: Actor, now: datetime) -> Taken:
    if Case.objects.filter(import_source=SOURCE_NAME, external_no=clean(order.number)).exists():
        words = _("这张工单作为历史导入过，不能再作为新的工单；要再办请用新的工单编号。")
        raise Refused("is_history", words, field="number", status=409)
    made = intake.report(
        by=by, now=now, client_id=uuid7(), source=Source.HOTLINE, text=order.text, title=order.title,
        place=order.area, lon=order.lon, lat=order.lat, place_text=order.place, name=order.name, phone=order.phone,
    )  # fmt: skip
    case = made.case
    case.import_source, case.external_no = SOURCE_NAME, clean(order.number)
    case.urgency = order.urgency or Urgency.NORMAL
    _limit(case, order.due_at, case.id, by, now)
    case.save()
    reporter = CaseReporter.objects.get(case=case)
    reporter.via, reporter.confidential = VIA, bool(order.confidential)
    reporter.save(update_fields=["via", "confidential"])
    kind = OrderKind.REPEAT if order.related else OrderKind.ORDER
    return Taken(_row(order, kind, case, reporter, now), "new")


def _limit(case: Case, until: datetime | None, of: UUID, by: Actor, now: datetime) -> None:
    """The hotline's limit, beside ours. ``of``: the order's own case, where that was merged into this one. Writes the row's
    columns without saving it."""
    if until is not None:
        merging.limit_for(case=case, of=of, until=until, by=by, now=now)


# ── said again ─────


def _digests(order: Order) -> dict[str, str]:
    """Field → short hash of what is said; what says nothing is left out. A telephone number is soon guessed: keyed."""
    said: dict[str, Any] = {
        name: value
        for name in (
            "text",
            "title",
            "place",
            "due_at",
            "name",
            "phone",
            "appeal",
            "unit",
            "urgency",
            "confidential",
        )
        if (value := getattr(order, name)) not in ("", None)
    }
    return {name: digest(name=name, value=value) for name, value in said.items()}


WORDS: Final = {
    "text": "内容", "title": "标题", "place": "事发地址", "due_at": "办理时限", "name": "来电人", "phone": "来电号码",
    "appeal": "诉求类型", "unit": "承办单位", "urgency": "紧急程度", "confidential": "是否保密",
}  # fmt: skip
"""What changed, as the record says it."""


def _amend(row: HotlineOrder, order: Order, by: Actor, now: datetime) -> Taken:
    said = _digests(order)
    changed = tuple(name for name in said if row.said.get(name) != said[name])
    if not changed:
        return Taken(row, "same")
    if row.withdrawn_at is not None:
        raise Refused("withdrawn", _("这张工单已经撤单，改动没有采用。"), status=409)
    if _followed(row).state in FINISHED:
        raise Refused("over", _("这件已经办完，改动没有采用；要再办请回访或重新派单。"), status=409)
    row.said = row.said | said
    row.due_at = order.due_at or row.due_at
    row.appeal, row.unit_text = order.appeal or row.appeal, order.unit or row.unit_text
    row.save(update_fields=["said", "due_at", "appeal", "unit_text"])
    if row.reporter is not None:
        _write(row, order, changed, by, now)
    return Taken(row, "changed", changed)


def _write(row: HotlineOrder, order: Order, changed: tuple[str, ...], by: Actor, now: datetime) -> None:
    """Put what is new into the case and its caller. What stood there before stays in the step. Where the case was merged
    into another, that one has the limit too, and says what the hotline changed."""
    into = row.case.merged_into_id
    onward = merging.both(case=row.case_id, other=into) if into is not None else None
    case = steps.locked(case=row.case_id)
    if case is None:
        return
    fields = "、".join(WORDS[name] for name in changed)
    lines = [fields]
    if "text" in changed or "title" in changed:
        lines += [f"原来的内容：{case.text}"] if "text" in changed else []
        case.text = clean(order.text) or case.text
        case.title = (clean(order.title) or (title_of(case.text) if "text" in changed else case.title))[:200]
    if "place" in changed:
        case.place_text = clean(order.place)[:200]
    pairs.keep(cases=[case])
    if "urgency" in changed:
        case.urgency = order.urgency
    if "due_at" in changed:
        _limit(case, order.due_at, case.id, by, now)
    told = steps.finish(
        case=case, action="hotline_amended", by=by, now=now, note="\n".join(lines), public=False,
        facts={"order": row.number},
    )  # fmt: skip
    if onward is not None:
        if "due_at" in changed:
            _limit(onward, order.due_at, case.id, by, now)
        steps.finish(
            case=onward, action="hotline_amended", by=by, now=now, note=f"{case.number}：{fields}", public=False,
            facts={"order": row.number},
        )  # fmt: skip
    _caller(row, order, changed)
    row.case = told


def _caller(row: HotlineOrder, order: Order, changed: tuple[str, ...]) -> None:
    new: dict[str, Any] = {}
    if "name" in changed:
        new["name_sealed"] = encrypt(clean(order.name)[:40], bound_to="case_reporter.name")
    if "phone" in changed:
        phone = normal_phone(order.phone)
        new |= {
            "phone_sealed": encrypt(phone, bound_to="case_reporter.phone"),
            "phone_hash": keyed_hash(phone),
        }
    if "confidential" in changed:
        new["confidential"] = bool(order.confidential)
    if new:
        CaseReporter.objects.filter(case=row.case_id, via=VIA, erased_at__isnull=True).update(**new)


# ── what the hotline asks ─────


def _known(number: str) -> HotlineOrder:
    found = _order(number)
    if found is None:
        raise NotFound(_("没有这张工单。"), code="no_such_order")
    return found


def _hold_all(number: str) -> None:
    """Lock every order of the case that this one leads to, in the order of their ids: whatever it does may concern them all.
    Two statements."""
    found = HotlineOrder.objects.filter(number=clean(number)[:60])
    key = found.values_list(Coalesce("case__merged_into", "case"), flat=True).first()
    if key is not None:
        telling.hold_orders(case=key)


def _receipt(row: HotlineOrder) -> str:
    """What the caller's place is taken by. An urging has no caller of its own: that of the order that it urges."""
    first = (
        row
        if row.reporter is not None
        else HotlineOrder.objects.filter(case=row.case_id, reporter__isnull=False).first()
    )
    if first is None or first.reporter is None or first.reporter.withdrawn_at is not None:
        raise Refused("withdrawn", _("这张工单已经撤单。"), status=409)
    return str(first.reporter.receipt)


@transaction.atomic
def urge_order(*, number: str, note: str, by: Actor, now: datetime) -> tuple[HotlineOrder, str]:
    """The hotline urges an order: like its reporter, at most once in so many hours. (Order, why the holder was not told
    again, or ''.) NotFound; Refused (409) where nothing is left to urge."""
    row = _known(number)
    return row, _urged(row, note, by, now)


def _urged(row: HotlineOrder, note: str, by: Actor, now: datetime) -> str:
    try:
        urging.urge(case=row.case_id, by=by, now=now, version=None, note=note, receipt=_receipt(row))
    except Refused as refused:
        if refused.code not in ("too_soon", "urged_already"):
            raise
        return str(refused.message)
    return ""


@transaction.atomic
def withdraw_order(*, number: str, reason: str, by: Actor, now: datetime) -> HotlineOrder:
    """The hotline takes an order back (撤单), as its reporter would. Again changes nothing. Refused (409) once it has its
    result."""
    row = _known(number)
    if row.withdrawn_at is None:
        merging.going_on(case=row.case_id)
        if row.reporter is not None:
            admission.withdraw(receipt=row.reporter.receipt, by=by, now=now, reason=reason)
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        outer.without(order=row, by=by, now=now)
    return row


@transaction.atomic
def decide_extension(
    *, number: str, granted: bool, reason: str, until: datetime | None, by: Actor, now: datetime
) -> HotlineOrder:
    """The hotline's word on an extension that was asked for; granted, its own limit moves too."""
    row = _known(number)
    if row.withdrawn_at is not None:
        raise Refused("withdrawn", _("这张工单已经撤单。"), status=409)
    merging.going_on(case=row.case_id)
    done = deferring.decide_outside(
        case=_followed(row).id, granted=granted, until=until, decision=reason, by=by, now=now, of=row.case_id
    )
    if granted:
        row.due_at = datetime.fromisoformat(outer_limits(done.clocks, str(done.id))[str(row.case_id)])
        row.save(update_fields=["due_at"])
        outer.of_report(case=row.case_id, until=row.due_at, by=by, now=now)
    row.case = done
    return row


@transaction.atomic
def decide_return(*, number: str, granted: bool, reason: str, by: Actor, now: datetime) -> HotlineOrder:
    """The hotline's word on an order that was sent back (退单). It takes it: nothing is left to do. It does not: like its
    reporter's appeal, another person of the county looks at it again."""
    row = _known(number)
    case = _followed(row)
    if term(case.state) != Term.RETURNED:
        raise Refused("not_returned", _("这张工单没有退单，不用审批。"), status=409)
    answers.hand_over(order=row, how=Handed.CALLED_BACK, by=by, now=now)
    if granted:
        locked = steps.locked(case=case.id)
        if locked is not None:
            row.case = steps.finish(
                case=locked, action="return_taken", by=by, now=now, note=clean(reason)[:500], public=False,
                facts={"order": row.number},
            )  # fmt: skip
    else:
        row.case = admission.appeal(receipt=_receipt(row), reason=reason, by=by, now=now)
    return row


@transaction.atomic
def called_back(
    *,
    number: str,
    score: Score,
    solved: bool | None,
    contacted: bool | None,
    comment: str,
    due_at: datetime | None,
    by: Actor,
    now: datetime,
) -> tuple[HotlineOrder, str]:
    """What the caller said when the hotline called him back: his rating, by the rules of every reporter's. Not solved: he
    asks for it to be done again; ``due_at`` is the hotline's limit then. (Order, why it is not done again, or ''.)

    Refused (409) before there is an answer, and where this round was rated.
    """
    _hold_all(number)
    row = _known(number)
    case, own = _followed(row), row.case_id
    if term(case.state, verification=case.verification) not in (Term.DONE, Term.FILED):
        raise Refused("nothing_to_rate", _("这张工单还没有办结，办结后再回访。"), status=409)
    answers.hand_over(order=row, how=Handed.CALLED_BACK, by=by, now=now)
    receipt, words = _receipt(row), _told(solved, contacted, comment)
    row.case = closing.rate(receipt=receipt, score=score, by=by, now=now, comment=words)
    if solved is not False:
        return row, ""
    try:
        done = closing.reopen(case=case.id, reason=words, by=by, now=now, version=None, receipt=receipt)
    except Refused as refused:
        if refused.code != "too_late":
            raise
        return row, str(refused.message)
    if due_at is not None:
        _limit(done, due_at, own, by, now)
        done.save()
        row.due_at = due_at
        row.save(update_fields=["due_at"])
        outer.of_report(case=own, until=due_at, by=by, now=now)
    row.case = done
    return row, ""


def _told(solved: bool | None, contacted: bool | None, comment: str) -> str:
    """The call-back as a record."""
    parts = [] if contacted is None else ["已联系" if contacted else "未联系"]
    parts += [] if solved is None else ["已解决" if solved else "未解决"]
    said = "、".join(parts)
    return "：".join(
        one for one in (f"12345 回访{f'（{said}）' if said else ''}", clean(comment)[:400]) if one
    )
