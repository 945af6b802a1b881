"""Reading the trail: of a subject, a person, the county; and proving that nothing in it was changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from mulin.ground.trail.models import AuditDetail, AuditEntry, Seal
from mulin.ground.trail.permissions import may_read_log
from mulin.ground.trail.rules import ERASED, LOOKS, Facts, Head, detail_digest, genesis, link, read_head
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.paging import Page, page

CHUNK = 1000


@dataclass(frozen=True)
class Deed:
    """One entry as a page shows it. ``detail`` is empty unless asked for, and after erasure."""

    id: UUID
    at: datetime
    verb: str
    words: str
    person: UUID | None
    account: UUID | None
    system: str
    on_behalf_of: UUID | None
    subject_kind: str
    subject_id: UUID
    facts: Mapping[str, Any]
    detail: Mapping[str, Any] = field(default_factory=dict)


def _deed(entry: AuditEntry, detail: Mapping[str, Any] | None = None) -> Deed:
    return Deed(
        id=entry.id,
        at=entry.at,
        verb=entry.verb,
        words=str(hooks.verb_words.get(entry.verb, entry.verb)),
        person=entry.person,
        account=entry.account,
        system=entry.system,
        on_behalf_of=entry.on_behalf_of,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        facts=entry.facts,
        detail=detail or {},
    )


def of_subject(kind: str, subject: UUID, *, limit: int = 500) -> list[Deed]:
    """What was done to a subject, oldest first. The caller has checked that the actor sees the subject."""
    entries = AuditEntry.objects.filter(subject_kind=kind, subject_id=subject).order_by("id")
    return [_deed(entry) for entry in entries[:limit]]


def details_of(entries: Iterable[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """The personal detail of entries. Showing one is itself a look: the caller records it."""
    rows = AuditDetail.objects.filter(entry_id__in=list(entries))
    return dict(rows.values_list("entry_id", "payload"))


def _looks() -> Q:
    condition = Q()
    for ending in LOOKS:
        condition |= Q(verb__endswith=ending)
    return condition


def _about(person: UUID) -> Q:
    """Entries whose subject is the person, or whose detail concerns him."""
    told = AuditDetail.objects.filter(entry_id=OuterRef("pk"), county_id=OuterRef("county_id"), about=person)
    return Q(subject_kind="person", subject_id=person) | Q(Exists(told))


def who_looked_at(person: UUID, *, limit: int = 200) -> list[Deed]:
    """Who read or exported a person's data (verbs ending as rules.LOOKS says), newest first."""
    entries = AuditEntry.objects.filter(_looks() & _about(person)).order_by("-id")
    return [_deed(entry) for entry in entries[:limit]]


def visible_to(actor: Actor) -> QuerySet[AuditEntry]:
    """The county's whole trail for those who may read it, nothing for anybody else."""
    return AuditEntry.objects.all() if may_read_log(actor) else AuditEntry.objects.none()


def log_page(
    actor: Actor,
    *,
    day: date | None = None,
    verb: str = "",
    subject: UUID | None = None,
    person: UUID | None = None,
    looks: bool = False,
    at: str = "",
    size: int = 50,
) -> tuple[Page, Mapping[UUID, str]]:
    """A page of deeds, newest first, and the names of those in it. ``person`` did it, ``subject`` is whom or what it
    concerned."""
    entries = visible_to(actor)
    if day:
        entries = entries.filter(local_day=day)
    if verb:
        entries = entries.filter(verb=verb)
    if subject:
        entries = entries.filter(Q(subject_id=subject) | _about(subject))
    if person:
        entries = entries.filter(person=person)
    if looks:
        entries = entries.filter(_looks())
    found = page(entries, by="-id", at=at, size=size)
    shown = [_deed(entry) for entry in found.rows]
    persons = {who for deed in shown for who in (deed.person, deed.on_behalf_of) if who}
    persons |= {deed.subject_id for deed in shown if deed.subject_kind == "person"}
    return found.of(shown), hooks.names_of(persons)


def export(person: UUID) -> dict[str, Any]:
    """What the trail keeps of a person: his own deeds, and what was recorded about him."""
    own = AuditEntry.objects.filter(person=person).order_by("id")
    about = AuditDetail.objects.filter(about=person).select_related("entry").order_by("entry_id")
    return {
        "deeds": [
            {
                "at": one.at.isoformat(),
                "verb": one.verb,
                "subject": one.subject_kind,
                "id": str(one.subject_id),
            }
            for one in own.iterator()
        ],
        "recorded_about": [
            {"at": one.entry.at.isoformat(), "verb": one.entry.verb, "detail": one.payload}
            for one in about.iterator()
        ],
    }


# ── the chain ──────────────────────────────────────────────────────────────────────────────────────


def last_seal() -> Seal | None:
    """The newest link of the county's chain."""
    return Seal.objects.order_by("-number").first()


def facts_of(entry: AuditEntry) -> Facts:
    """The hashed columns of an entry."""
    return Facts(
        county=entry.county_id or 0,
        id=entry.id,
        at=entry.at,
        local_day=entry.local_day,
        account=entry.account,
        person=entry.person,
        system=entry.system,
        on_behalf_of=entry.on_behalf_of,
        verb=entry.verb,
        subject_kind=entry.subject_kind,
        subject_id=entry.subject_id,
        facts=entry.facts,
        digest=entry.digest,
    )


def head_file(county: int, of: str = "") -> Path:
    """Where the heads of a county's chain are kept, outside the database; ``of``: of another chain than the trail's."""
    return Path(settings.HEADS_ROOT) / f"{county:06d}{'-' if of else ''}{of}.jsonl"


@dataclass(frozen=True)
class Finding:
    """Something wrong: a stable code, the link and entry it concerns, and words."""

    code: str
    words: str
    number: int | None = None
    entry: UUID | None = None


@dataclass
class Verdict:
    """What ``verify-trail`` says of one county."""

    county: int
    sealed: int = 0
    unsealed: int = 0
    erased: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: str, words: str, number: int | None = None, entry: UUID | None = None) -> None:
        """Note one thing that is wrong."""
        self.findings.append(Finding(code, words, number, entry))


def verify() -> Verdict:
    """Recompute the chain of the county in force and compare it with its entries, details and head file.

    A changed entry is named once: each link is recomputed from the stored one before it, and a forger who
    rewrites all later links is caught by the head file.
    """
    verdict = Verdict(current_county())
    previous, number, erased_about = genesis(verdict.county), 0, erased_persons()
    while True:
        seals = list(Seal.objects.filter(number__gt=number).order_by("number")[:CHUNK])
        if not seals:
            break
        entries = AuditEntry.objects.in_bulk([seal.entry_id for seal in seals])
        details = {row.entry_id: row for row in AuditDetail.objects.filter(entry_id__in=list(entries))}
        for seal in seals:
            if seal.number != number + 1:
                verdict.find(
                    "link_missing", f"links {number + 1} to {seal.number - 1} are missing", seal.number - 1
                )
            _check_link(verdict, seal, entries.get(seal.entry_id), previous)
            _check_detail(
                verdict, seal.number, entries.get(seal.entry_id), details.get(seal.entry_id), erased_about
            )
            previous, number = seal.hash, seal.number
            verdict.sealed += 1
    verdict.head = previous if number else ""
    _check_heads(verdict, number)
    _check_unsealed(verdict)
    return verdict


def _check_heads(verdict: Verdict, last: int) -> None:
    """Every head ever written outside the database is a link of the chain."""

    def links(numbers: set[int]) -> dict[int, tuple[str, UUID]]:
        rows = Seal.objects.filter(number__in=numbers)
        return {seal.number: (seal.hash, seal.entry_id) for seal in rows}

    for told in wrong_heads(head_file(verdict.county), verdict.county, last, links):
        verdict.find(*told)


def wrong_heads(
    path: Path, county: int, last: int, links: Callable[[set[int]], Mapping[int, tuple[str, UUID]]]
) -> Iterator[tuple[str, str, int | None, UUID | None]]:
    """What a head file says against a chain of ``last`` links: (code, words, number, entry). The file may be long: streamed.

    ``links``: numbers → (hash, entry) of those that are there.
    """
    if not path.exists():
        if last:
            words = f"no head file {path.name}: nothing outside the database bears witness"
            yield "head_file_missing", words, None, None
        return
    newest = Head(county, "", 0, "", "")
    with path.open(errors="replace") as lines:
        numbered = enumerate(lines, start=1)
        while batch := list(islice(numbered, CHUNK)):
            told = [(place, read_head(line)) for place, line in batch]
            known = [head for _place, head in told if head is not None and head.county == county]
            for place, head in told:
                if head is None or head.county != county:
                    words = f"line {place} of {path.name} is no head of this county"
                    yield "head_unreadable", words, None, None
            there = links({head.number for head in known})
            for head in known:
                kept, entry = there.get(head.number, (head.hash, None))
                if kept != head.hash:
                    words = f"link {head.number} is not the one written on {head.day}"
                    yield "head_differs", words, head.number, entry
            newest = max([newest, *known], key=lambda head: head.number)
    if newest.number > last and not links({newest.number}):
        words = f"the head file of {newest.day} knows link {newest.number}; the database ends at {last}"
        yield "newest_missing", words, newest.number, None


def erased_persons() -> set[UUID]:
    """The persons whose erasure the trail itself tells."""
    rows = AuditEntry.objects.filter(verb=ERASED, subject_kind="person")
    return set(rows.values_list("subject_id", flat=True))


def _erasure_told(person: UUID | None) -> bool:
    """Asked again for an erasure that happened while we were reading."""
    if person is None:
        return False
    return AuditEntry.objects.filter(verb=ERASED, subject_kind="person", subject_id=person).exists()


def _check_link(verdict: Verdict, seal: Seal, entry: AuditEntry | None, previous: str) -> None:
    if entry is None:
        verdict.find("entry_missing", f"the entry of link {seal.number} is gone", seal.number, seal.entry_id)
    elif link(previous, seal.number, seal.sealed_at, facts_of(entry)) != seal.hash:
        verdict.find(
            "entry_changed", f"link {seal.number} does not fit its entry", seal.number, seal.entry_id
        )


def _check_detail(
    verdict: Verdict,
    number: int | None,
    entry: AuditEntry | None,
    detail: AuditDetail | None,
    erased_about: set[UUID],
) -> None:
    """The detail is as recorded, or erased with an explanation."""
    if entry is None:
        return
    if detail is None:
        verdict.find("detail_missing", "the detail row is gone", number, entry.id)
    elif not detail.salt and not detail.payload:
        verdict.erased += 1
        if detail.about not in erased_about and not _erasure_told(detail.about):
            verdict.find(
                "erased_unexplained", "the detail is empty and no erasure tells of it", number, entry.id
            )
    elif detail_digest(detail.salt, detail.payload) != entry.digest:
        verdict.find("detail_changed", "the detail is not the one recorded", number, entry.id)
    elif number is not None and not detail.sealed:
        verdict.find("mark_changed", "a sealed deed is marked as unsealed", number, entry.id)


def _check_unsealed(verdict: Verdict) -> None:
    """Deeds that wait for their seal: their detail is there, unmarked and as recorded."""
    sealed = Seal.objects.filter(entry_id=OuterRef("pk"), county_id=OuterRef("county_id"))
    waiting = AuditEntry.objects.filter(~Exists(sealed)).order_by("id")
    erased_about, last = erased_persons(), None
    while rows := list((waiting.filter(id__gt=last) if last else waiting)[:CHUNK]):
        details = {
            row.entry_id: row for row in AuditDetail.objects.filter(entry_id__in=[row.id for row in rows])
        }
        for entry in rows:
            verdict.unsealed += 1
            detail = details.get(entry.id)
            _check_detail(verdict, None, entry, detail, erased_about)
            if detail is not None and detail.sealed and not Seal.objects.filter(entry_id=entry.id).exists():
                verdict.find("never_sealed", "marked as sealed, but in no link of the chain", None, entry.id)
        last = rows[-1].id
