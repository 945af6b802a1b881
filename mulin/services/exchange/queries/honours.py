"""Reads of commendations: for everybody, for who is proposed, for the office. Row 57: no ranking, anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import decrypt, mask_name
from mulin.services.exchange.models import (
    Commendation,
    HonourDecision,
    HonourWords,
    Merchant,
    Nomination,
    Objection,
    PriorityLine,
    Second,
)
from mulin.services.exchange.permissions import overseen, speaks_for
from mulin.services.exchange.queries.honour_counts import sources
from mulin.services.exchange.rules.amending import FIELDS, changed
from mulin.services.exchange.rules.honours import (
    PUBLIC,
    NominationState,
    NomineeKind,
    NoticeClock,
    Office,
    RoundState,
    Shown,
)

WHY, EVIDENCE, STORY = "honour.why", "honour.evidence", "honour.story"
REASON, SAID, ANSWER = "honour.reason", "honour.objection", "honour.answer"
"""To what each sealed text is bound."""
NEUTRAL = ("made_at", "id")
"""The order in which nominees stand, everywhere."""

STANDS = Q(state__in=("standing", "passed", *PUBLIC), shown__in=(Shown.FULL, Shown.MASKED))
"""Nominations that somebody else may know of: who agreed to be named. What is written of others is told by it alone."""

# ── names ─────


def called(rows: Iterable[Nomination], *, whole: bool = False, public: bool = False) -> dict[UUID, str]:
    """nomination → how the nominee is called: with stars; ``whole``: by name; ``public``: as he agreed, '' without. At most
    three statements."""
    found = list(rows)
    names = people.contacts({one.person_id for one in found if one.person_id})
    units = people.organisation_names({one.nominee for one in found if one.kind == "unit" and one.nominee})
    shops = {one.nominee for one in found if one.kind == NomineeKind.MERCHANT and one.nominee}
    named = dict(Merchant.objects.filter(pk__in=shops).values_list("id", "name")) if shops else {}
    told: dict[UUID, str] = {}
    for one in found:
        if one.kind in (NomineeKind.UNIT, NomineeKind.MERCHANT):
            hidden = public and one.shown in ("", Shown.HIDDEN)
            told[one.id] = "" if hidden else {**units, **named}.get(one.nominee or one.id, "")
            continue
        name = names[one.person_id].name if one.person_id in names else ""
        if public and one.shown in ("", Shown.HIDDEN):
            name = ""
        elif not (one.shown == Shown.FULL if public else whole):
            name = mask_name(name)
        told[one.id] = _("%(name)s一家") % {"name": name} if name and one.kind == "household" else name
    return told


# ── for everybody ─────


@dataclass(frozen=True)
class Told:
    """A nomination as a page tells it."""

    row: Nomination
    name: str
    story: str = ""
    marked: bool = False
    """Called by his number only: he does not want to be named."""


def rounds_shown(*, at: str = "", size: int = 20) -> Page:
    """Rounds that everybody sees, newest first, with their places' names. Two statements."""
    found = page(Commendation.objects.exclude(state=RoundState.CANCELLED), by="-made_at", at=at, size=size)
    names = territory.names_of_paths({one.path for one in found.rows})
    return found.of([{"row": one, "place": names.get(one.path, "")} for one in found.rows])


def round_shown(key: UUID) -> Commendation:
    """A round as everybody may know it, a cancelled one too. Raises NotFound."""
    row = Commendation.objects.filter(pk=key).first()
    if row is None:
        raise NotFound(_("没有这一轮评选。"))
    return row


def changes_of(row: Commendation) -> list[dict[str, Any]]:
    """What was changed in a published round, newest first: (number, at, why, and for each field what it said and says).
    None for a round that was not changed; else at most three statements."""
    if row.version == 1:
        return []
    rows = list(row.versions.order_by("number"))
    names = territory.names_of_paths({one.told["path"] for one in rows})
    counts = dict(sources(row.counted_until))
    told = [
        {
            "number": new.number,
            "at": new.at,
            "why": new.why,
            "lines": [
                {
                    "name": FIELDS[field],
                    "before": _said(field, old.told[field], names, counts),
                    "after": _said(field, new.told[field], names, counts),
                }
                for field in changed(old.told, new.told)
            ],
        }
        for old, new in pairwise(rows)
    ]
    return told[::-1]


def _said(field: str, value: Any, names: Mapping[str, str], counts: Mapping[str, str]) -> str:
    """What a field of a version says, in words."""
    if field == "path":
        return names.get(value, value)
    if field in ("office", "notice_clock"):
        labels: dict[str, Any] = dict(Office.choices if field == "office" else NoticeClock.choices)
        return str(labels.get(value, value))
    if field == "counts":
        return "、".join(counts.get(code, code) for code in value) or _("不统计")
    return str(value)


def public_nominees(row: Commendation) -> tuple[list[Told], int]:
    """(those named in public in neutral order, how many more without a name). While nominating, those who agreed to stand;
    afterwards the chosen, whoever does not want to be named by his number, and the awarded. At most four statements."""
    states = ("standing",) if row.state == RoundState.NOMINATING else PUBLIC
    if row.state in (RoundState.PLANNED, RoundState.DECIDING, RoundState.CANCELLED):
        return [], 0
    return _told_publicly(row.nominations.filter(state__in=states))


def _told_publicly(found: QuerySet[Nomination]) -> tuple[list[Told], int]:
    rows = list(found.order_by(*NEUTRAL))
    names = called(rows, public=True)
    told = [
        Told(one, names[one.id] or in_notice_called(one), _story(one), marked=not names[one.id])
        for one in rows
        if names[one.id] or in_notice_called(one)
    ]
    return told, len(rows) - len(told)


def in_notice_called(one: Nomination) -> str:
    """How somebody in the notice is called who does not want to be named: by a number, so that there can be an objection;
    '' for everybody else."""
    if one.state != NominationState.CHOSEN or one.mark is None:
        return ""
    return _("%(n)d 号") % {"n": one.mark}


def _story(one: Nomination) -> str:
    return decrypt(one.story_sealed, bound_to=STORY) if one.story_ok else ""


def to_choose(row: Commendation) -> list[Nomination]:
    """Who may be chosen now, in neutral order."""
    states = ("passed",) if row.state == RoundState.NOTICE else ("standing",)
    return list(row.nominations.filter(state__in=states).order_by(*NEUTRAL))


def withdrawn_days(row: Commendation) -> list[datetime]:
    """When awards of a round were withdrawn: everybody reads that it happened, not whose."""
    rows = row.nominations.filter(state=NominationState.WITHDRAWN).order_by("ended_at")
    return [one.ended_at for one in rows if one.ended_at]


def years() -> list[int]:
    """The years in which somebody was awarded, newest first. One statement."""
    found = Nomination.objects.filter(state=NominationState.AWARDED).values_list(
        "awarded_at__year", flat=True
    )
    return sorted(set(found.order_by().distinct()), reverse=True)


def awarded_in(year: int) -> tuple[list[dict[str, Any]], int]:
    """(by round, newest first: round, place, the awarded who agreed to be named; how many more). At most six statements."""
    found = Nomination.objects.filter(state=NominationState.AWARDED, awarded_at__year=year)
    told, nameless = _told_publicly(found.select_related("round"))
    by_round: dict[Commendation, list[Told]] = {}
    for one in told:
        by_round.setdefault(one.row.round, []).append(one)
    names = territory.names_of_paths({row.path for row in by_round})
    rows = sorted(by_round.items(), key=lambda pair: pair[0].made_at, reverse=True)
    return [{"row": row, "place": names.get(row.path, ""), "told": told} for row, told in rows], nameless


def to_second(actor: Actor, rows: Iterable[Nomination]) -> set[UUID]:
    """Those of some nominations that the actor may still second: not his own, nor seconded or proposed by him."""
    if actor.person is None:
        return set()
    keys = {one.id for one in rows if actor.person not in (one.person_id, one.nominated_by)}
    done = Second.objects.filter(person=actor.person, nomination__in=keys)
    return keys - set(done.values_list("nomination_id", flat=True))


# ── for who is proposed, who proposes, who objects ─────


def mine(actor: Actor) -> list[Nomination]:
    """Where the actor himself, his household by him, a unit or shop for which he speaks was proposed, newest first. Three
    statements."""
    if actor.person is None:
        return []
    rows = Nomination.objects.filter(speaks_for(actor)).exclude(state__in=["lapsed"])
    return list(rows.select_related("round").order_by("-made_at", "-id")[:50])


def proposed_by(actor: Actor) -> list[Nomination]:
    """What the actor proposed for others, once they stand in public: before, it would say who is registered by a telephone
    number, and who declined. One statement."""
    if actor.person is None:
        return []
    rows = Nomination.objects.filter(STANDS, nominated_by=actor.person).exclude(person=actor.person)
    return list(rows.select_related("round").order_by("-made_at", "-id")[:50])


def my_objections(actor: Actor) -> list[dict[str, Any]]:
    """What the actor objected to, with the answer. At most four statements."""
    if actor.person is None:
        return []
    found = Objection.objects.filter(person=actor.person).select_related("nomination__round")
    rows = list(found.order_by("-at", "-id")[:50])
    names = called([one.nomination for one in rows], public=True)
    return [
        {
            "row": one,
            "name": names[one.nomination_id] or in_notice_called(one.nomination),
            "words": decrypt(one.words_sealed, bound_to=SAID),
            "answer": decrypt(one.answer_sealed, bound_to=ANSWER),
        }
        for one in rows
    ]


def my_nomination(actor: Actor, key: UUID) -> Nomination:
    """A nomination for which the actor speaks. Raises NotFound."""
    row = Nomination.objects.select_related("round").filter(speaks_for(actor), pk=key).first()
    if row is None:
        raise NotFound(_("没有这个提名。"))
    return row


def is_of(actor: Actor, one: Nomination) -> bool:
    """Whether the actor speaks for a nomination. No statement for a person's, three for a unit's or shop's."""
    if one.person_id is not None or one.nominee is None or actor.person is None:
        return one.person_id is not None and one.person_id == actor.person
    return Nomination.objects.filter(speaks_for(actor), pk=one.pk).exists()


def words_of(one: Nomination) -> dict[str, str]:
    """Why, the evidence and the public words of a nomination."""
    return {
        "why": decrypt(one.why_sealed, bound_to=WHY),
        "evidence": decrypt(one.evidence_sealed, bound_to=EVIDENCE),
        "story": decrypt(one.story_sealed, bound_to=STORY),
    }


def my_line(one: Nomination) -> PriorityLine | None:
    """What was counted of a nomination by the newest snapshot. One statement."""
    return one.lines.select_related("snapshot").order_by("-snapshot__number").first()


def involved(one: Nomination, said: Objection) -> set[UUID]:
    """Who must not answer an objection: who objects, decided, proposed, seconded, was proposed, agreed for him. Two
    statements, none where decisions and seconds were fetched."""
    others = [each.by for each in one.decisions.all()] + [each.person_id for each in one.seconds.all()]
    found = {said.person_id, one.person_id, one.nominee, one.nominated_by, one.answered_for, *others}
    return {key for key in found if key is not None}


def concerns(one: Nomination, near: set[UUID]) -> bool:
    """Whether a nomination is of somebody, or something, among those ``near``."""
    return bool({one.person_id, one.nominee} & near)


def decisions_told(one: Nomination) -> list[dict[str, Any]]:
    """What was decided of a nomination after it was chosen, with the reasons that the nominee reads: removed, withdrawn.
    At most two statements."""
    rows = list(one.decisions.filter(act__in=["removed", "withdrawn"]).order_by("at", "id"))
    return [{"row": each, "words": words} for each, words in zip(rows, _reasons(rows), strict=True)]


def _reasons(rows: list[HonourDecision]) -> list[str]:
    """The reasons of some decisions, in their order. One statement."""
    said = dict(HonourWords.objects.filter(decision__in=rows).values_list("decision_id", "sealed"))
    return [decrypt(said.get(each.id, ""), bound_to=REASON) for each in rows]


def may_object(actor: Actor, one: Nomination, now: datetime) -> bool:
    """Anybody who is known, but the nominee, while the notice lasts."""
    if actor.person is None or actor.person == one.person_id or one.state != NominationState.CHOSEN:
        return False
    return one.notice_until is not None and now < one.notice_until


def objected(actor: Actor, rows: Iterable[Nomination]) -> set[UUID]:
    """Those of some nominations to which the actor objected and waits for the answer. One statement."""
    if actor.person is None:
        return set()
    found = Objection.objects.filter(
        person=actor.person, nomination__in=[one.id for one in rows], state="open"
    )
    return set(found.values_list("nomination_id", flat=True))


def in_notice(key: UUID) -> tuple[Nomination, str]:
    """(a nomination in its public notice, how it is called in public). Raises NotFound."""
    row = Nomination.objects.select_related("round").filter(pk=key, state=NominationState.CHOSEN).first()
    if row is None:
        raise NotFound(_("没有这项公示，或者已经结束。"))
    return row, called([row], public=True)[row.id] or in_notice_called(row)


def certificate(actor: Actor, key: UUID, *, whole: bool = False) -> tuple[Nomination, str]:
    """(an award, the name to print) for the awarded himself and the clerks over the round, for these with stars unless it
    is shown to everybody, or looked at (``whole``). Raises NotFound."""
    row = Nomination.objects.select_related("round").filter(pk=key, state=NominationState.AWARDED).first()
    if row is not None:
        own = is_of(actor, row)
        if own or Commendation.objects.filter(overseen(actor), pk=row.round_id).exists():
            return row, called([row], whole=own or whole or row.shown == Shown.FULL)[row.id]
    raise NotFound(_("没有这份表彰。"))


# ── figures, addresses, export ─────


def nominated_between(start: datetime, until: datetime) -> QuerySet[Nomination]:
    """Nominations made in [start, until), whatever became of them."""
    return Nomination.objects.filter(made_at__gte=start, made_at__lt=until)


def awarded_between(start: datetime, until: datetime) -> QuerySet[Nomination]:
    """Awards of [start, until) that were not withdrawn before its end."""
    rows = Nomination.objects.filter(awarded_at__gte=start, awarded_at__lt=until)
    return rows.exclude(state=NominationState.WITHDRAWN, ended_at__lt=until)


def address(kind: str, actor: Actor, key: UUID) -> str:
    """Where an actor opens a round, nomination or objection: its desk, his own page of it, or what everybody reads."""
    if kind == "objection":
        return reverse("exchange:honour_objection", args=[key])
    one = Nomination.objects.filter(pk=key).first() if kind == "nomination" else None
    if one is not None and is_of(actor, one):
        return reverse("exchange:honour_mine_one", args=[key])
    if one is not None and actor.person and one.objections.filter(person=actor.person).exists():
        return reverse("exchange:honours_mine")
    round_id = one.round_id if one is not None else key
    desk = Commendation.objects.filter(overseen(actor), pk=round_id).exists()
    return reverse("exchange:honour_desk" if desk else "exchange:honour", args=[round_id])


def _exported(one: Nomination, person: UUID) -> dict[str, Any]:
    """What somebody wrote of another who stands, nothing of what came of it; of himself all but whom a proposer named to
    ask, with what was counted of him and decided about him."""
    said = words_of(one)
    if one.person_id != person:
        return {"about": "another", "why": said["why"], "evidence": said["evidence"]}
    if one.nominated_by != person:
        del said["evidence"]
    counted = one.lines.select_related("snapshot").order_by("snapshot__number")
    decisions = list(one.decisions.order_by("at", "id"))
    return {
        "about": "oneself",
        "state": one.state,
        "shown": one.shown,
        **said,
        "counted": [
            {"at": each.snapshot.at.isoformat(), "acts": each.acts, "of": each.told} for each in counted
        ],
        "decisions": [
            {"act": each.act, "at": each.at.isoformat(), "by_priority": each.by_priority, "reasons": words}
            for each, words in zip(decisions, _reasons(decisions), strict=True)
        ],
    }


def export_honours(person: UUID) -> dict[str, Any]:
    """What is kept of a person here: where he was proposed, what he proposed and seconded, his objections. Of others only
    what stands in public: else it would say whose number is registered, who declined, who put himself forward."""
    about = Nomination.objects.filter(Q(person=person) | (STANDS & Q(nominated_by=person)))
    about = about.select_related("round")
    shown = Nomination.objects.filter(STANDS)
    seconds = Second.objects.filter(person=person, nomination__in=shown).select_related("nomination__round")
    seconds = seconds.order_by("at")
    said = Objection.objects.filter(person=person).select_related("nomination__round").order_by("at")
    told = {
        "nominations": [
            {"round": one.round.title, "at": one.made_at.isoformat(), **_exported(one, person)}
            for one in about.order_by("made_at")
        ],
        "nominations_seconded": [
            {"round": one.nomination.round.title, "at": one.at.isoformat()} for one in seconds
        ],
        "honour_objections": [
            {
                "round": one.nomination.round.title,
                "at": one.at.isoformat(),
                "words": decrypt(one.words_sealed, bound_to=SAID),
                "answer": decrypt(one.answer_sealed, bound_to=ANSWER),
            }
            for one in said
        ],
    }
    return {key: rows for key, rows in told.items() if rows}
