"""Asking back: a clerk who did not confirm the act asks whoever was helped. What is said to be untrue goes to a review."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.points.actions.desks import said, settled
from mulin.ground.points.actions.looking import CALLBACK, open_review
from mulin.ground.points.models import Act, CallBack
from mulin.ground.points.permissions import answering_as
from mulin.ground.points.queries.fairness import did, not_calling
from mulin.ground.points.rules.fairness import TRIES, Called, Matter, Pattern
from mulin.ground.trail.actions import record
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound, Stale

OUTCOMES = ("confirmed", "no_answer", "untrue")


@transaction.atomic
def call_back(*, by: Actor, now: datetime, callback: UUID, outcome: str, words: str = "") -> CallBack:
    """Write down what came of asking: ``confirmed``, ``no_answer`` (the TRIES-th time it ends unreached), or ``untrue``,
    with words, which lays the act before a person as any other pattern.

    NotAllowed for whoever confirmed or did the act, and their families. Refused (409) where it has ended.
    """
    row = CallBack.objects.select_for_update(of=("self",), no_key=True).filter(pk=callback).first()
    if row is None or outcome not in OUTCOMES:
        raise NotFound(_("没有这件回访。"))
    if not answering_as(by, role=row.role, path=row.path, barred=not_calling(row.transfer_id)):
        raise NotAllowed(_("由没有经手这件事的窗口工作人员回访。"))
    if row.state != Called.OPEN:
        raise Stale(_("这件回访已经办完了。"), code="callback_ended")
    told = said(words=words, needed=_("请写对方怎么说的。")) if outcome == "untrue" or words.strip() else ""
    row.tries, row.tried_at, row.words = row.tries + 1, now, told or row.words
    if outcome != "no_answer":
        row.state = Called(outcome)
    elif row.tries >= TRIES:
        row.state = Called.UNREACHED
    if row.state != Called.OPEN:
        row.ended_by, row.ended_at = by.person, now
        settled(by=by, now=now, matter=Matter.CALLBACK, key=row.id)
    row.save()
    if row.state == Called.UNTRUE:
        act = Act.objects.select_related("account").get(transfer_id=row.transfer_id)
        open_review(
            key=f"callback:{row.id}", kind=Pattern.CALLBACK, transfers=[row.transfer_id],
            concerned={act.confirmed_by, *did(act)}, paths={act.account.path}, since=act.done_on,
            until=act.confirmed_on, by=by, now=now,
        )  # fmt: skip
    facts: dict[str, Any] = {"outcome": outcome, "tries": row.tries}
    record(by=by, now=now, verb="points.called_back", subject_kind=CALLBACK, subject_id=row.id, facts=facts)
    return row
