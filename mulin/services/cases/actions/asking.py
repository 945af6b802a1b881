"""The reporter is asked: the clocks rest until he answers, for ANSWER_DAYS at most (hard parts §5: the only pause)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.files import actions as files
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor, system
from mulin.kernel.clock import Clock, stopped
from mulin.kernel.county import current_county
from mulin.kernel.errors import Refused
from mulin.services.cases.actions import receipts, steps, telling, timing
from mulin.services.cases.actions.apart import apart
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.rules import ANSWER_DAYS, MOST_PHOTOS, State

BATCH: Final = 50


@transaction.atomic
def ask(*, case: UUID | Case, question: str, by: Actor, now: datetime, version: int | None) -> Case:
    """Ask the reporters what is not clear. The clocks and the handler's to-dos rest until somebody answers.

    The question is sent; where no message reaches them but a telephone would, somebody has to call. It is no response.
    Refused without words, and where nobody can be asked: staff found it, or its reporters are gone.
    """
    row = steps.begin(case=case, action="ask", by=by, version=version)
    words = steps.required(
        text=question, code="no_text", message=_("请写清要反映人补充什么。"), field="question", most=500
    )
    if all(one.erased_at is not None for one in telling.reporters_of(case=row)):
        raise Refused(
            "nobody_to_ask", _("这件事没有可以问的反映人，请到现场看或按现有情况办理。"), status=409
        )
    steps.settle(case=row, by=by, now=now, kinds=("unanswered",))
    row.resume_state = row.state
    timing.pause(case=row, now=now)
    steps.rest_work(case=row, by=by, now=now)
    told = telling.tell(case=row, template="case_asked", by=by, now=now)
    if told.call:
        telling.ask_to_call(case=row, by=by, now=now)
    return steps.finish(case=row, action="ask", by=by, now=now, note=words, facts=told.facts)


def answer(
    *,
    case: UUID | Case,
    text: str,
    by: Actor,
    now: datetime,
    version: int | None,
    receipt: str = "",
    photos: Sequence[Any] = (),
) -> Case:
    """The reporter answers by his receipt, or staff write down what he said: the clocks run on, every due time moves by the
    rest, and the case goes back to where it was.

    Photos are stored before the transaction. Refused without words, and where nobody asked.
    """
    words = steps.required(text=text, code="no_text", message=_("请写补充的情况。"), field="text", most=1000)
    if len(photos) > MOST_PHOTOS:
        raise Refused("too_many_photos", _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, field="photos")
    if photos:
        with transaction.atomic():  # nobody stores photos for a case that did not ask for them
            _begin_answer(case, receipt, by, version)
    stored = [files.store(upload=photo, purpose="report", by=by, now=now) for photo in photos]
    return _answer(case, receipt, words, stored, by, now, version)


def _begin_answer(
    case: UUID | Case, receipt: str, by: Actor, version: int | None
) -> tuple[CaseReporter | None, Case]:
    if receipt:
        return receipts.begin(receipt=receipt, action="answer", version=version)
    return None, steps.begin(case=case, action="answer", by=by, version=version)


@transaction.atomic
def _answer(
    case: UUID | Case,
    receipt: str,
    words: str,
    stored: list[Any],
    by: Actor,
    now: datetime,
    version: int | None,
) -> Case:
    held, row = _begin_answer(case, receipt, by, version)
    if steps.has_work(
        case=row, kind="call_or_visit"
    ):  # whoever answers has read or heard what there was to tell
        telling.informed(case=row, now=now)
        steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
    facts: dict[str, Any] = receipts.by_whom(held=held)
    if stored:
        files.attach(files=[one.id for one in stored], subject_kind="case", subject_id=row.id, by=by, now=now)
        facts["photos"] = [str(one.id) for one in stored]
    asker = _asker(row)
    to, rest = row.resume_state or State.REPORTED, rest_over(case=row, by=by, now=now)
    facts["rest"] = rest.total_seconds()
    done = steps.finish(case=row, action="answer", by=by, now=now, note=words, facts=facts, to=to)
    if asker is not None and asker != by.hand:
        worklist.copy(
            by=by, now=now, subject_kind="case", subject_id=row.id, title=row.title, number=row.number,
            why="answered", person=asker, path=row.place_path,
        )  # fmt: skip
    return done


def _asker(row: Case) -> UUID | None:
    """Who asked last. One statement."""
    asked = CaseStep.objects.filter(case=row, action="ask").order_by("-at", "-id")
    return asked.values_list("person", flat=True).first()


def rest_over(*, case: Case, by: Actor, now: datetime) -> timedelta:
    """The rest ends, by an answer or by whatever ends the case: row, hops and to-dos move by its length, which is returned.
    Writes the row's columns without saving it. Nothing where nothing rests."""
    case.resume_state = ""
    if case.paused_since is None:
        return timedelta()
    rest = timing.run_on(case=case, now=now)
    steps.work_again(case=case, by=by, now=now)
    return rest


# ── nobody answered ──────────────────────────────────────────────────────────────────────────────────────────────


def ask_expired(*, now: datetime, clock: Clock | None = None) -> int:
    """What ``tick`` does: questions that ANSWER_DAYS went by without an answer; the clocks run on and a clerk decides.

    Each batch is a transaction of its own that takes rows nobody else has in hand: killed anywhere, or run by several
    processes at once, each is done exactly once, at the moment that ``clock`` says then (without one: ``now``); one that
    cannot be done stops nobody else. Returns how many.
    """
    by, count, clock = system(current_county(), "tick"), 0, clock or stopped(now)
    since = now - timedelta(days=ANSWER_DAYS)
    waiting = Case.objects.filter(state=State.ASKED, next_check_at__lte=now, paused_since__lte=since)
    while True:
        with transaction.atomic():
            rows = waiting.select_for_update(no_key=True, skip_locked=True)
            batch = list(rows.order_by("next_check_at", "id")[:BATCH])
            count += sum(apart(row=row, deed=partial(_expire, row, by), now=clock()) for row in batch)
        if len(batch) < BATCH:
            return count


def _expire(row: Case, by: Actor, now: datetime) -> int:
    row.check_tries = 0
    to = row.resume_state or State.REPORTED
    rest = rest_over(case=row, by=by, now=now)
    facts = {"rest": rest.total_seconds()}
    steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
    steps.finish(case=row, action="ask_expired", by=by, now=now, facts=facts, to=to)
    to_clerk, title = steps.clerk_for(case=row), f"没有补充：{row.title}"  # kept as written
    if to == State.REPORTED and steps.has_work(
        case=row, kind="screen"
    ):  # the same clerk has it to look at: one to-do says both
        steps.ask(case=row, kind="screen", to=to_clerk, by=by, now=now, title=title, due_at=row.step_due_at)
    else:
        steps.ask(case=row, kind="unanswered", to=to_clerk, by=by, now=now)
    return 1


@transaction.atomic
def go_on(*, case: UUID | Case, by: Actor, now: datetime, version: int | None, note: str = "") -> Case:
    """Nobody answered, and a clerk decides to go on with what is known. Refused where no such decision is open."""
    row = steps.begin(case=case, action="go_on", by=by, version=version)
    if not steps.has_work(case=row, kind="unanswered"):
        raise Refused(
            "nothing_to_decide", _("没有等着决定的事：反映人没有被问过，或者已经决定。"), status=409
        )
    steps.settle(case=row, by=by, now=now, kinds=("unanswered",))
    return steps.finish(case=row, action="go_on", by=by, now=now, note=note.strip()[:500], public=False)
