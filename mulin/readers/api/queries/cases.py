"""Cases for programs: each through the window that the key has on it (services/cases/queries/connected.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.ground.files import queries as files
from mulin.ground.territory import queries as territory
from mulin.ground.worklist import queries as work
from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotAllowed, NotFound
from mulin.readers.api.queries.facts import Absolute, unit_of
from mulin.readers.api.rules.acts import ACTS, needs_of
from mulin.services.cases import queries as cases
from mulin.services.cases.queries import connected, offers
from mulin.services.cases.queries.connected import OWN, UNIT, WIDE, Wanted


def list_cases(actor: Actor, wanted: Wanted, *, cursor: str, limit: int) -> dict[str, Any]:
    """A page of the cases that the system sees, newest first. At most five statements."""
    page = connected.listed(actor, wanted, at=cursor, size=limit)
    return {"items": _rows(actor, page.rows), "next": page.next}


def changes(
    actor: Actor, wanted: Wanted, since: datetime, now: datetime, *, cursor: str, limit: int
) -> dict[str, Any]:
    """A page of those with something new since a moment, the oldest change first. At most five statements."""
    page = connected.changed(actor, wanted, since, now, at=cursor, size=limit)
    return {"items": _rows(actor, page.rows), "next": page.next}


def found(actor: Actor, number: str) -> tuple[Any, str]:
    """A case that the system sees, and through which window. Raises NotFound."""
    row = connected.one(actor, number)
    if row is None:
        raise NotFound(_("没有这个编号，或者这个密钥看不到它。"), code="no_such_case")
    return row, connected.windows(actor, [row])[row.id]


def to_act_on(actor: Actor, number: str) -> Any:
    """A case that the system's unit deals with. Raises NotFound, and NotAllowed for one that it sees otherwise."""
    row, window = found(actor, number)
    if window != UNIT:
        raise NotAllowed(_("这件事不由这个系统所替的单位办理。"), code="not_your_unit")
    return row


def case(actor: Actor, number: str, now: datetime, absolute: Absolute) -> dict[str, Any]:
    """One case with its clocks, its steps, and what the system may do now. Raises NotFound. About a dozen statements."""
    row, window = found(actor, number)
    (told,) = _rows(actor, [row])
    follows = told["merged_state"] is not None
    ended = row.merged_into if follows and _tells_result(actor, row, window) else row
    story = _story(actor, row, window)
    closed_to_it = window == WIDE
    pictures = {} if closed_to_it else {one.id: one for one in _photos_of(row, window, story)}
    reporters = cases.shown_reporters(row) if window == UNIT else []
    return told | {
        "text": None if closed_to_it else row.text,
        "result": None if closed_to_it else (ended.result or ended.refusal or None),
        "clocks": {
            "light": cases.light_of(row, now),
            "due_at": row.due_at,
            "step_due_at": row.step_due_at,
            "response_due_at": row.response_due_at,
            "first_response_at": row.first_response_at,
            "paused_since": row.paused_since,
        },
        "photos": _photos(row, pictures.values(), absolute),
        "reporters": [
            {"name": one.name, "phone": one.phone, "by_message": one.by_message, "told": one.told}
            for one in reporters
        ],
        "steps": [
            {
                "at": one.at,
                "action": one.action,
                "label": one.title,
                "state": one.state,
                "who": None if closed_to_it else one.who,
                "text": None if closed_to_it else one.text,
                "photos": _photos(row, () if closed_to_it else one.photos, absolute),
            }
            for one in story.entries
            if follows or one.action != "goes_on"
        ],
        "allowed_actions": _allowed(actor, row, bool(reporters), absolute) if window == UNIT else [],
    }


def _story(actor: Actor, row: Any, window: str) -> cases.Story:
    if window == UNIT:
        return cases.timeline(row, actor, public=False)
    reader = connected.reporter_of(row) if window == OWN else None
    return cases.timeline(row, actor, public=True, reader=reader)


def _photos_of(row: Any, window: str, story: cases.Story) -> list[cases.Photo]:
    """Every photo of a case to the unit; to who reported it those that stand in its reporter's story."""
    if window == UNIT:
        return list(cases.photos_of(row.id).values())
    return [*story.report_photos, *(one for entry in story.entries for one in entry.photos)]


def _photos(row: Any, photos: Iterable[cases.Photo], absolute: Absolute) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "url": absolute(reverse("api:photo", args=[row.number, one.id])), "alt": one.alt}
        for one in photos
    ]


def photo(actor: Actor, number: str, key: UUID) -> tuple[Any, Any]:
    """(where its bytes lie, its media type) of a photo that the system sees in a case. Raises NotFound."""
    row, window = found(actor, number)
    story = _story(actor, row, window)
    known = {one.id for one in _photos_of(row, window, story)} if window != WIDE else set()
    held = files.of_subjects("case", [one for one in (row.id, row.merged_into_id) if one]) if known else {}
    file = next(
        (one for rows in held.values() for one in rows if one.id == key and str(one.id) in known), None
    )
    if file is None or file.width is None:
        raise NotFound(_("没有这张照片，或者这个密钥看不到它。"), code="no_such_photo")
    return files.path_of(file), file.media_type


def _allowed(actor: Actor, row: Any, told: bool, absolute: Absolute) -> list[dict[str, Any]]:
    """The acts that are open to the system now, each with what it needs. Two statements."""
    waiting = {item.kind for item in work.of_subject("case", row.id)}
    open_now = [one for one in offers.open_acts(actor, row, waiting=waiting, told=told) if one in ACTS]
    photos = offers.needs_photo(row)
    return [
        {
            "action": action,
            "label": str(offers.act_words(action)),
            "method": "POST",
            "url": absolute(reverse(f"api:{action}", args=[row.number])),
            "needs": needs_of(action, photos=photos),
        }
        for action in open_now
    ]


def contacts_of(shown: Iterable[Any]) -> dict[str, Any]:
    """Name and phone of reporters, as ``actions.show_contact`` opened them."""
    return {"items": [{"name": one.name, "phone": one.phone} for one in shown]}


def done(row: Any, absolute: Absolute) -> dict[str, Any]:
    """What is said after a deed, and kept for who sends it again: JSON throughout."""
    return {
        "number": row.number,
        "state": str(row.state),
        "state_label": str(row.get_state_display()),
        "version": row.version,
        "url": absolute(reverse("api:case", args=[row.number])),
    }


# ── rows ─────


@dataclass(frozen=True)
class _Names:
    """path → name and national code; which merged cases the system sees."""

    places: Mapping[str, str]
    codes: Mapping[str, str]
    merged: Mapping[UUID, str]


def _rows(actor: Actor, rows: list[Any]) -> list[dict[str, Any]]:
    """Rows as the list tells them. Four statements at most."""
    windows = connected.windows(actor, rows)
    paths = {connected.shown_path(row, windows[row.id]) for row in rows}
    into = [row.merged_into_id for row in rows if row.merged_into_id is not None]
    merged = dict(connected.seen(actor).filter(id__in=into).values_list("id", "number")) if into else {}
    names = _Names(territory.names_of_paths(paths), territory.codes_of_paths(paths), merged)
    return [_row(row, windows[row.id], names) for row in rows]


def _row(row: Any, window: str, names: _Names) -> dict[str, Any]:
    path, near = connected.shown_path(row, window), window != WIDE
    return {
        "number": row.number,
        "window": window,
        "state": row.state,
        "state_label": str(row.get_state_display()),
        "version": row.version,
        "title": row.title if near else None,
        "matter": _kind(row),
        "level": row.level,
        "urgency": row.urgency,
        "unit": unit_of(row.unit),
        "place": {
            "path": path,
            "name": names.places.get(path, ""),
            "code": names.codes.get(path, ""),
            "text": row.place_text if near else None,
            "lon": row.lon if near else None,
            "lat": row.lat if near else None,
        },
        "reported_at": row.reported_at,
        "due_at": row.due_at,
        "closed_at": row.closed_at,
        "changed_at": row.changed_at,
        "merged_into": names.merged.get(row.merged_into_id) if row.merged_into_id else None,
        "merged_state": _goes_on(row, window, names),
    }


def _goes_on(row: Any, window: str, names: _Names) -> str | None:
    """How far the case is that it was merged into: for who reported it, as its reporter reads it, and who sees that case."""
    known = row.merged_into_id is not None and (window == OWN or row.merged_into_id in names.merged)
    return str(row.merged_into.state) if known else None


def _tells_result(actor: Actor, row: Any, window: str) -> bool:
    """Whether it may read the result of the case that a report was merged into: who reported it, and who reads it there."""
    into = row.merged_into
    return window == OWN or connected.windows(actor, [into])[into.id] != WIDE


def _kind(row: Any) -> dict[str, Any] | None:
    if row.matter is None:
        return None
    kind = row.matter.matter_type
    return {
        "code": kind.code,
        "name": row.matter.label,
        "category": kind.category.code,
        "version": row.matter.number,
    }
