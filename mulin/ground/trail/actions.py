"""Writing the trail: a deed's row in the deed's own transaction, its seal afterwards, erasure of details."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction

from mulin.ground.trail.models import AuditDetail, AuditEntry, Seal
from mulin.ground.trail.queries import facts_of, head_file, last_seal
from mulin.ground.trail.rules import ERASED, JSON, Head, detail_digest, genesis, link, read_head
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.county import NoCounty, current_county

log = logging.getLogger(__name__)
BATCH = 500
TRIES = 8


@transaction.atomic(savepoint=False)
def record(
    *,
    by: Actor,
    now: datetime,
    verb: str,
    subject_kind: str,
    subject_id: UUID,
    facts: Mapping[str, JSON] | None = None,
    personal: Mapping[str, JSON] | None = None,
    about: UUID | None = None,
    on_behalf_of: UUID | None = None,
) -> UUID:
    """Write down a deed, inside its transaction: two INSERTs, no savepoint. Returns the entry's id.

    ``facts`` say what happened without personal data and stay for ever; ``personal`` (about the person
    ``about``) can be erased. Raises NoCounty where the actor belongs to another county, TypeError for values
    that JSON lacks.
    """
    if by.county != current_county():
        raise NoCounty(f"an actor of {by.county} did something in {current_county()}")
    salt = secrets.token_hex(16)
    payload = dict(personal or {})
    entry = AuditEntry.objects.create(
        at=now,
        local_day=local_day(now),
        account=by.account,
        person=by.hand,
        system=by.program[:40],
        on_behalf_of=on_behalf_of,
        verb=verb,
        subject_kind=subject_kind,
        subject_id=subject_id,
        facts=dict(facts or {}),
        digest=detail_digest(salt, payload),
    )
    AuditDetail.objects.create(entry=entry, about=about, salt=salt, payload=payload)
    return entry.id


def seal(*, now: datetime) -> int:
    """Put the county's unsealed deeds into its chain, in id order, and write the head outside the database.

    Two processes may do this at once: the unsealed marks are locked in id order, and where that is not enough
    the unique number refuses the second one, which tries again. No deed waits. Returns how many were sealed.
    """
    sealed, tries = 0, 0
    while True:
        try:
            done = _seal_batch(now=now)
        except IntegrityError:
            tries += 1
            if tries >= TRIES:
                raise
            continue
        sealed += done
        if done < BATCH:
            break
    write_head(now=now)
    return sealed


@transaction.atomic(durable=True)
def _seal_batch(*, now: datetime) -> int:
    """One transaction of at most BATCH links, committed before the head file hears of them."""
    marks = list(
        AuditDetail.objects.filter(sealed=False)
        .order_by("entry_id")
        .select_for_update(no_key=True)
        .values_list("entry_id", flat=True)[:BATCH]
    )
    if not marks:
        return 0
    entries = AuditEntry.objects.in_bulk(marks)
    last = last_seal()
    number, previous = (last.number, last.hash) if last else (0, genesis(current_county()))
    links = []
    for mark in marks:
        number += 1
        previous = link(previous, number, now, facts_of(entries[mark]))
        links.append(Seal(number=number, entry_id=mark, sealed_at=now, hash=previous))
    Seal.objects.bulk_create(links)
    AuditDetail.objects.filter(entry_id__in=marks).update(sealed=True)
    return len(marks)


def write_head(*, now: datetime) -> bool:
    """Append the chain's head to the county's head file when it changed, and once a day. Whether it did.

    The file is written after the seals are committed, so it never runs ahead of the database. Copying
    the folder to another machine is what makes it a witness. Raises OSError where it cannot be written.
    """
    return keep_head(path=head_file(current_county()), last=_last, now=now)


def _last() -> tuple[int, str] | None:
    last = last_seal()
    return (last.number, last.hash) if last else None


def keep_head(*, path: Path, last: Callable[[], tuple[int, str] | None], now: datetime) -> bool:
    """``write_head`` for any chain: ``last`` tells its last link (number, hash), asked while the file is held."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(path) as descriptor:
        told = last()
        if told is None:
            return False
        number, hashed = told
        newest = _newest_head(descriptor)
        day = local_day(now).isoformat()
        if newest and (newest.number, newest.hash, newest.day) == (number, hashed, day):
            return False
        if newest and newest.number > number:
            log.error("%s: the head file knows %s links, the database %s", path.name, newest.number, number)
        head = Head(current_county(), day, number, hashed, now.isoformat())
        os.lseek(descriptor, 0, os.SEEK_END)
        os.write(descriptor, head.line().encode())
        os.fsync(descriptor)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The head file, open and held by one process at a time."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _newest_head(descriptor: int) -> Head | None:
    """The last line, after cutting off what a crash or full disk left of one: without its end it is none."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    tail = os.pread(descriptor, min(size, 4096), max(size - 4096, 0))
    whole = tail[: tail.rfind(b"\n") + 1]
    if len(whole) < len(tail):
        os.ftruncate(descriptor, size - len(tail) + len(whole))
    lines = whole.decode(errors="replace").splitlines()
    return read_head(lines[-1]) if lines else None


@transaction.atomic
def erase_about(*, person: UUID, by: Actor, now: datetime) -> int:
    """Empty every detail about a person and throw its salt away; the entries and the chain stay valid.

    The erasure is itself a deed and explains the empty details to ``verify-trail``. Returns their number.
    """
    emptied = (
        AuditDetail.objects.filter(about=person).exclude(salt="", payload={}).update(salt="", payload={})
    )
    if emptied:
        record(
            by=by, now=now, verb=ERASED, subject_kind="person", subject_id=person, facts={"details": emptied}
        )  # fmt: skip
    return emptied
