"""Proving the books: every sum, every number, the chain over transfers. What is wrong is named with its entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import OuterRef, Subquery

from mulin.citus.prepared import rows
from mulin.ground.points import rules
from mulin.ground.points.models import Act, Entry, Link, RuleVersion, Transfer, Words
from mulin.ground.points.queries.chain import facts_of, last_link
from mulin.ground.points.queries.reserve import Paces
from mulin.ground.points.rules.reserve import WHOLE, paced
from mulin.ground.trail.queries import erased_persons, head_file, wrong_heads
from mulin.kernel import hooks
from mulin.kernel.county import current_county
from mulin.kernel.ids import uuid7_floor

MOST: Final = 50
"""Findings of one kind that are named; the rest are counted."""
CHUNK: Final = 1000

_SUMS: Final = (
    (
        "transfer_unbalanced",
        "the entries of this transfer add up to {1}, not 0",
        """SELECT t.id, coalesce(sum(e.delta), 0)::bigint FROM points_transfer t LEFT JOIN points_entry e
           ON e.county_id = %(county)s AND e.transfer_id = t.id WHERE t.county_id = %(county)s GROUP BY t.id
           HAVING coalesce(sum(e.delta), 0) <> 0 OR count(e.id) = 0""",
    ),
    (
        "transfer_amount",
        "this transfer says {1} points, its entries move {2}",
        """SELECT t.id, t.amount, sum(greatest(e.delta, 0))::bigint FROM points_transfer t JOIN points_entry e
           ON e.county_id = %(county)s AND e.transfer_id = t.id WHERE t.county_id = %(county)s AND t.kind <> 'grace'
           GROUP BY t.id, t.amount HAVING t.amount <> sum(greatest(e.delta, 0))""",
    ),
    (
        "entry_account",
        "this entry names the account {1}, which is not there",
        """SELECT e.id, e.account_id FROM points_entry e LEFT JOIN points_account a ON a.county_id = %(county)s
           AND a.id = e.account_id WHERE e.county_id = %(county)s AND a.id IS NULL AND e.account_id <> ALL(%(system)s)""",
    ),
    (
        "running_balance",
        "entry {1} of its account says a balance of {2}, the sum is {3}",
        """SELECT * FROM (SELECT e.id, e.number, e.balance_after,
             sum(e.delta) OVER w::bigint AS sum, row_number() OVER w AS place FROM points_entry e
             WHERE e.county_id = %(county)s AND e.number IS NOT NULL
             WINDOW w AS (PARTITION BY e.account_id ORDER BY e.number)) x
           WHERE balance_after <> sum OR number <> place""",
    ),
    (
        "account_balance",
        "this account says {1} points after {2} entries; its entries say {3} after {4}",
        """SELECT a.id, a.balance, a.number, coalesce(sum(e.delta), 0)::bigint AS sum, count(e.id) AS entries
           FROM points_account a LEFT JOIN points_entry e ON e.county_id = %(county)s AND e.account_id = a.id
           WHERE a.county_id = %(county)s AND a.kind <> ALL(%(kinds)s) GROUP BY a.id, a.balance, a.number
           HAVING a.balance <> coalesce(sum(e.delta), 0) OR a.number <> count(e.id)""",
    ),
    (
        "system_balance",
        "this county account says {1} points; its sealed entries say {2}",
        """SELECT a.id, a.balance, coalesce(sum(e.delta) FILTER (WHERE l.id IS NOT NULL), 0)::bigint
           FROM points_account a LEFT JOIN points_entry e ON e.county_id = %(county)s AND e.account_id = a.id
           LEFT JOIN points_link l ON l.county_id = %(county)s AND l.transfer_id = e.transfer_id
           WHERE a.county_id = %(county)s AND a.kind = ANY(%(kinds)s) GROUP BY a.id, a.balance
           HAVING a.balance <> coalesce(sum(e.delta) FILTER (WHERE l.id IS NOT NULL), 0)""",
    ),
    (
        "account_lots",
        "this passbook says {1} points, {2} held; its lots say {3} and {4}",
        """SELECT a.id, a.balance, a.held, coalesce(sum(l.remaining), 0)::bigint, coalesce(sum(l.held), 0)::bigint
           FROM points_account a LEFT JOIN points_lot l ON l.county_id = %(county)s AND l.account_id = a.id
           WHERE a.county_id = %(county)s AND a.kind = ANY(%(members)s) GROUP BY a.id, a.balance, a.held
           HAVING a.balance <> coalesce(sum(l.remaining), 0) OR a.held <> coalesce(sum(l.held), 0)""",
    ),
    (
        "lot_moves",
        "this lot says {1} points, its moves say {2}",
        """SELECT l.id, l.remaining, coalesce(sum(m.amount), 0)::bigint FROM points_lot l LEFT JOIN points_lotmove m
           ON m.county_id = %(county)s AND m.lot_id = l.id WHERE l.county_id = %(county)s GROUP BY l.id, l.remaining
           HAVING l.remaining <> coalesce(sum(m.amount), 0)""",
    ),
    (
        "entry_moves",
        "this entry moves {1} points, its lots {2}",
        """SELECT e.id, e.delta, coalesce(sum(m.amount), 0)::bigint FROM points_entry e
           JOIN points_account a ON a.county_id = %(county)s AND a.id = e.account_id AND a.kind = ANY(%(members)s)
           LEFT JOIN points_lotmove m ON m.county_id = %(county)s AND m.entry_id = e.id
           WHERE e.county_id = %(county)s GROUP BY e.id, e.delta HAVING e.delta <> coalesce(sum(m.amount), 0)""",
    ),
    (
        "move_elsewhere",
        "this lot move is of an entry of another account",
        """SELECT m.id FROM points_lotmove m JOIN points_entry e ON e.county_id = %(county)s AND e.id = m.entry_id
           JOIN points_lot l ON l.county_id = %(county)s AND l.id = m.lot_id
           WHERE m.county_id = %(county)s AND l.account_id <> e.account_id""",
    ),
    (
        "lot_pins",
        "this lot says {1} points held, the open holds pin {2}",
        """SELECT l.id, l.held, coalesce(p.amount, 0)::bigint FROM points_lot l LEFT JOIN (
             SELECT p.lot_id, sum(p.amount) AS amount FROM points_holdlot p JOIN points_hold h
             ON h.county_id = %(county)s AND h.id = p.hold_id AND h.state = 'open'
             WHERE p.county_id = %(county)s GROUP BY p.lot_id) p ON p.lot_id = l.id
           WHERE l.county_id = %(county)s AND l.held <> coalesce(p.amount, 0)""",
    ),
    (
        "hold_pins",
        "this hold is of {1} points and pins {2}",
        """SELECT h.id, h.amount, coalesce(sum(p.amount), 0)::bigint FROM points_hold h LEFT JOIN points_holdlot p
           ON p.county_id = %(county)s AND p.hold_id = h.id WHERE h.county_id = %(county)s GROUP BY h.id, h.amount
           HAVING h.amount <> coalesce(sum(p.amount), 0)""",
    ),
    (
        "hold_posted",
        "this hold of {1} points was posted as {2} {3}",
        """SELECT h.id, h.amount, t.kind, t.amount FROM points_hold h JOIN points_transfer t ON t.county_id = %(county)s
           AND t.id = h.transfer_id WHERE h.county_id = %(county)s AND (t.kind <> 'redeem' OR t.amount <> h.amount)""",
    ),
    (
        "redemption_without_hold",
        "this redemption was posted without a hold",
        """SELECT t.id FROM points_transfer t LEFT JOIN points_hold h ON h.county_id = %(county)s AND h.transfer_id = t.id
           WHERE t.county_id = %(county)s AND t.kind = 'redeem' AND h.id IS NULL""",
    ),
    (
        "reversal_unlike",
        "this reversal gives {2} to account {1}, what it reverses took {3}",
        """SELECT t.id, e.account_id, e.delta, o.delta FROM points_transfer t
           JOIN points_entry e ON e.county_id = %(county)s AND e.transfer_id = t.id
           LEFT JOIN points_entry o ON o.county_id = %(county)s AND o.transfer_id = t.reverses_id
             AND o.account_id = e.account_id
           WHERE t.county_id = %(county)s AND t.kind = 'reverse' AND e.delta <> -coalesce(o.delta, 0)""",
    ),
    (
        "act_points",
        "this act says {1} points, its transfer {2}",
        """SELECT t.id, a.points, t.amount FROM points_transfer t LEFT JOIN points_act a ON a.county_id = %(county)s
           AND a.transfer_id = t.id WHERE t.county_id = %(county)s AND t.kind = 'earn'
           AND a.points IS DISTINCT FROM t.amount""",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """Something wrong: a stable code, the row it is about, words."""

    code: str
    words: str
    row: UUID | None = None


@dataclass
class Verdict:
    """What came of checking a county's books."""

    county: int
    transfers: int = 0
    sealed: int = 0
    unsealed: int = 0
    points: dict[str, int] = field(default_factory=dict)
    """kind of account → points of all its entries."""
    head: str = ""
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: str, words: str, row: UUID | None = None) -> None:
        """Note one thing that is wrong."""
        self.findings.append(Finding(code, words, row))


def check_books() -> Verdict:
    """Prove the books of the county in force: sums, kinds, rules of the day, words, the chain, statements of services."""
    verdict = Verdict(current_county())
    told = {
        "county": verdict.county,
        "system": [rules.system_id(verdict.county, kind) for kind in rules.SYSTEM],
        "kinds": list(rules.SYSTEM),
        "members": list(rules.MEMBERS),
    }
    for code, words, sql in _SUMS:
        found = rows(f"SELECT * FROM ({sql}) found ORDER BY 1 LIMIT {MOST + 1}", told)  # noqa: S608  (constants)
        for row in found[:MOST]:
            verdict.find(code, words.format(*row), row[0])
        if len(found) > MOST:
            verdict.find(code, f"… and more than {MOST} of these")
    _kinds(verdict)
    _acts(verdict)
    _chain(verdict)
    _totals(verdict, told)
    for statements in hooks.books:
        for code, words, row_id in statements():
            verdict.find(code, words, row_id)
    return verdict


def _kinds(verdict: Verdict) -> None:
    """Each transfer moves points between the kinds of accounts that its own kind names."""
    sql = """SELECT t.id, t.kind, a.kind, e.delta < 0, e.account_id FROM points_transfer t
        JOIN points_entry e ON e.county_id = %(county)s AND e.transfer_id = t.id
        LEFT JOIN points_account a ON a.county_id = %(county)s AND a.id = e.account_id
        WHERE t.county_id = %(county)s AND t.kind <> 'reverse' AND e.delta <> 0
        GROUP BY t.id, t.kind, a.kind, e.delta < 0, e.account_id"""
    system = {rules.system_id(verdict.county, kind): kind for kind in rules.SYSTEM}
    sides: dict[str, set[tuple[str, bool]]] = {
        kind.code: {(one, True) for one in kind.source} | {(one, False) for one in kind.target}
        for kind in rules.KINDS.values()
    }
    allowed = [f"{kind}/{one}/{str(out).lower()}" for kind, told in sides.items() for one, out in told]
    wrong = f"""SELECT * FROM ({sql}) AS x(transfer, kind, account_kind, out, account)
        WHERE kind || '/' || coalesce(account_kind, %(system)s::jsonb ->> account::text, '?') || '/' || out::text
        <> ALL(%(allowed)s) ORDER BY 1 LIMIT {MOST}"""  # noqa: S608  (constants)
    names = json.dumps({str(key): kind for key, kind in system.items()})
    told = {"county": verdict.county, "system": names, "allowed": allowed}
    for key, kind, account_kind, out, _account in rows(wrong, told):
        side = "takes from" if out else "gives to"
        verdict.find(
            "transfer_kind", f"a transfer of kind {kind} {side} an account of kind {account_kind}", key
        )


def _acts(verdict: Verdict) -> None:
    """Every act was paid by the version of its day, at the pace announced for that day in the community that paid."""
    versions: dict[UUID, list[RuleVersion]] = {}
    for one in RuleVersion.objects.order_by("effective_on"):
        versions.setdefault(one.rule_id, []).append(one)
    acts, paces = Act.objects.select_related("transfer"), Paces()
    if paces:
        budget = Entry.objects.filter(
            transfer_id=OuterRef("transfer_id"), county_id=OuterRef("county_id"), account__kind="budget"
        )
        acts = acts.annotate(place=Subquery(budget.values("account__path")[:1]))
    act: Any
    for act in acts.order_by("id").iterator(chunk_size=CHUNK):
        of_day = [
            one
            for one in versions.get(act.rule_id, [])
            if one.effective_on <= act.done_on and one.made_at <= act.transfer.at
        ]
        right = of_day[-1] if of_day else None
        if not act.points:
            continue
        pace = paces.slowed(act.place, act.done_on, by=act.transfer.at) if paces else None
        due = paced(right.points, pace.percent if pace else WHOLE) if right else 0
        if right is None or act.version_id != right.id or act.points != due:
            words = f"paid {act.points} points for {act.done_on}, when another version was in force"
            verdict.find("act_version", words, act.transfer_id)
        elif act.paced_id != (pace.id if pace else None):
            words = f"names another pace for {act.done_on} than the one announced for that day"
            verdict.find("act_pace", words, act.transfer_id)


def _chain(verdict: Verdict) -> None:
    """Each link is recomputed from the stored one before it; a forger who rewrites all later ones is caught by the heads."""
    previous, number, erased = rules.genesis(verdict.county), 0, erased_persons()
    while links := list(Link.objects.filter(number__gt=number).order_by("number")[:CHUNK]):
        keys = [one.transfer_id for one in links]
        facts = facts_of(keys)
        _words(verdict, keys, erased)
        for link in links:
            if link.number != number + 1:
                verdict.find("link_missing", f"links {number + 1} to {link.number - 1} are missing")
            if link.transfer_id not in facts:
                verdict.find(
                    "transfer_missing", f"the transfer of link {link.number} is gone", link.transfer_id
                )
            elif rules.chained(previous, link.number, facts[link.transfer_id]) != link.hash:
                words = f"link {link.number} does not fit its transfer, entries, lots or act"
                verdict.find("transfer_changed", words, link.transfer_id)
            previous, number = link.hash, link.number
            verdict.sealed += 1
    verdict.head = previous if number else ""
    path = head_file(verdict.county, "points")
    for code, words, _number, row in wrong_heads(path, verdict.county, number, _links):
        verdict.find(code, words, row)
    _unsealed(verdict)


def _links(numbers: set[int]) -> dict[int, tuple[str, UUID]]:
    found = Link.objects.filter(number__in=numbers).values_list("number", "hash", "transfer_id")
    return {number: (hashed, key) for number, hashed, key in found}


def _unsealed(verdict: Verdict) -> None:
    """Transfers that wait for their link; those that should have it long since."""
    sql = """SELECT t.id FROM points_transfer t WHERE t.county_id = %(county)s AND NOT EXISTS (SELECT 1 FROM points_link l
        WHERE l.county_id = %(county)s AND l.transfer_id = t.id) ORDER BY t.id"""
    waiting = [row[0] for row in rows(sql, {"county": verdict.county})]
    verdict.unsealed = len(waiting)
    last = last_link()
    floor = uuid7_floor(last.transfer_id, timedelta(days=1)) if last else None
    for key in waiting:
        if floor is not None and key < floor:
            verdict.find("never_sealed", "older than the chain's last day and in no link of it", key)
    _words(verdict, waiting, erased_persons())


def _words(verdict: Verdict, keys: list[UUID], erased: set[UUID]) -> None:
    """What a transfer said is as it was, or erased with an explanation."""
    said = dict(Transfer.objects.filter(id__in=keys).exclude(digest="").values_list("id", "digest"))
    kept = {one.transfer_id: one for one in Words.objects.filter(transfer_id__in=list(said))}
    for key, digest in said.items():
        one = kept.get(key)
        if one is None:
            verdict.find("words_missing", "the words of this transfer are gone", key)
        elif not one.salt and not one.story and not one.evidence:
            if one.about not in erased:
                verdict.find("words_unexplained", "the words are empty and no erasure tells of it", key)
        elif rules.words_digest(one.salt, one.story, one.evidence) != digest:
            verdict.find("words_changed", "the words are not those recorded", key)


def _totals(verdict: Verdict, told: dict[str, Any]) -> None:
    sql = """SELECT e.account_id, a.kind, sum(e.delta)::bigint FROM points_entry e LEFT JOIN points_account a
        ON a.county_id = %(county)s AND a.id = e.account_id WHERE e.county_id = %(county)s GROUP BY e.account_id, a.kind"""
    names = {rules.system_id(verdict.county, kind): kind for kind in rules.SYSTEM}
    for account, kind, points in rows(sql, told):
        name = kind or names.get(account, "?")
        verdict.points[name] = verdict.points.get(name, 0) + points
    verdict.transfers = verdict.sealed + verdict.unsealed


# ── for other programs ─────


_PLACES: Final = {"issuer": "Equity", "opening": "Equity", "settlement": "Expenses", "expired": "Expenses",
                  "closed": "Expenses", "alliance": "Liabilities"}  # fmt: skip


def beancount() -> Iterator[str]:
    """The county's books as lines of a file that `bean-check` accepts: accounts, transfers, a balance of each at the end."""
    names: dict[UUID, str] = {}
    sums: dict[UUID, int] = {}
    yield from _opened(names)
    sql = """SELECT t.local_day, t.id, t.kind, e.account_id, e.delta FROM points_transfer t JOIN points_entry e
        ON e.county_id = %(county)s AND e.transfer_id = t.id WHERE t.county_id = %(county)s AND t.id > %(after)s
        AND t.id IN (SELECT id FROM points_transfer WHERE county_id = %(county)s AND id > %(after)s ORDER BY id LIMIT 2000)
        ORDER BY t.id, e.id"""
    after, last = UUID(int=0), None
    while found := rows(sql, {"county": current_county(), "after": after}):
        for day, key, kind, account, delta in found:
            if key != after:
                yield f'\n{day} * "{kind}" ^{key}'
                after, last = key, max(last or day, day)
            yield f"  {names[account]}  {delta} POINTS"
            sums[account] = sums.get(account, 0) + delta
    if last is not None:
        yield ""
        yield from (
            f"{last + timedelta(days=1)} balance {names[account]}  {total} POINTS"
            for account, total in sums.items()
        )


def _opened(names: dict[UUID, str]) -> Iterator[str]:
    county = current_county()
    yield f'option "title" "mulin points {county:06d}"'
    yield 'option "operating_currency" "POINTS"'
    first = Transfer.objects.order_by("local_day").values_list("local_day", flat=True).first()
    if first is None:
        return
    yield f"{first} commodity POINTS"
    for kind in rules.SYSTEM:
        names[rules.system_id(county, kind)] = f"{_PLACES[kind]}:{kind.capitalize()}"
    sql = "SELECT id, kind FROM points_account WHERE county_id = %(county)s AND kind <> ALL(%(kinds)s) ORDER BY id"
    for key, kind in rows(sql, {"county": county, "kinds": list(rules.SYSTEM)}):
        names[key] = f"Assets:{kind.capitalize()}:A{key.hex}"
    yield from (f"{first} open {name} POINTS" for name in names.values())
