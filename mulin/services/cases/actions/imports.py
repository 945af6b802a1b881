"""Cases out of a table of messages (留言) with the government's replies: historic unless told that they are live.

One file may be imported again and again, be cut off anywhere, and be started anew: each batch is one transaction, and a
row that says nothing new changes nothing. What was handled here since is never overwritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.trail import actions as trail
from mulin.ground.worklist import actions as worklist
from mulin.kernel.actor import Actor
from mulin.kernel.clock import Clock, local_day
from mulin.kernel.ids import public_number, token, uuid7
from mulin.kernel.secrets import encrypt, keyed_hash, normal_phone
from mulin.kernel.tables import Row
from mulin.services.cases.actions import happening, pairs
from mulin.services.cases.models import Case, CaseReporter, CaseStep
from mulin.services.cases.queries.ledgers import COLUMNS
from mulin.services.cases.rules import Provenance, Source, State
from mulin.services.cases.rules.hotline import is_hotline

BATCH = 500
_LIMITS = {"number": 60, "category": 60, "place": 200}
_TITLE = 200


@dataclass
class Outcome:
    """What an import did. ``refused`` holds (row number as Excel shows it, reason, raw cells)."""

    read: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str, tuple[Any, ...]]] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    """(row number, what it says anew) of rows that were brought up to date, where the importer says so."""

    def add(self, part: Outcome) -> None:
        """Count in what a batch did."""
        self.imported += part.imported
        self.updated += part.updated
        self.unchanged += part.unchanged
        self.refused += part.refused
        self.refused.sort(
            key=lambda refused: refused[0]
        )  # nearly in order already: the batch's own come in two runs

    def as_json(self) -> dict[str, Any]:
        """The contract of ``mulin import-cases --format json``."""
        return {
            "read": self.read,
            "imported": self.imported,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": [{"row": row, "reason": reason} for row, reason, _raw in self.refused],
        }


@dataclass(frozen=True)
class _Message:
    row: Row
    values: Mapping[str, Any]
    digests: Mapping[str, str]

    @property
    def number(self) -> str:
        return str(self.values["number"])

    @property
    def replied(self) -> bool:
        return "reply" in self.values


@dataclass(frozen=True)
class _Run:
    by: Actor
    clock: Clock
    now: datetime
    run: UUID
    source: str
    live: bool
    dry: bool


def import_messages(
    *,
    rows: Iterable[Row],
    by: Actor,
    clock: Clock,
    source: str = "import",
    live: bool = False,
    dry_run: bool = False,
    keep_raw: bool = True,
    progress: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Bring rows in as cases, keyed by (source, number). Writes one transaction per batch of ``BATCH`` rows.

    New numbers become cases; a number whose cells say something new is brought up to date; everything else is left
    alone. A row is refused, and the rest stand, when a cell cannot be read, the text is blank, reply and reply time do
    not come together or in order, the number stood earlier in the file with other content, or the case has been
    handled here since. A blank cell says nothing: it never empties what is known. Without ``keep_raw`` the cells of
    refused rows are not kept in memory (nobody asked for them back). Steps carry the old moments of which the table tells;
    of a live case one more says when we learned of it (``brought_in``), so that whoever reads what is new finds it.
    """
    run = _Run(by=by, clock=clock, now=clock(), run=uuid7(), source=source, live=live, dry=dry_run)
    outcome, earlier, settled = Outcome(), cast("dict[str, bytes]", {}), 0
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        messages = list(_read(batch, clock(), earlier, outcome))
        outcome.add(_with_second_try(run, messages))
        if not keep_raw:
            told = [(number, reason, ()) for number, reason, _raw in outcome.refused[settled:]]
            outcome.refused[settled:] = told
            settled = len(outcome.refused)
        if progress:
            progress(outcome)
    return outcome


def _read(batch: list[Row], now: datetime, earlier: dict[str, bytes], outcome: Outcome) -> Iterator[_Message]:
    """The rows that can stand; the others go to ``outcome.refused``."""
    for row in batch:
        outcome.read += 1
        said = {name: value for name, value in row.values.items() if value is not None}
        reason = "；".join(row.problems) or _objection(said, now)
        if reason:
            outcome.refused.append((row.number, reason, row.raw))
            continue
        message = _Message(
            row,
            said,
            {name: digest(name=name, value=value) for name, value in said.items() if name != "number"},
        )
        whole = hashlib.sha256(repr(sorted(message.digests.items())).encode()).digest()[:16]
        before = earlier.get(message.number)
        earlier[message.number] = before or whole
        if before == whole:
            outcome.unchanged += 1
        elif before is not None:
            reason = _("与本文件前面同编号（%(number)s）的一行内容不同，保留前一行") % {
                "number": message.number
            }
            outcome.refused.append((row.number, reason, row.raw))
        else:
            yield message


def _objection(said: Mapping[str, Any], now: datetime) -> str:
    """Why a row whose cells can all be read still cannot stand, or ''."""
    for name, limit in _LIMITS.items():
        if len(said.get(name, "")) > limit:
            title = next(column.title for column in COLUMNS if column.name == name)
            return _("%(column)s超过%(limit)d个字") % {"column": title, "limit": limit}
    if ("reply" in said) != ("replied_at" in said):
        return _("有答复意见而没有答复时间") if "reply" in said else _("有答复时间而没有答复意见")
    if "phone" in said and not normal_phone(str(said["phone"])):
        return _("联系电话好像不对")
    if said["reported_at"] > now + timedelta(days=1):
        return _("留言时间在将来")
    if "replied_at" in said and said["replied_at"] > now + timedelta(days=1):
        return _("答复时间在将来")
    if "replied_at" in said and said["replied_at"] < said["reported_at"]:
        return _("答复时间早于留言时间")
    return ""


def digest(*, name: str, value: Any) -> str:
    """A short hash of what a field says. A telephone number is soon guessed: its digest is keyed."""
    if name == "phone":
        return keyed_hash(normal_phone(str(value)))[:16]
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_second_try(run: _Run, messages: list[_Message]) -> Outcome:
    """A batch; once more where another import wrote the same new number at the same moment: it is known then."""
    try:
        return _import_batch(run, messages)
    except IntegrityError:
        return _import_batch(run, messages)


def _import_batch(run: _Run, messages: list[_Message]) -> Outcome:
    """One transaction: known cases are locked in id order, new ones are written together."""
    outcome = Outcome()
    with transaction.atomic():
        numbers = {message.number for message in messages}
        known = {
            case.external_no: case
            for case in Case.objects.filter(import_source=run.source, external_no__in=numbers)
            .select_for_update(of=("self",))
            .order_by("id")
        }
        run = replace(run, now=run.clock())  # others may have had the rows until now
        fresh: list[_Message] = []
        renewed: list[Case] = []
        for message in messages:
            case = known.get(message.number)
            if case is None:
                fresh.append(message)
            elif _says_nothing_new(case, message):
                outcome.unchanged += 1
            elif reason := _contradicts(case, message):
                outcome.refused.append((message.row.number, reason, message.row.raw))
            else:
                renewed.append(case)
                if not run.dry:
                    _bring_up_to_date(run, case, message)
        outcome.updated += len(renewed)
        outcome.imported += len(fresh)
        if not run.dry and (fresh or renewed):
            made = _write_new(run, fresh)
            trail.record(
                by=run.by,
                now=run.now,
                verb="case.import",
                subject_kind="import",
                subject_id=run.run,
                facts={
                    "source": run.source,
                    "imported": len(fresh),
                    "updated": len(renewed),
                    "live": run.live,
                },
            )
            _brought_in(run, made + renewed)
    return outcome


def _says_nothing_new(case: Case, message: _Message) -> bool:
    return all(case.imported.get(name) == digest for name, digest in message.digests.items())


def _contradicts(case: Case, message: _Message) -> str:
    """Why a row that says something new cannot change the case it names, or ''."""
    if case.version != case.imported.get("version"):
        return _("该件导入后已在本系统办理，表中的改动未采用")
    known_reply = None if message.replied else case.first_response_at
    if known_reply is not None and message.values["reported_at"] > known_reply:
        return _("留言时间晚于该件先前导入的答复时间")
    return ""


def _text(message: _Message) -> tuple[str, str]:
    """(title, text): a subject too long for a title opens the text; without one the text's first line is the title."""
    text = str(message.values["text"])
    subject = str(message.values.get("subject") or text.split("\n", 1)[0])
    if len(subject) <= _TITLE:
        return subject, text
    whole = f"{subject}\n{text}" if "subject" in message.values else text
    return subject[: _TITLE - 1] + "…", whole


def _fill(case: Case, message: _Message) -> None:
    """Put what the row says into the case."""
    case.title, case.text = _text(message)
    case.reported_at = message.values["reported_at"]
    case.reported_day = local_day(case.reported_at)
    case.place_text = str(message.values.get("place", case.place_text))
    case.category_label = str(message.values.get("category", case.category_label))
    if message.replied:
        replied_at = message.values["replied_at"]
        case.result = str(message.values["reply"])
        case.first_response_at = case.disposed_at = case.informed_at = case.closed_at = replied_at
        case.state = State.CLOSED
    case.imported = {**case.imported, **message.digests, "version": case.version}


def _new_case(run: _Run, message: _Message, number: str) -> Case:
    case = Case(
        number=number,
        client_id=uuid7(),
        source=Source.HOTLINE if is_hotline(run.source) else Source.IMPORT,
        provenance=Provenance.LIVE if run.live else Provenance.HISTORIC,
        state=State.REPORTED,
        place_path="/",
        import_source=run.source,
        external_no=message.number,
    )
    _fill(case, message)
    return case


def _reporter(county: int, case: Case, message: _Message) -> CaseReporter:
    user = str(message.values.get("user", ""))
    return CaseReporter(
        case=case,
        receipt=token(county),
        name_sealed=encrypt(user, bound_to="case_reporter.name"),
        told_at=message.values.get("replied_at"),
        **_phone(message),
    )


def _phone(message: _Message) -> dict[str, str]:
    phone = normal_phone(str(message.values.get("phone", "")))
    if not phone:
        return {}
    return {"phone_sealed": encrypt(phone, bound_to="case_reporter.phone"), "phone_hash": keyed_hash(phone)}


def _step(
    case: Case,
    action: str,
    at: datetime,
    target: str,
    note: str = "",
    origin: str = "",
    *,
    public: bool = True,
) -> CaseStep:
    return CaseStep(
        case=case, at=at, action=action, from_state=origin, to_state=target, system="import", note=note, public=public
    )  # fmt: skip


def _steps(case: Case, message: _Message) -> list[CaseStep]:
    steps = [_step(case, "report", case.reported_at, State.REPORTED)]
    return steps + _reply_steps(case, message)


def _reply_steps(case: Case, message: _Message) -> list[CaseStep]:
    if not message.replied:
        return []
    at = message.values["replied_at"]
    return [
        _step(case, "dispose", at, State.DISPOSED, case.result, State.REPORTED),
        _step(case, "close", at, State.CLOSED, "", State.DISPOSED),
    ]


def _free_numbers(county: int, count: int) -> list[str]:
    """Public numbers that no case has yet."""
    drawn = {public_number(county) for _n in range(count)}
    while True:
        drawn -= set(Case.objects.filter(number__in=drawn).values_list("number", flat=True))
        if len(drawn) >= count:
            return list(drawn)
        drawn |= {public_number(county) for _n in range(count - len(drawn))}


def _brought_in(run: _Run, cases: list[Case]) -> None:
    """The last step of the batch, at the moment at which it ends: before it nobody could have read of these cases."""
    learned = run.clock()
    live = [case for case in cases if case.provenance == Provenance.LIVE]
    steps = [_step(case, "brought_in", learned, case.state, "", case.state, public=False) for case in live]
    happening.write_steps(steps=steps, by=run.by, now=learned)


def _write_new(run: _Run, messages: list[_Message]) -> list[Case]:
    if not messages:
        return []
    numbers = _free_numbers(run.by.county, len(messages))
    cases = [_new_case(run, message, number) for message, number in zip(messages, numbers, strict=True)]
    Case.objects.bulk_create(cases)
    pairs.keep(cases=cases)
    CaseReporter.objects.bulk_create(
        [_reporter(run.by.county, c, m) for c, m in zip(cases, messages, strict=True)]
    )
    steps = [step for c, m in zip(cases, messages, strict=True) for step in _steps(c, m)]
    happening.write_steps(steps=steps, by=run.by, now=run.now)
    if run.live:
        for case in cases:
            if case.state == State.REPORTED:
                _ask_for_screening(run, case)
    return cases


def _bring_up_to_date(run: _Run, case: Case, message: _Message) -> None:
    had_reply = case.state == State.CLOSED
    case.version += 1
    _fill(case, message)
    case.save()
    pairs.keep(cases=[case])
    if "user" in message.values:
        sealed = encrypt(str(message.values["user"]), bound_to="case_reporter.name")
        CaseReporter.objects.filter(case=case, erased_at__isnull=True).update(name_sealed=sealed)
    if phone := _phone(message):
        CaseReporter.objects.filter(case=case, erased_at__isnull=True).update(**phone)
    if message.replied:
        CaseReporter.objects.filter(case=case).update(told_at=case.informed_at)
        if had_reply:
            CaseStep.objects.filter(case=case, system="import", action="dispose").update(
                note=case.result, at=case.disposed_at
            )
            CaseStep.objects.filter(case=case, system="import", action="close").update(at=case.closed_at)
        else:
            happening.write_steps(steps=_reply_steps(case, message), by=run.by, now=run.now)
            worklist.done(by=run.by, now=run.now, subject_kind="case", subject_id=case.id)
    CaseStep.objects.filter(case=case, system="import", action="report").update(at=case.reported_at)


def _ask_for_screening(run: _Run, case: Case) -> None:
    worklist.put(
        by=run.by,
        now=run.now,
        kind="screen",
        subject_kind="case",
        subject_id=case.id,
        title=case.title[:160],
        number=case.number,
        role="county_clerk",
        path="/",
        due_at=run.now + timedelta(hours=24),
    )
