"""Suggestions learn anew from the county's own cases and the list's own words."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, Refused
from mulin.services.cases.models import WordLesson
from mulin.services.cases.queries import lessons
from mulin.services.cases.rules.learning import TooLittle, learn

VERSIONS_KEPT: Final = 3


@transaction.atomic
def learn_matters(*, by: Actor, now: datetime) -> WordLesson:
    """Learn from what there is now and keep it as the newest version; what teaches the same as before makes no new one.

    By commands and jobs only: the county's texts of every place are read. Refused where there is too little.
    """
    if not by.system:
        raise NotAllowed(_("这一步由系统来做。"))
    texts, cases = lessons.material()
    try:
        learned = learn(texts)
    except TooLittle as few:
        message = _("可学的太少：%(texts)d 段文字、%(labels)d 类事项。请先发布事项清单，或多办一些案件。")
        raise Refused("too_little", message % {"texts": few.texts, "labels": few.labels}) from few
    content = learned.as_bytes()
    digest = hashlib.sha256(content).hexdigest()
    newest = WordLesson.objects.select_for_update().order_by("-number").first()
    if newest is not None and newest.digest == digest:
        return newest
    first, among_three = learned.kept
    row = WordLesson(
        number=newest.number + 1 if newest is not None else 1,
        learned_at=now,
        cases=cases,
        first=first,
        among_three=among_three,
        digest=digest,
        content=content,
    )
    row.save(force_insert=True)
    WordLesson.objects.filter(number__lte=row.number - VERSIONS_KEPT).delete()
    trail.record(
        by=by,
        now=now,
        verb="case.learned",
        subject_kind="word_lesson",
        subject_id=row.id,
        facts={"number": row.number, "cases": cases, "texts": len(texts), "digest": digest},
    )
    return row
