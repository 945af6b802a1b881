"""Writes about places. One function = one use case = one transaction."""

from mulin.ground.territory.actions.counties import Opened, open_county
from mulin.ground.territory.actions.divisions import (
    add_division,
    end_division,
    outline_division,
    put_in_charge,
    relieve,
    rename_division,
    settle,
)
from mulin.ground.territory.actions.drawing import GridsImported, RefusedFile, import_grids
from mulin.ground.territory.actions.grids import (
    draw_grid,
    end_grid,
    end_posting,
    erase_person,
    post_to_grid,
    put_in_grid,
    redraw_grid,
    rename_grid,
    resplit,
)
from mulin.ground.territory.actions.regions import Imported, RefusedRow, import_divisions

__all__ = [
    "GridsImported",
    "Imported",
    "Opened",
    "RefusedFile",
    "RefusedRow",
    "add_division",
    "draw_grid",
    "end_division",
    "end_grid",
    "end_posting",
    "erase_person",
    "import_divisions",
    "import_grids",
    "open_county",
    "outline_division",
    "post_to_grid",
    "put_in_charge",
    "put_in_grid",
    "redraw_grid",
    "relieve",
    "rename_division",
    "rename_grid",
    "resplit",
    "settle",
]
