"""Laying the map of the example county: its tree, outline, grids, compounds and buildings."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any
from uuid import UUID

from mulin.ground.territory import actions as territory
from mulin.ground.territory import queries
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.readers.demo.rules import outlines, places


@dataclass
class Map:
    """What was laid: divisions by 12-digit code, compounds by name, grids in the order of the walk."""

    root: UUID
    divisions: dict[str, Any] = field(default_factory=dict)
    compounds: dict[str, Any] = field(default_factory=dict)
    grids: list[Any] = field(default_factory=list)
    blocks: outlines.Blocks = field(default_factory=lambda: outlines.Blocks(1))

    def community(self, code: str) -> Any:
        """The division of a community, by street + community code."""
        return self.divisions[f"{places.COUNTY}{code}"]

    def street(self, code: str) -> Any:
        """The division of a street, by its three digits."""
        return self.divisions[f"{places.COUNTY}{code}000"]


def open_example(*, by: Actor, now: datetime) -> None:
    """Open the county as an example, from the national table where that holds it, else from the table
    kept here."""

    def opening() -> None:
        territory.open_county(
            code=places.COUNTY, name_en=places.COUNTY_NAME_EN, is_example=True, by=by, now=now
        )

    try:
        opening()
    except Refused as refusal:
        if refusal.code != "county_unknown":
            raise
        territory.import_divisions(file=_table(), as_of=places.TABLE_AS_OF)
        opening()


def _table() -> io.BytesIO:
    text = io.StringIO()
    csv.writer(text).writerows([("code", "name"), *places.region_rows()])
    return io.BytesIO(text.getvalue().encode())


def lay_map(*, seed: int, on: date, by: Actor, now: datetime) -> Map:
    """English names, the county's outline, every grid, compound and building. In the scope of the county."""
    root = queries.root()
    laid = Map(root=root.id, blocks=outlines.Blocks(seed))
    territory.outline_division(division=root.id, geometry=outlines.county_outline(), by=by, now=now)
    _name_in_english(laid, root, by, now)
    _draw_grids(laid, on, by, now)
    _build_compounds(laid, seed, on, by, now)
    return laid


def _name_in_english(laid: Map, root: Any, by: Actor, now: datetime) -> None:
    english = places.english_names()
    rows = [root]
    for street in queries.children(root.id):
        rows += [street, *(queries.children(street.id) if street.kind == "subdistrict" else [])]
    for row in rows:
        laid.divisions[row.region_code] = row
        if name_en := english.get(row.region_code, ""):
            territory.rename_division(division=row.id, name=row.name, name_en=name_en, by=by, now=now)


def _draw_grids(laid: Map, on: date, by: Actor, now: datetime) -> None:
    """Two or three grids per community, each one block of the walk."""
    names, cells = places.community_names(), iter(outlines.walk())
    for community, count in places.grid_counts():
        for ordinal in places.ORDINALS[:count]:
            grid = territory.draw_grid(
                community=laid.community(community).id,
                name=f"{names[community][0]}{ordinal}网格",
                geometry=outlines.multipolygon(laid.blocks.ring(*next(cells))),
                on=on,
                by=by,
                now=now,
            )
            laid.grids.append(grid)


def _build_compounds(laid: Map, seed: int, on: date, by: Actor, now: datetime) -> None:
    """Compounds with their buildings; each compound and each building is put into one grid."""
    rng = Random(f"compounds-{seed}")  # noqa: S311 drawn the same each time
    cells = outlines.walk()
    first: dict[str, int] = {}
    for place, (community, _count) in enumerate(
        (code, number) for code, count in places.grid_counts() for number in range(count)
    ):
        first.setdefault(community, place)
    for one in places.COMPOUNDS:
        block = first[one.community] + one.grid - 1
        outline = outlines.multipolygon(laid.blocks.compound(*cells[block], rng)) if one.outlined else None
        home = territory.add_division(
            parent=laid.community(one.community).id,
            kind="compound",
            name=one.name,
            name_en=one.name_en,
            geometry=outline,
            on=on,
            by=by,
            now=now,
        )
        laid.compounds[one.name] = home
        grid = laid.grids[block].id
        territory.put_in_grid(division=home.id, grid=grid, on=on, by=by, now=now)
        for number in range(1, one.buildings + 1):
            block_of_flats = territory.add_division(
                parent=home.id,
                kind="building",
                name=f"{one.name}{number}号楼",
                name_en=f"{one.name_en} No. {number}",
                on=on,
                by=by,
                now=now,
            )
            territory.put_in_grid(division=block_of_flats.id, grid=grid, on=on, by=by, now=now)
