"""A matter comes in: report, found and fixed at once. Accept first, then ask whose it is; nothing is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mulin.ground.files import actions as files
from mulin.ground.people import queries as people
from mulin.ground.territory import queries as territory
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.kernel.errors import NotAllowed, NotFound, Refused
from mulin.kernel.ids import public_number, token, uuid7
from mulin.kernel.secrets import encrypt, keyed_hash, normal_phone
from mulin.kernel.tables import clean
from mulin.services.cases.actions import happening, pairs, steps
from mulin.services.cases.models import Case, CaseReporter
from mulin.services.cases.permissions import may_find_and_fix
from mulin.services.cases.rules import (
    CLERKS,
    FROM_PEOPLE,
    GRID,
    GRID_STAFF,
    LIMITS,
    MOST_PHOTOS,
    MOST_WORDS,
    MOST_WORDS_OF_SYSTEM,
    ROUGH_METRES,
    SPOKEN,
    Address,
    Source,
    State,
    clerk_at,
    community_of_grid,
    emergency_numbers,
    level_of_role,
    same_words,
    sampled,
    title_of,
)


@dataclass(frozen=True)
class Reported:
    """The case and the receipt by which its reporter follows it ('' where there is none). ``again``: a resend found it."""

    case: Case
    receipt: str
    again: bool = False


COUNTY_SCREEN = Address("county_clerk", "/")


@dataclass(frozen=True)
class _Where:
    """What is known of the place. ``screen``: who looks first where no grid is known for sure."""

    place_id: UUID | None = None
    place_path: str = "/"
    grid_id: UUID | None = None
    grid_path: str = ""
    lon: float | None = None
    lat: float | None = None
    outside: bool = False
    screen: Address = COUNTY_SCREEN


@dataclass(frozen=True)
class _Report:
    """A report as it came, checked."""

    client_id: UUID
    text: str
    title: str
    source: str
    place: UUID | None
    lon: float | None
    lat: float | None
    accuracy: float | None
    datum: str
    place_text: str
    name: str
    phone: str
    behalf: bool = False
    """Staff write it down for somebody else."""
    chosen: str = ""
    category: str = ""


def report(
    *,
    by: Actor,
    now: datetime,
    client_id: UUID,
    text: str,
    source: str,
    title: str = "",
    place: UUID | None = None,
    lon: float | None = None,
    lat: float | None = None,
    accuracy: float | None = None,
    datum: str = "wgs84",
    place_text: str = "",
    name: str = "",
    phone: str = "",
    photos: Sequence[Any] = (),
    sound: Any = None,
    on_behalf: bool = False,
    chosen: str = "",
    category: str = "",
) -> Reported:
    """Take a report in and put it on somebody's list, whatever is known of its place.

    Its grid's workers get a to-do; without a grid the community, street or county screens it; outside the county it is
    kept, flagged for the county's screeners. The same ``client_id`` with the same words is the same case, however often
    and however parallel it comes; with other words or from another person it is refused (409). Photos are stored before
    the transaction. ``sound``: a recording of a minute at most, with words or instead of them; somebody is asked to write
    down what is said. ``on_behalf``: staff write it down, whatever its source. ``chosen``: the code of the matter type or
    category that the reporter chose, ``category`` that category's name: hints, staff decide. Refused: no words, too many
    words or photos, a phone number that cannot be one, a photo or a recording that is none.
    """
    if sound is not None and not clean(text):
        text = SPOKEN
    told = _checked(client_id, text, title, source, place, lon, lat, accuracy, datum, place_text, name, phone)
    told = replace(
        told, behalf=on_behalf or source == Source.STAFF, chosen=chosen[:30], category=category[:60]
    )
    if len(photos) > MOST_PHOTOS:
        raise Refused("too_many_photos", _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, field="photos")
    if (photos or sound is not None) and (known := _earlier(told, by)) is not None:
        return known
    stored = [files.store(upload=photo, purpose="report", by=by, now=now) for photo in photos]
    clip = files.store_sound(upload=sound, by=by, now=now) if sound is not None else None
    try:
        with transaction.atomic():
            return _take_in(told, stored, clip, by, now)
    except IntegrityError:
        known = _earlier(told, by)
        if known is None:
            raise
        return known


def _checked(
    client_id: UUID,
    text: str,
    title: str,
    source: str,
    place: UUID | None,
    lon: float | None,
    lat: float | None,
    accuracy: float | None,
    datum: str,
    place_text: str,
    name: str,
    phone: str,
) -> _Report:
    most = MOST_WORDS_OF_SYSTEM if source in (Source.SYSTEM, Source.HOTLINE) else MOST_WORDS
    words = steps.required(
        text=text, code="no_text", message=_("请写一句发生了什么事。"), field="text", most=most
    )
    digits = normal_phone(phone)
    if phone.strip() and not digits:
        raise Refused("phone_wrong", _("电话号码好像不对，请检查；不留电话也可以报事。"), field="phone")
    if (lon is None) != (lat is None) or not (-180 <= (lon or 0) <= 180 and -90 <= (lat or 0) <= 90):
        lon = lat = None
    return _Report(
        client_id,
        words,
        (clean(title) or title_of(words))[:200],
        source,
        place,
        lon,
        lat,
        accuracy if lon is not None else None,
        datum,
        clean(place_text)[:200],
        clean(name)[:40],
        digits,
    )


def _earlier(told: _Report, by: Actor) -> Reported | None:
    """The case that this very report made before, or None. Refuses other words or another person under its key."""
    case = Case.objects.filter(client_id=told.client_id).first()
    if case is None:
        return None
    owner = case.reported_by_id if case.source in FROM_PEOPLE else None
    stranger = (owner is not None and owner != by.person) or case.system_id != by.connected
    if stranger or not same_words(case.text, told.text):
        message = _("这张表刚才已经提交过，内容不一样。如果是另一件事，请再点一次提交。")
        raise Refused("client_id_taken", message, status=409)
    reporter = CaseReporter.objects.filter(case=case).order_by("id").first()
    return Reported(case, reporter.receipt if reporter else "", again=True)


def _take_in(told: _Report, stored: list[Any], clip: Any, by: Actor, now: datetime) -> Reported:
    """One transaction: row, words, reporter, step, deed, to-do; one more where somebody has to listen."""
    where = _locate(told, stored, by, local_day(now))
    case = _case(told, where, by, now)
    if told.source in FROM_PEOPLE and not told.behalf:
        case.reported_by_id = by.person
    case.save(force_insert=True)
    pairs.keep(cases=[case])
    reporter = _reporter(told, case, by)
    facts = _facts(told, where, stored) | ({"sound": str(clip.id)} if clip is not None else {})
    if by.connected is not None:
        facts["connected"] = str(by.connected)
    happening.write_step(
        case=case,
        by=by,
        at=now,
        action="report",
        to_state=case.state,
        person=by.person,
        role=steps.role_in(by=by, case=case) if by.connected is None else "",
        system=by.program[:40],
        facts=facts,
    )
    if stored:
        files.attach(
            files=[one.id for one in stored], subject_kind="case", subject_id=case.id, by=by, now=now
        )
    _put(case, where, by, now)
    if clip is not None:
        files.attach(files=[clip.id], subject_kind="case", subject_id=case.id, by=by, now=now)
        steps.ask(case=case, kind="listen", to=steps.clerk_for(case=case), by=by, now=now)
    steps.record(
        case=case, verb="case.report", by=by, now=now, facts={"source": told.source, "grid": where.grid_path}
    )
    return Reported(case, reporter.receipt)


def _put(case: Case, where: _Where, by: Actor, now: datetime) -> None:
    """The to-do of a new case: the grid handles, or somebody screens. Its title is a record, not the page's language."""
    title = case.title
    if where.outside:
        title = f"【县外】{title}"
    if emergency_numbers(case.text):
        title = f"【疑似紧急】{title}"
    if where.grid_path:
        steps.ask(
            case=case, kind="handle", to=Address("grid_worker", where.grid_path), by=by, now=now, title=title
        )
    else:
        steps.ask(case=case, kind="screen", to=where.screen, by=by, now=now, title=title)


def _case(told: _Report, where: _Where, by: Actor, now: datetime) -> Case:
    return Case(
        number=public_number(by.county),
        client_id=told.client_id,
        source=told.source,
        system_id=by.connected,
        chosen=told.chosen,
        category_label=told.category,
        state=State.REPORTED,
        title=told.title,
        text=told.text,
        place_id=where.place_id,
        place_path=where.place_path,
        place_text=told.place_text,
        compound_id=territory.compound_of(where.place_path),
        grid_id=where.grid_id,
        grid_path=where.grid_path,
        lon=where.lon,
        lat=where.lat,
        accuracy=told.accuracy if told.lon is not None else None,
        source_datum=told.datum if told.lon is not None else ("wgs84" if where.lon is not None else ""),
        reported_at=now,
        reported_day=local_day(now),
        assigned_at=now if where.grid_path else None,
        level=GRID if where.grid_path else level_of_role(where.screen.role),
        held_role="grid_worker" if where.grid_path else where.screen.role,
        held_path=where.grid_path or where.screen.path,
        step_since=now,
        step_due_at=now + LIMITS.handle,
        response_due_at=now + LIMITS.handle,
        next_check_at=now + LIMITS.handle,
        due_at=now + LIMITS.total,
    )


def _reporter(told: _Report, case: Case, by: Actor) -> CaseReporter:
    """The receipt and what the reporter left of himself, encrypted. Staff who report for a known number link its person."""
    person = case.reported_by_id
    if told.behalf and told.phone and (known := people.find_by_phone(told.phone)) is not None:
        person = known.id
    row = CaseReporter(
        case=case,
        person_id=person,
        receipt=token(by.county),
        name_sealed=encrypt(told.name, bound_to="case_reporter.name"),
        phone_sealed=encrypt(told.phone, bound_to="case_reporter.phone"),
        phone_hash=keyed_hash(told.phone),
    )
    row.save(force_insert=True)
    return row


def _facts(told: _Report, where: _Where, stored: list[Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if where.outside:
        facts["outside"] = True
    if stored:
        facts["photos"] = [str(one.id) for one in stored]
    if numbers := emergency_numbers(told.text):
        facts["emergency"] = list(numbers)
    return facts


# ── where it is ──────────────────────────────────────────────────────────────────────────────────────────────────


def _locate(told: _Report, stored: list[Any], by: Actor, on: date) -> _Where:
    """The picked place decides, then the phone's position, then the position a photo carries.

    Who picks a compound says where the matter is; the phone only says where he stands. One to four statements.
    """
    picked = _picked(told.place, on) if told.place is not None else None
    point = _point(told, stored)
    if point is None:
        return picked or _or_home(_Where(), told, by)
    found = _at_point(point, told, on)
    if picked is None:
        return found if found.outside else _or_home(found, told, by)
    if found.grid_path == "":
        return picked
    if picked.grid_path:
        return _with(picked, lon=found.lon, lat=found.lat) if picked.grid_path == found.grid_path else picked
    community = community_of_grid(found.grid_path)
    if not (community.startswith(picked.place_path) or picked.place_path.startswith(community)):
        return picked
    if found.place_path.startswith(picked.place_path):
        return found
    return _with(found, place_id=picked.place_id, place_path=picked.place_path)


def _with(where: _Where, **more: Any) -> _Where:
    return _Where(**{**where.__dict__, **more})


def _picked(place: UUID, on: date) -> _Where:
    try:
        division = territory.division(place)
    except NotFound:
        raise Refused("no_place", _("没有这个地方，请重新选择。"), field="place")
    spot = territory.grid_of_place(place, on=on) if division.path != "/" else None
    return _Where(
        place_id=division.id,
        place_path=division.path,
        grid_id=spot.grid_id if spot else None,
        grid_path=spot.grid_path if spot else "",
        screen=clerk_at(division.path, division.kind),
    )


def _point(told: _Report, stored: list[Any]) -> tuple[float, float] | None:
    """WGS-84 degrees: of the phone, else the first that a photo carries."""
    if told.lon is not None and told.lat is not None:
        return territory.to_wgs84(told.lon, told.lat, told.datum)
    return next(((one.lon, one.lat) for one in stored if one.lon is not None), None)


def _at_point(point: tuple[float, float], told: _Report, on: date) -> _Where:
    """By the map of the day: one statement for grid, compound and county together. A rough position only tells the
    community."""
    lon, lat = point
    map_ = territory.grid_map(on=on)
    spot = map_.at(lon, lat)
    if spot is None:
        return _Where(lon=lon, lat=lat, outside=map_.inside(lon, lat) is False)
    if told.accuracy is not None and told.accuracy > ROUGH_METRES:
        screen = Address("community_clerk", spot.community_path)
        return _Where(
            place_id=spot.community_id, place_path=spot.community_path, lon=lon, lat=lat, screen=screen
        )
    home = map_.home_at(lon, lat)
    known = home is not None and home.path.startswith(spot.community_path)
    return _Where(
        place_id=home.id if home is not None and known else spot.community_id,
        place_path=home.path if home is not None and known else spot.community_path,
        grid_id=spot.grid_id,
        grid_path=spot.grid_path,
        lon=lon,
        lat=lat,
    )


def _or_home(where: _Where, told: _Report, by: Actor) -> _Where:
    """Staff who report for a neighbour and name no place: it goes to the clerk of their own community or street."""
    if not told.behalf or where.place_path != "/":
        return where
    for held in by.held:
        if held.role in (*CLERKS, *GRID_STAFF) and held.path not in ("", "/"):
            path = held.path if held.role in CLERKS else community_of_grid(held.path)
            role = "street_clerk" if held.role == "street_clerk" else "community_clerk"
            home = territory.division_at_path(path)
            return _with(
                where, place_path=path, place_id=home.id if home else None, screen=Address(role, path)
            )
    return where


# ── found and fixed ──────────────────────────────────────────────────────────────────────────────────────────────


def found_and_fixed(
    *,
    by: Actor,
    now: datetime,
    client_id: UUID,
    text: str,
    result: str,
    title: str = "",
    place: UUID | None = None,
    lon: float | None = None,
    lat: float | None = None,
    accuracy: float | None = None,
    datum: str = "wgs84",
    place_text: str = "",
    photos: Sequence[Any] = (),
) -> Reported:
    """Report and result in one act, by a grid worker within his grid; closed at once, nobody to tell, no to-do.

    Without a position or place it lies in his grid where he has one only. Refused outside his grid (report it instead),
    without words or result. Idempotent by ``client_id`` like ``report``.
    """
    told = _checked(
        client_id, text, title, Source.PATROL, place, lon, lat, accuracy, datum, place_text, "", ""
    )
    done = steps.required(text=result, code="no_result", message=_("请写怎么解决的。"), field="result")
    if not by.paths(*GRID_STAFF):
        raise NotAllowed(_("“发现并当场解决”由网格员和网格长填写。"))
    if len(photos) > MOST_PHOTOS:
        raise Refused("too_many_photos", _("最多 %(most)d 张照片。") % {"most": MOST_PHOTOS}, field="photos")
    if photos and (known := _earlier(told, by)) is not None:
        return known
    stored = [files.store(upload=photo, purpose="result", by=by, now=now) for photo in photos]
    try:
        with transaction.atomic():
            return _take_fixed(told, done, stored, by, now)
    except IntegrityError:
        known = _earlier(told, by)
        if known is None:
            raise
        return known


def _take_fixed(told: _Report, result: str, stored: list[Any], by: Actor, now: datetime) -> Reported:
    where = _own_grid(told, stored, by, local_day(now))
    case = _case(told, where, by, now)
    case.found_fixed, case.state, case.result = True, State.CLOSED, result
    case.due_at = case.step_due_at = case.response_due_at = case.next_check_at = None
    case.sampled = sampled(case.client_id)
    case.handler_id = by.person
    case.accepted_at = case.taken_up_at = case.disposed_at = case.closed_at = now
    case.save(force_insert=True)
    pairs.keep(cases=[case])
    happening.write_step(
        case=case,
        by=by,
        at=now,
        action="found_and_fixed",
        to_state=case.state,
        person=by.person,
        role=steps.role_in(by=by, case=case),
        system=by.program[:40],
        note=result,
        facts=_facts(told, where, stored),
    )
    if stored:
        files.attach(
            files=[one.id for one in stored], subject_kind="case", subject_id=case.id, by=by, now=now
        )
    if case.sampled:
        steps.ask(case=case, kind="check", to=steps.clerk_for(case=case), by=by, now=now)
    steps.record(case=case, verb="case.found_and_fixed", by=by, now=now, facts={"grid": where.grid_path})
    return Reported(case, "")


def _own_grid(told: _Report, stored: list[Any], by: Actor, on: date) -> _Where:
    """The grid of the matter, which must be the worker's own."""
    where = _locate(told, stored, by, on)
    if where.grid_path:
        if not may_find_and_fix(by, where.grid_path):
            raise Refused(
                "not_your_grid", _("这个位置不在您的网格内。请改用“代为上报”，系统会派给那里的网格员。")
            )
        return where
    mine = by.paths(*GRID_STAFF)
    if len(mine) != 1 or (where.place_path != "/" and not mine[0].startswith(where.place_path)):
        raise Refused("no_grid", _("看不出在哪个网格，请点“用我现在的位置”或选择小区。"), field="place")
    grid = next((one for one in territory.grids_under(mine[0], on=on) if one.path == mine[0]), None)
    if grid is None:
        raise Refused("no_grid", _("您的网格今天没有生效，请联系社区工作人员。"))
    community = community_of_grid(mine[0])
    path = where.place_path if where.place_path.startswith(community) else community
    return _with(
        where,
        grid_id=grid.id,
        grid_path=grid.path,
        place_path=path,
        place_id=where.place_id or grid.community_id,
    )


def new_client_id() -> UUID:
    """A key for a fresh form: the same key sent twice is one case."""
    return uuid7()
