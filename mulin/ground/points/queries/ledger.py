"""Reads of the ledger: whose passbook, what it holds, what lapses when, its entries each with their story."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from mulin.ground.people import queries as people
from mulin.ground.points.models import (
    OPEN,
    Account,
    Act,
    CoverMonth,
    Entry,
    Hold,
    Lot,
    Passbook,
    Rule,
    RuleVersion,
    Transfer,
    Words,
)
from mulin.ground.points.permissions import may_move, may_see, places
from mulin.ground.points.rules import KINDS, MEMBERS, NEVER, REASONS, WARN_DAYS, Owner
from mulin.ground.points.rules import household as of_household
from mulin.ground.points.rules import person as of_person
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotFound
from mulin.kernel.ids import read_public
from mulin.kernel.paging import Page, page
from mulin.kernel.secrets import keyed_hash, mask_name


def account_of(owner: Owner) -> Account | None:
    """The account of an owner, open or closed. One statement."""
    return Account.objects.filter(owner=owner.id, kind=owner.kind, drawer=0).first()


def passbook_of(person: UUID | None) -> Owner | None:
    """Whose open passbook a person's points go to: his own, else his household's; None without one. At most two
    statements."""
    if person is None:
        return None
    home = people.household_of(person)
    owners = [of_person(person), *([of_household(home)] if home else [])]
    found = Account.objects.filter(OPEN, kind__in=MEMBERS, owner__in=[one.id for one in owners])
    there = {Owner(kind, key) for kind, key in found.values_list("kind", "owner")}
    return next((one for one in owners if one in there), None)


def place_of(person: UUID) -> str:
    """The path of the community that keeps somebody's passbook; '' without one. One statement."""
    row = account_of(of_person(person))
    return row.path if row is not None else ""


def with_passbook(persons: Collection[UUID]) -> set[UUID]:
    """Those of some persons whose points have an open passbook to go to. Two statements and one for each 5,000 persons,
    none for nobody."""
    if not persons:
        return set()
    homes = people.households_of(persons)
    owners = [*persons, *homes.values()]
    found = set(
        Account.objects.filter(OPEN, kind__in=MEMBERS, owner__in=owners).values_list("owner", flat=True)
    )
    return {one for one in persons if one in found or homes.get(one) in found}


@dataclass(frozen=True)
class Balance:
    """Points of a passbook: all, of them pinned by holds, free to spend."""

    points: int
    held: int

    @property
    def free(self) -> int:
        return self.points - self.held


def balance(owner: Owner) -> Balance | None:
    """What an owner has; None without an open passbook. One statement."""
    row = Account.objects.filter(OPEN, owner=owner.id, kind=owner.kind, drawer=0).first()
    return Balance(row.balance, row.held) if row else None


def holders(account: Account) -> set[UUID]:
    """The persons who hold a passbook: its owner, or who lives in the household."""
    return {account.owner} if account.kind == "person" else people.household_members(account.owner)


def family(account: Account) -> set[UUID]:
    """Its holders, and who lives with the owner and may help him with it."""
    if account.kind != "person":
        return holders(account)
    home = people.household_of(account.owner)
    return {account.owner} | (people.household_members(home) if home else set())


def visible_to(actor: Actor) -> QuerySet[Account]:
    """Passbooks that an actor may open: his own and his household's, and for staff those of their communities."""
    rows = Account.objects.filter(kind__in=MEMBERS)
    seen = Q(pk__in=())
    for path in places(actor):
        seen |= Q(path__startswith=path)
    if actor.person is not None:
        seen |= Q(kind="person", owner=actor.person)
        if (home := people.household_of(actor.person)) is not None:
            seen |= Q(kind="household", owner=home)
            seen |= Q(kind="person", owner__in=people.household_members(home))
    return rows.filter(seen)


def account(actor: Actor, key: UUID) -> Account:
    """A passbook that the actor may open. Raises NotFound."""
    row = Account.objects.filter(kind__in=MEMBERS, pk=key).first()
    if row is None or not may_see(actor, row, family(row)):
        raise NotFound(_("没有这本存折。"))
    return row


# ── one passbook ─────


@dataclass(frozen=True)
class Line:
    """An entry as the passbook shows it."""

    id: UUID
    transfer: UUID
    at: datetime
    kind: str
    words: str
    delta: int
    after: int
    story: str
    reason: str
    pace: str
    rule: str
    done_on: date | None
    confirmed_by: str
    by: str
    for_whom: str
    reversed: bool
    elsewhere: str = ""
    """Where it is put right, other than at the points desk."""
    question: Any = None
    """The last question that was asked about it (``queries.fairness``)."""


@dataclass(frozen=True)
class Held:
    """Points set aside, and for what."""

    amount: int
    story: str
    expires_at: datetime


@dataclass(frozen=True)
class Shown:
    """A passbook's page: its account and number, what lapses soon, what is set aside, a page of lines."""

    account: Account
    name: str
    book: Passbook | None
    lapsing: list[tuple[date, int]]
    lasting: int
    holds: list[Held]
    lines: Page

    @property
    def free(self) -> int:
        """Points free to spend."""
        return self.account.balance - self.account.held

    @property
    def soon(self) -> int:
        """Points that lapse within WARN_DAYS."""
        return sum(points for _day, points in self.lapsing)


def passbook(actor: Actor, key: UUID, *, now: datetime, at: str = "", size: int = 30) -> Shown:
    """A passbook with a page of its lines, newest first. Raises NotFound. About twelve statements, for any number of
    entries."""
    row = account(actor, key)
    return Shown(
        account=row,
        name=holder_name(row),
        book=book_of(row.id),
        lapsing=lapsing(row.id, until=local_day(now) + timedelta(days=WARN_DAYS)),
        lasting=lasting(row.id),
        holds=_holds(row.id),
        lines=lines(row.id, at=at, size=size),
    )


def book_of(account: UUID) -> Passbook | None:
    """The newest number of a passbook."""
    return Passbook.objects.filter(account_id=account).order_by("-issued_at", "-id").first()


def holder_name(row: Account) -> str:
    """Whose it is, for those who may open it."""
    if row.kind == "household":
        return people.household_labels([row.owner]).get(row.owner, "")
    return people.contacts([row.owner])[row.owner].name


def lapsing(account: UUID, *, until: date) -> list[tuple[date, int]]:
    """Points by the last day on which they can be spent, up to ``until``."""
    rows = Lot.objects.filter(account_id=account, spent=False, expires_on__lte=until).order_by("expires_on")
    return list(rows.values_list("expires_on", "remaining"))


def lasting(account: UUID) -> int:
    """Points that never lapse."""
    rows = Lot.objects.filter(account_id=account, spent=False, expires_on=NEVER)
    return rows.aggregate(points=Sum("remaining"))["points"] or 0


def _holds(account: UUID) -> list[Held]:
    rows = Hold.objects.filter(account_id=account, state="open").order_by("expires_at")
    return [Held(one.amount, one.story, one.expires_at) for one in rows]


def lines(account: UUID, *, at: str = "", size: int = 30) -> Page:
    """A page of a passbook's entries, newest first, told in words."""
    found = Entry.objects.filter(account_id=account, number__isnull=False).select_related("transfer")
    shown = page(found, by="-number", at=at, size=size)
    return shown.of(_lines(shown.rows))


def _lines(entries: list[Entry]) -> list[Line]:
    transfers = [one.transfer_id for one in entries]
    words = dict(Words.objects.filter(transfer_id__in=transfers).values_list("transfer_id", "story"))
    acts = {
        one.transfer_id: one
        for one in Act.objects.filter(transfer_id__in=transfers).select_related("version", "paced")
    }
    undone = set(Transfer.objects.filter(reverses_id__in=transfers).values_list("reverses_id", flat=True))
    told = [one.transfer for one in entries]
    persons = {one.by for one in told} | {one.on_behalf_of for one in told}
    persons |= {one.confirmed_by for one in acts.values()}
    names = names_of(persons - {None})
    return [_line(one, words, acts, undone, names) for one in entries]


def names_of(persons: Iterable[UUID]) -> dict[UUID, str]:
    """How persons are called in a passbook: staff by their public name, neighbours with their surname only."""
    wanted = list(persons)
    names = people.public_names(wanted)
    rest = [one for one in wanted if one not in names]
    doors = people.household_labels(rest)
    others = people.contacts([one for one in rest if one not in doors])
    return {**{key: mask_name(one.name) for key, one in others.items()}, **doors, **names}


def pace_words(row: CoverMonth) -> str:
    """At which pace points were given, and since when."""
    told = {"n": row.percent, "day": f"{row.starts_on:%Y-%m-%d}"}
    return _("按 %(n)d%% 发放，自 %(day)s 起") % told


def _line(
    entry: Entry,
    words: dict[UUID, str],
    acts: dict[UUID, Act],
    undone: set[UUID],
    names: dict[UUID, str],
) -> Line:
    told, act = entry.transfer, acts.get(entry.transfer_id)
    return Line(
        id=entry.id,
        transfer=told.id,
        at=told.at,
        kind=told.kind,
        words=str(KINDS[told.kind].words),
        delta=entry.delta,
        after=entry.balance_after or 0,
        story=words.get(told.id, ""),
        reason=str(REASONS[act.reason]) if act and act.reason else "",
        pace=pace_words(act.paced) if act and act.paced else "",
        rule=act.version.name if act and act.version else "",
        done_on=act.done_on if act else None,
        confirmed_by=names.get(act.confirmed_by, "") if act else "",
        by=names.get(told.by, "") if told.by else "",
        for_whom=names.get(told.on_behalf_of, "") if told.on_behalf_of else "",
        reversed=told.id in undone,
        elsewhere=put_right_elsewhere(told),
    )


def put_right_elsewhere(told: Transfer) -> str:
    """Where a service puts points right together with what it gave for them; '' for what the points desk does."""
    return str(hooks.points_elsewhere.get(told.subject_kind, "")) if told.kind == "redeem" else ""


def mine(actor: Actor) -> list[Account]:
    """The actor's own passbook and his household's, open ones. At most two statements."""
    if actor.person is None:
        return []
    home = people.household_of(actor.person)
    rows = Account.objects.filter(
        Q(kind="person", owner=actor.person) | Q(kind="household", owner=home), OPEN
    )
    return sorted(rows, key=lambda row: row.kind == "household")


def of_family(actor: Actor) -> list[Account]:
    """The open passbooks of those with whom the actor lives, which he may use for them; by their opening. Two statements."""
    if actor.person is None:
        return []
    others = people.housemates(actor.person) - {actor.person}
    return list(Account.objects.filter(OPEN, kind="person", owner__in=others).order_by("opened_at", "id"))


def usable(actor: Actor, key: UUID) -> bool:
    """Whether the actor may use a passbook in redeeming: his own, his household's, and for family or whom he serves. Up to
    four statements."""
    row = Account.objects.filter(OPEN, kind__in=MEMBERS, pk=key).first()
    if row is None or actor.person is None:
        return False
    return actor.person in family(row) or may_move(actor, "redeem", row.path)


def found(actor: Actor, said: str) -> Account | None:
    """The passbook that a telephone number or a passbook's number means, if the actor may open it."""
    known = read_public(said)
    if known is not None:
        row = Account.objects.filter(books__number=known[1], kind__in=MEMBERS).first()
    else:
        who = people.find_by_phone(said)
        owner = passbook_of(who.pk) if who else None
        row = account_of(owner) if owner else None
    return row if row is not None and may_see(actor, row, family(row)) else None


# ── rules ─────


def rule_of(code: str) -> Rule:
    """A rule by its code. Raises NotFound."""
    row = Rule.objects.filter(code=code).first()
    if row is None:
        raise NotFound(_("没有这条积分规则。"), code="no_rule")
    return row


def version_on(rule: UUID, day: date) -> RuleVersion | None:
    """The version in force on a day, an ended one too; None before the first. One statement."""
    rows = RuleVersion.objects.filter(rule_id=rule, effective_on__lte=day)
    return rows.order_by("-effective_on").first()


@dataclass(frozen=True)
class RuleLine:
    """A rule with its versions, newest first, and the one in force."""

    rule: Rule
    versions: list[RuleVersion]
    current: RuleVersion | None

    @property
    def coming(self) -> list[RuleVersion]:
        """Versions announced for a later day."""
        return [
            one
            for one in self.versions
            if self.current is None or one.effective_on > self.current.effective_on
        ]

    @property
    def last_in_force(self) -> tuple[RuleVersion, date | None] | None:
        """The newest version by which points are or were given, and its last day where it has ended; None before the
        first."""
        known = [one for one in self.versions if one not in self.coming]
        later = None
        for one in known:
            if not one.ended and one.points:
                return one, later.effective_on - timedelta(days=1) if later is not None else None
            later = one
        return None

    @property
    def name(self) -> str:
        """What it is called now, or will be."""
        return (self.current or self.versions[0]).name


def rules_on(day: date) -> list[RuleLine]:
    """Every rule with its versions: those in force first, by name. One statement."""
    by_rule: dict[Rule, list[RuleVersion]] = {}
    for one in RuleVersion.objects.select_related("rule").order_by("-effective_on"):
        by_rule.setdefault(one.rule, []).append(one)
    lines = [
        RuleLine(rule, versions, next((one for one in versions if one.effective_on <= day), None))
        for rule, versions in by_rule.items()
    ]
    return sorted(lines, key=lambda line: (line.current is None or line.current.ended, line.name))


def redeemed_for(kind: str, transfer: str = "redeem") -> dict[UUID, tuple[UUID, int]]:
    """subject → (transfer, points) of what was redeemed (or ``advance``: advanced) for subjects of a kind. One statement."""
    rows = Transfer.objects.filter(kind=transfer, subject_kind=kind, subject_id__isnull=False)
    told = rows.values_list("subject_id", "id", "amount")
    return {subject: (key, points) for subject, key, points in told if subject is not None}


def took_part(account: UUID, *, since: datetime) -> bool:
    """Whether points were earned into an account since then, and not put right. One statement."""
    undone = Transfer.objects.filter(reverses_id=OuterRef("transfer_id"), county_id=OuterRef("county_id"))
    earned = Entry.objects.filter(
        ~Exists(undone), account_id=account, delta__gt=0, number__isnull=False, transfer__kind="earn",
        transfer__at__gte=since,
    )  # fmt: skip
    return earned.exists()


def receiver(said: str) -> tuple[Owner, str] | None:
    """(whose passbook a telephone or passbook number means, how he is called with stars), for giving. At most five
    statements."""
    known = read_public(said)
    if known is not None:
        row = Account.objects.filter(OPEN, books__number=known[1], books__ended_at__isnull=True).first()
        owner = Owner(row.kind, row.owner) if row else None
    else:
        who = people.find_by_phone(said)
        owner = passbook_of(who.pk) if who else None
        if who is not None and owner is not None:  # a household's passbook is told by him, not by its door
            return owner, names_of([who.pk]).get(who.pk, "")
    return (owner, names_of([owner.id]).get(owner.id, "")) if owner else None


def line(actor: Actor, transfer: UUID) -> tuple[Account, Line]:
    """A transfer as a passbook that the actor may open shows it. Raises NotFound."""
    entries = Entry.objects.filter(transfer_id=transfer, number__isnull=False, account__kind__in=MEMBERS)
    for entry in entries.select_related("transfer", "account").order_by("delta", "id"):
        if may_see(actor, entry.account, family(entry.account)):
            return entry.account, _lines([entry])[0]
    raise NotFound(_("没有这笔积分。"))


def lines_seen(actor: Actor, transfers: Iterable[UUID]) -> list[tuple[Account, Line]]:
    """Those of some transfers that the actor may see, as the passbooks show them, newest first. About seven statements and
    three for each passbook."""
    found = Entry.objects.filter(
        transfer_id__in=list(transfers), number__isnull=False, account__kind__in=MEMBERS
    )
    entries = list(found.select_related("transfer", "account").order_by("-transfer__at", "-id"))
    accounts = {one.account_id: one.account for one in entries}
    seen = {key for key, row in accounts.items() if may_see(actor, row, family(row))}
    told = [one for one in entries if one.account_id in seen]
    return [(one.account, line) for one, line in zip(told, _lines(told), strict=True)]


def line_of(row: Account, transfer: UUID) -> Line:
    """A transfer as a passbook shows it. Raises NotFound where it is not in it."""
    entry = Entry.objects.filter(transfer_id=transfer, account_id=row.id, number__isnull=False)
    found = entry.select_related("transfer").first()
    if found is None:
        raise NotFound(_("没有这笔积分。"))
    return _lines([found])[0]


# ── paper ─────


def check_code(number: str, entries: int, points: int, day: str) -> str:
    """Eight characters that only this installation can make of what stands on a printed page."""
    return keyed_hash(f"passbook\n{number}\n{entries}\n{points}\n{day}")[:8].upper()


def genuine(told: Mapping[str, str]) -> dict[str, Any]:
    """What a printed page's address says of it: n number, e entries, b balance, d day, c code. ``state`` is genuine, void
    (the number was reported lost, replaced or closed) or false. Tells no name."""
    number, day = told.get("n", "")[:20], told.get("d", "")[:10]
    try:
        entries, points = int(told.get("e", "")), int(told.get("b", ""))
    except ValueError:
        return {"state": "false"}
    code = told.get("c", "").upper().encode()
    if not compare_digest(check_code(number, entries, points, day).encode(), code):
        return {"state": "false"}
    book = Passbook.objects.filter(number=number).first()
    if book is None:
        return {"state": "false"}
    state = "genuine" if book.state == "active" else "void"
    said = {"state": state, "number": number, "points": points, "day": day, "account": book.account_id}
    return said | {"words": book.get_state_display(), "why": book.state}


# ── budgets, old passbooks ─────


def budgets() -> list[dict[str, Any]]:
    """path, points left and points ever given of each community that has a budget. Two statements."""
    rows = Account.objects.filter(kind="budget").values("path").annotate(left=Sum("balance")).order_by("path")
    given = Entry.objects.filter(account__kind="budget", transfer__kind="budget").values_list("account__path")
    total = dict(given.annotate(points=Sum("delta")))
    return [{**row, "given": total.get(row["path"], 0)} for row in rows]


def export_person(person: UUID) -> dict[str, Any]:
    """The export hook: a person's passbook with every entry and what was set aside, and his acts, whoever's passbook got
    their points."""
    words = {one.transfer_id: one for one in Words.objects.filter(about=person).exclude(salt="")}
    told = {"points_passbook": _exported_book(person, words), "points_acts": _exported_acts(person, words)}
    return {name: one for name, one in told.items() if one}


def _exported_book(person: UUID, words: Mapping[UUID, Words]) -> dict[str, Any]:
    row = Account.objects.filter(kind="person", owner=person).first()
    if row is None:
        return {}
    entries = Entry.objects.filter(account_id=row.id).select_related("transfer").order_by("number")
    holds = Hold.objects.filter(account_id=row.id).order_by("made_at", "id")
    return {
        "balance": row.balance,
        "held": row.held,
        "entries": [
            {
                "at": one.transfer.at.isoformat(),
                "kind": one.transfer.kind,
                "points": one.delta,
                "balance": one.balance_after,
                **_exported_words(words.get(one.transfer_id)),
            }
            for one in entries
        ],
        "set_aside": [
            {"at": one.made_at.isoformat(), "points": one.amount, "state": one.state, "story": one.story}
            for one in holds
        ],
    }


def _exported_acts(person: UUID, words: Mapping[UUID, Words]) -> list[dict[str, Any]]:
    acts = Act.objects.filter(person=person).select_related("rule").order_by("done_on", "id")
    return [
        {
            "rule": one.rule.code,
            "done_on": one.done_on.isoformat(),
            "points": one.points,
            "reason": one.reason,
            **_exported_words(words.get(one.transfer_id)),
        }
        for one in acts
    ]


def _exported_words(said: Words | None) -> dict[str, Any]:
    return {"story": said.story, "evidence": said.evidence} if said else {"story": "", "evidence": {}}


def points_on(day: date) -> dict[str, int]:
    """rule → the points that one act earns on a day; rules that give nothing are left out. One statement."""
    found = {line.rule.code: line.current for line in rules_on(day)}
    return {
        code: one.points for code, one in found.items() if one is not None and not one.ended and one.points
    }
