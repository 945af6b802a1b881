"""From above and from outside: urge, supervise, answer, sign off (domain facts: 催办, 督办)."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.tables import clean
from mulin.services.cases.actions import holding, receipts, steps, telling, timing
from mulin.services.cases.models import Case, Supervision
from mulin.services.cases.permissions import judges_himself
from mulin.services.cases.rules import URGE_HOURS, Address, Urgency
from mulin.services.cases.rules.clocks import URGED, urged_lately


@transaction.atomic
def urge(
    *,
    case: UUID | Case,
    by: Actor,
    now: datetime,
    version: int | None,
    note: str = "",
    receipt: str = "",
) -> Case:
    """A clerk, a leader, or the reporter by his receipt asks whoever holds it to hurry: it is written down, and the holder
    gets a message (never at night, but in an emergency).

    Refused within URGE_HOURS of the last time, and to a reporter within so many of his report.
    """
    held = None
    if receipt:
        held, row = receipts.begin(receipt=receipt, action="urge", version=version)
    else:
        row = steps.begin(case=case, action="urge", by=by, version=version)
    hours = timedelta(hours=URGE_HOURS)
    if receipt and now - row.reported_at < hours:
        words = _("刚刚报上来，请给工作人员一点时间；%(hours)d 小时后还没有动静再催。")
        raise Refused("too_soon", words % {"hours": URGE_HOURS}, status=409)
    if urged_lately(row.clocks, now):
        words = _("%(hours)d 小时内已经催过一次，办的人已经收到。")
        raise Refused("urged_already", words % {"hours": URGE_HOURS}, status=409)
    row.clocks = row.clocks | {URGED: now.isoformat()}
    if held is None:  # whoever was asked to look into it has
        steps.settle(case=row, by=by, now=now, kinds=("overdue", "supervision_late"))
    words = clean(note)[:500]
    done = steps.finish(
        case=row, action="urge", by=by, now=now, note=words, facts=receipts.by_whom(held=held)
    )
    template = "work_urgent" if row.urgency == Urgency.EMERGENCY else "work_urged"
    telling.tell_holder(case=row, template=template, by=by, now=now)
    return done


@transaction.atomic
def supervise(
    *, case: UUID | Case, text: str, due_at: datetime, by: Actor, now: datetime, version: int | None
) -> Case:
    """A leader or a clerk of the street or county orders that it be done, with a deadline for the answer. The case does not
    close before the order is signed off. Refused: no words, a deadline that is not ahead, while an order stands."""
    row = steps.begin(case=case, action="supervise", by=by, version=version)
    if by.person is None:
        raise NotAllowed(_("督办要由具体的人发出。"))
    words = steps.required(
        text=text, code="no_text", message=_("请写明要求办成什么样。"), field="text", most=1000
    )
    if due_at <= now:
        raise Refused("not_ahead", _("请选择以后的时间。"), field="due_at")
    try:
        with transaction.atomic():
            Supervision.objects.create(
                case=row, text=words, due_at=due_at, ordered_by=by.person, ordered_at=now
            )
    except IntegrityError:
        raise Refused("supervised_already", _("已经在督办，销号以后才能再次督办。"), status=409) from None
    timing.watch(case=row, due=due_at)
    steps.settle(case=row, by=by, now=now, kinds=("overdue",))
    _order(row, due_at, by, now)
    facts = {"due": due_at.isoformat()}
    done = steps.finish(case=row, action="supervise", by=by, now=now, note=words, public=False, facts=facts)
    telling.tell_holder(case=row, template="work_supervised", by=by, now=now)
    return done


def _order(row: Case, due: datetime, by: Actor, now: datetime) -> None:
    to = holding.held_by(case=row)
    steps.ask(
        case=row, kind="supervised", to=to, by=by, now=now, title=f"督办：{row.title}", person=row.handler_id,
        due_at=due,
    )  # fmt: skip


def _standing(row: Case) -> Supervision:
    """The open order, locked. Raises NotFound."""
    order = Supervision.objects.select_for_update(no_key=True).filter(case=row, signed_off_at__isnull=True)
    found = order.first()
    if found is None:
        raise NotFound(_("这件事没有在督办。"))
    return found


@transaction.atomic
def answer_supervision(
    *, case: UUID | Case, answer: str, by: Actor, now: datetime, version: int | None
) -> Case:
    """Whoever holds the case answers an order; whoever gave it is asked to sign it off. Refused: no order (NotFound), an
    answer that is given already, no words."""
    row = steps.begin(case=case, action="answer_supervision", by=by, version=version)
    order = _standing(row)
    if order.answered_at is not None:
        raise Refused("answered_already", _("已经答复过，正在等销号。"), status=409)
    words = steps.required(
        text=answer, code="no_text", message=_("请写明办得怎么样了。"), field="answer", most=1000
    )
    order.answer, order.answered_by, order.answered_at = words, by.person, now
    order.save()
    timing.watch(case=row, due=None)
    steps.settle(case=row, by=by, now=now, kinds=("supervised", "supervision_late"))
    to = Address("", row.place_path)
    steps.ask(
        case=row, kind="supervision", to=to, by=by, now=now, title=f"督办销号：{row.title}",
        person=order.ordered_by,
    )  # fmt: skip
    return steps.finish(case=row, action="answer_supervision", by=by, now=now, note=words, public=False)


@transaction.atomic
def sign_off_supervision(
    *, case: UUID | Case, passed: bool, by: Actor, now: datetime, version: int | None, note: str = ""
) -> Case:
    """Whoever may give orders, but not whoever answered this one, takes the answer, or sends it back with a reason; the
    deadline stays. Refused: no order (NotFound), no answer yet, his own answer (NotAllowed), sent back without a reason."""
    row = steps.begin(case=case, action="sign_off_supervision", by=by, version=version)
    order = _standing(row)
    if order.answered_at is None:
        raise Refused("not_answered", _("承办的人还没有答复，不能销号。"), status=409)
    if by.person is None or judges_himself(by, "sign_off_supervision", row):
        raise NotAllowed(_("答复督办的人不能自己销号。"))
    words = clean(note)[:500]
    if passed:
        order.signed_off_by, order.signed_off_at = by.person, now
    else:
        words = steps.required(
            text=note, code="no_reason", message=_("请写明哪里还没有办到。"), field="note", most=500
        )
        order.answered_by = order.answered_at = None
        timing.watch(case=row, due=order.due_at)
        _order(row, order.due_at, by, now)
    order.save()
    steps.settle(case=row, by=by, now=now, kinds=("supervision",))
    facts = {"passed": passed}
    return steps.finish(
        case=row, action="sign_off_supervision", by=by, now=now, note=words, public=False, facts=facts
    )
