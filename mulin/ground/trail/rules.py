"""How a deed becomes bytes and bytes a chain. Pure: what is hashed is written here and nowhere else.

Entry bytes are the canonical JSON of every column; the detail is bound in by ``digest``, its salted hash, so
that it can be erased later. Link n is SHA-256(link n−1 ‖ canonical JSON of number, sealing time, entry).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

LOOKS = (".viewed", ".revealed", ".exported")
"""A deed whose verb ends so is a look at somebody's data: "who looked at whom" lists these."""

ERASED = "trail.details_erased"
"""The verb under which an erasure explains the empty details it leaves."""


@dataclass(frozen=True)
class Facts:
    """The columns of an entry that are hashed, with their database values."""

    county: int
    id: UUID
    at: datetime
    local_day: date
    account: UUID | None
    person: UUID | None
    system: str
    on_behalf_of: UUID | None
    verb: str
    subject_kind: str
    subject_id: UUID
    facts: Mapping[str, JSON]
    digest: str


def _plain(value: object) -> object:
    """A value whose JSON text survives the database: numbers lose their spelling there (1e2, 100.0 → 100)."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        if not number.is_finite():
            raise ValueError("not a JSON number")
        return ["number", format(number.normalize(), "f")]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, UUID | date):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [_plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no place in the trail")


def canonical(value: object) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces and numbers in one spelling. Raises TypeError, ValueError."""
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def detail_digest(salt: str, payload: Mapping[str, JSON]) -> str:
    """Hex SHA-256 of salt and payload: without the salt a short payload cannot be guessed from it."""
    return hashlib.sha256(salt.encode() + b"\n" + canonical(payload)).hexdigest()


def genesis(county: int) -> str:
    """What stands before the first link of a county's chain."""
    return hashlib.sha256(f"mulin trail of {county:06d}".encode()).hexdigest()


def link(previous: str, number: int, sealed_at: datetime, entry: Facts) -> str:
    """Hex SHA-256 of the previous link and this entry with its place in the chain."""
    body = canonical({"number": number, "sealed_at": sealed_at, "entry": asdict(entry)})
    return hashlib.sha256(previous.encode() + b"\n" + body).hexdigest()


def is_look(verb: str) -> bool:
    """Whether a deed is somebody reading somebody's data."""
    return verb.endswith(LOOKS)


@dataclass(frozen=True)
class Head:
    """One line of the file outside the database: how long the chain was, and its last link."""

    county: int
    day: str
    number: int
    hash: str
    at: str

    def line(self) -> str:
        """One JSON object and a line end."""
        return json.dumps(asdict(self), separators=(",", ":")) + "\n"


def read_head(line: str) -> Head | None:
    """A head from its line, or None where the line is none."""
    try:
        told = json.loads(line)
        return Head(
            int(told["county"]), str(told["day"]), int(told["number"]), str(told["hash"]), str(told["at"])
        )
    except (ValueError, KeyError, TypeError):
        return None
