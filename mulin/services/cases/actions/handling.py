"""A case is worked on: take up, reply, dispose, record a call or visit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.files import actions as files
from mulin.ground.files import queries as files_read
from mulin.ground.notices import queries as notices
from mulin.ground.people import queries as people
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor, system
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.secrets import decrypt
from mulin.services.cases.actions import closing, holding, merging, pairs, steps, telling, timing
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.permissions import may, may_see, may_see_confidential
from mulin.services.cases.queries.lookup import tried
from mulin.services.cases.rules import (
    CONTACT_TRIES,
    GRID_STAFF,
    MOST_PHOTOS,
    SPOKEN,
    Address,
    Contacted,
    Holder,
    State,
    Way,
    asks_for_photo,
    level_of_role,
    same_words,
    title_of,
)


@transaction.atomic
def take_up(*, case: UUID | Case, by: Actor, now: datetime, version: int | None) -> Case:
    """Somebody takes the case in hand: it is his, and his to-do by name keeps the clock of its level.

    A clerk who takes up what lay in a grid holds it on his own level from then on: "the community acts".
    """
    row = steps.begin(case=case, action="take_up", by=by, version=version)
    if by.hand is None:
        raise NotAllowed(_("接单的必须是具体的人。"))
    timing.admit(case=row, now=now)
    mine = _own_level(row, by)
    if mine is not None:
        holding.hold(
            case=row, holder=mine, how="take_up", by=by, now=now, person=by.hand,
            clock=timing.begin_in_hand,
        )  # fmt: skip
    else:
        row.handler_id = by.hand
        timing.begin_work(case=row, now=now)
        steps.settle(case=row, by=by, now=now, kinds=("screen",))
        to, due = holding.held_by(case=row), row.step_due_at
        steps.ask(case=row, kind="handle", to=to, by=by, now=now, person=by.hand, due_at=due)
    row.taken_up_at = row.taken_up_at or now
    row.assigned_at = row.assigned_at or now
    steps.finish(case=row, action="take_up", by=by, now=now)
    telling.tell(case=row, template="case_taken_up", by=by, now=now)
    return row


def _own_level(row: Case, by: Actor) -> Holder | None:
    """The level on which a clerk takes up what another level holds, or nobody yet; None where it stays as it is."""
    if row.unit_id is not None:
        return None
    role = steps.role_in(by=by, case=row)
    level = level_of_role(role)
    if not level or level == row.level:
        return None
    path = row.grid_path if role in GRID_STAFF else row.place_path
    return Holder(level, Address(role if role not in GRID_STAFF else "grid_worker", path))


@transaction.atomic
def reply(
    *, case: UUID | Case, text: str, by: Actor, now: datetime, version: int | None, way: str = Way.MESSAGE
) -> Case:
    """Answer the reporter with content: the first contact that counts as a response (row 20).

    ``way``: sent by the system, or already said by phone or in person. Nobody reachable by message but with a phone:
    a call-or-visit to-do, and the response counts when somebody has reached him.
    """
    row = steps.begin(case=case, action="reply", by=by, version=version)
    words = steps.required(text=text, code="no_text", message=_("请写答复的内容。"), field="text")
    if way not in Way.values:
        raise Refused("way_unknown", _("请选择怎么告诉反映人的。"), field="way")
    facts: dict[str, Any] = {"way": way}
    told = telling.tell(case=row, template="case_replied", by=by, now=now)
    facts |= told.facts
    if row.response_due_at is not None and row.response_due_at <= now:
        steps.settle(case=row, by=by, now=now, kinds=("respond",))
    if way != Way.MESSAGE:
        telling.informed(case=row, now=now)
    else:
        telling.answered(case=row, told=told, by=by, now=now)
    return steps.finish(case=row, action="reply", by=by, now=now, note=words, facts=facts)


DISPOSED = ("handle", "screen", "call_or_visit", "overdue", "decide", "respond")
"""To-dos that a result answers."""


@transaction.atomic
def _dispose(
    row_id: UUID,
    result: str,
    stored: list[Any],
    by: Actor,
    now: datetime,
    version: int | None,
    client_id: UUID | None,
) -> Case:
    row, again = _begin_result(row_id, result, by, version, client_id)
    if again:
        return row
    _has_evidence(row, stored)
    row.result = result
    pairs.keep(cases=[row])
    row.disposed_at = now
    row.handler_id = row.handler_id or by.hand
    if stored:
        files.attach(files=[one.id for one in stored], subject_kind="case", subject_id=row.id, by=by, now=now)
    steps.settle(case=row, by=by, now=now, kinds=DISPOSED)
    holding.worked(case=row, by=by, now=now)
    told = telling.tell(case=row, template="case_disposed", by=by, now=now)
    before, row.state = row.state, State.DISPOSED
    telling.answered(case=row, told=told, by=by, now=now)
    facts: dict[str, Any] = dict(told.facts)
    if stored:
        facts["photos"] = [str(one.id) for one in stored]
    if client_id is not None:
        facts["client_id"] = str(client_id)
    steps.finish(case=row, action="dispose", by=by, now=now, note=result, facts=facts, before=before)
    steps.ask_to_look(case=row, by=by, now=now)
    return row


def _begin_result(
    key: UUID, words: str, by: Actor, version: int | None, client_id: UUID | None
) -> tuple[Case, bool]:
    """The locked case, and whether this very result was written before: then nothing is left to do. Asked only where the
    case would be refused, as after a result it always is."""
    try:
        return steps.begin(case=key, action="dispose", by=by, version=version), False
    except Refused:
        sent = CaseStep.objects.filter(case=key, action="dispose", person=by.hand)
        step = sent.filter(facts__client_id=str(client_id)).first() if client_id is not None else None
        if step is None:
            raise
        if not same_words(step.note, words):
            message = _("这张表刚才已经提交过，内容不一样。如果是另一件事，请再点一次提交。")
            raise Refused("client_id_taken", message, status=409) from None
        return Case.objects.get(pk=key), True


def _has_evidence(row: Case, stored: list[Any]) -> None:
    """What the matter type asks for beside the words: photos of this result, not of one that did not stand.
    Refused ("no_photo")."""
    needed = row.matter.evidence_needed if row.matter is not None else ""
    if not asks_for_photo(needed):
        return
    earlier = files_read.of_subjects("case", [row.id]).get(row.id, [])
    if not stored:
        words = {"document": _("这类事项要附文书或凭证的照片。")}
        raise Refused("no_photo", words.get(needed, _("这类事项要附处置后的照片。")), field="photos")
    if needed == "photo_both" and len(stored) < 2 and not any(one.purpose == "report" for one in earlier):
        raise Refused("no_photo", _("这类事项要附处置前和处置后的照片，各一张。"), field="photos")


def dispose(
    *,
    case: UUID | Case,
    result: str,
    by: Actor,
    now: datetime,
    version: int | None,
    photos: Sequence[Any] = (),
    client_id: UUID | None = None,
) -> Case:
    """Write the result (with photos if any). The reporter is told, or a call-or-visit to-do is put; the clerk may close.

    Photos are stored before the transaction. Refused without words of the result. The same ``client_id`` with the same
    words, by the same person, is the same result, however often a phone sends it; with other words it is refused (409).
    """
    words = steps.required(text=result, code="no_result", message=_("请写处置结果。"), field="result")
    if len(photos) > MOST_PHOTOS:
        raise Refused("too_many_photos", _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, field="photos")
    key = case.id if isinstance(case, Case) else case
    if photos:
        with transaction.atomic():  # nobody stores photos for a case that is not his
            row, again = _begin_result(key, words, by, version, client_id)
        if again:
            return row
    stored = [files.store(upload=photo, purpose="result", by=by, now=now) for photo in photos]
    return _dispose(key, words, stored, by, now, version, client_id)


@transaction.atomic
def transcribe(*, case: UUID | Case, text: str, by: Actor, now: datetime, version: int | None) -> Case:
    """Somebody listened to the recording and writes down what is said. Where the report had no other words, these are its
    words from now on. Refused where nothing waits to be written down."""
    row = steps.begin(case=case, action="transcribe", by=by, version=version)
    if not steps.has_work(case=row, kind="listen"):
        raise Refused("nothing_to_hear", _("没有等着听写的录音。"), status=409)
    words = steps.required(text=text, code="no_text", message=_("请写下录音里说的话。"), field="text")
    if row.text == SPOKEN:
        row.text, row.title = words, title_of(words)
        pairs.keep(cases=[row])
    steps.settle(case=row, by=by, now=now, kinds=("listen",))
    return steps.finish(case=row, action="transcribe", by=by, now=now, note=words, public=False)


@transaction.atomic
def inform(
    *,
    case: UUID | Case,
    outcome: str,
    by: Actor,
    now: datetime,
    version: int | None,
    note: str = "",
    reporter: UUID | None = None,
) -> Case:
    """Record a call or visit: reached (the reporter knows now), or not; the third day of vain tries ends the to-do, and a
    clerk may close without.

    ``reporter``: which of several; without one everybody who waits. Reached on a verified result, the case closes. Refused
    where nothing waits to be told: a call without content is no response.
    """
    row = steps.begin(case=case, action="inform", by=by, version=version)
    if not steps.has_work(case=row, kind="call_or_visit"):
        raise Refused(
            "nothing_to_tell", _("现在没有等着告知反映人的内容：请先写答复或处置结果。"), status=409
        )
    if outcome not in Contacted.values:
        raise Refused("outcome_unknown", _("请选择联系的结果。"), field="outcome")
    words = note.strip()[:500]
    if outcome == Contacted.REACHED:
        waiting = telling.untold(case=row) if reporter is not None else []
        if len(waiting) > 1 and reporter in {one.id for one in waiting}:
            telling.informed_of(case=row, reporters=[reporter], now=now)
        else:
            telling.informed(case=row, now=now)
            steps.settle(case=row, by=by, now=now, kinds=("call_or_visit", "respond"))
        done = steps.finish(
            case=row, action="inform", by=by, now=now, note=words, public=False, facts={"outcome": outcome}
        )
        return closing.close_if_told(row=done, by=by, now=now)
    steps.finish(
        case=row,
        action="inform",
        by=by,
        now=now,
        note=words,
        public=False,
        facts={"outcome": outcome},
        step="not_reached",
    )
    if tried(row) >= CONTACT_TRIES:
        steps.settle(case=row, by=by, now=now, kinds=("call_or_visit",))
    return row


@transaction.atomic
def message_failed(*, subject_id: UUID, notice_id: UUID, now: datetime) -> None:
    """What notices call when a message will never arrive: nobody was told, somebody has to call or visit.

    A case that is closed or taken back asks nobody, and nobody is asked where the same message stands in the app.
    """
    row = merging.going_on(case=subject_id)
    if row is None or row.state in (State.CLOSED, State.WITHDRAWN):
        return
    sent = notices.of_subject("case", subject_id)
    key = next((one.key for one in sent if one.id == notice_id), "")
    if key.startswith("work_"):  # it was for a colleague, who finds it on his desk
        return
    if any(one.key == key and one.channel == "in_app" for one in sent):
        return
    by = system(current_county(), "notices")
    telling.not_informed(case=row)
    row.save()
    telling.ask_to_call(case=row, by=by, now=now)
    steps.record(case=row, verb="case.message_failed", by=by, now=now, facts={"notice": str(notice_id)})


@transaction.atomic
def show_contact(
    *, case: UUID | Case, by: Actor, now: datetime, printed: bool = False
) -> list[people.Contact]:
    """Name and phone of each reporter in plain text, for who handles the case; of one who asked that nobody learn who he
    is, for few of them. The look is recorded about him, and that it went on paper."""
    key = case.id if isinstance(case, Case) else case
    row = Case.objects.filter(pk=key).first()
    holds = row is not None and steps.holds_work(actor=by, case=row)
    if row is None or not (may_see(by, row) or holds):
        raise NotFound(_("没有这件事，或者您看不到它。"))
    if not may(by, "show_contact", row, holds_work=holds):
        raise NotAllowed(_("只有办理这件事的人可以看联系方式。"))
    found = []
    for one in telling.reporters_of(case=row):
        trail.record(
            by=by,
            now=now,
            verb="case.contact.viewed",
            subject_kind="case",
            subject_id=row.id,
            facts={"number": row.number} | ({"printed": True} if printed else {}),
            about=one.person_id,
        )
        if one.confidential and not may_see_confidential(by, row):
            found.append(people.Contact(name=_("要求保密，只有街道和县里的工作人员能看"), phone=""))
            continue
        found.append(
            people.Contact(
                name=decrypt(one.name_sealed, bound_to="case_reporter.name"),
                phone=decrypt(one.phone_sealed, bound_to="case_reporter.phone"),
            )
        )
    return found
