"""The time limits of a version, resolved by level and mode."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from mulin.services.catalogue.models import MatterLimit, MatterVersion
from mulin.services.catalogue.rules import DisposalLevel, LimitRow, Limits, Mode, resolve


def _key(version: UUID | MatterVersion) -> UUID:
    return version.id if isinstance(version, MatterVersion) else version


def _rows(versions: Iterable[UUID]) -> dict[UUID, list[LimitRow]]:
    found: dict[UUID, list[LimitRow]] = {}
    values = MatterLimit.objects.filter(version_id__in=list(versions)).values_list(
        "version_id", "level", "mode", "step", "minutes", "clock"
    )
    for key, level, mode, step, minutes, clock in values:
        found.setdefault(key, []).append(LimitRow(level, mode, step, minutes, clock))
    return found


def limits(version: UUID | MatterVersion | None, level: str, mode: str = Mode.ROUTINE) -> Limits:
    """How long each step may take: one statement. The most specific level wins, an emergency falls back to routine,
    the defaults of the rules speak where nothing is set. None is a case without a matter type: the defaults."""
    rows = _rows([_key(version)]).get(_key(version), []) if version is not None else []
    return resolve(rows, level=level, mode=mode)


def limits_of(versions: Iterable[UUID], mode: str = Mode.ROUTINE) -> dict[tuple[UUID, str], Limits]:
    """The same for many versions at every level, in one statement: (version, level) → limits."""
    wanted = list(dict.fromkeys(versions))
    rows = _rows(wanted) if wanted else {}
    return {
        (version, level.value): resolve(rows.get(version, []), level=level.value, mode=mode)
        for version in wanted
        for level in DisposalLevel
    }
