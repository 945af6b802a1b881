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
from mulin.ground.territory.actions.ends import end_duties, erase_person
from mulin.ground.territory.actions.grids import (
    draw_grid,
    end_grid,
    end_posting,
    post_to_grid,
    put_in_grid,
    redraw_grid,
    rename_grid,
    resplit,
)
from mulin.ground.territory.actions.links import (
    assign_officer,
    end_department_link,
    end_officer,
    lead_department,
    link_department,
)
from mulin.ground.territory.actions.regions import Imported, RefusedRow, import_divisions
from mulin.ground.territory.actions.stations import (
    add_station,
    change_station,
    close_station,
    count_households,
    end_station_posting,
    post_to_station,
    withdraw_visit,
    write_visit,
)

__all__ = [
    "GridsImported",
    "Imported",
    "Opened",
    "RefusedFile",
    "RefusedRow",
    "add_division",
    "add_station",
    "assign_officer",
    "change_station",
    "close_station",
    "count_households",
    "draw_grid",
    "end_department_link",
    "end_division",
    "end_duties",
    "end_grid",
    "end_officer",
    "end_posting",
    "end_station_posting",
    "erase_person",
    "import_divisions",
    "import_grids",
    "lead_department",
    "link_department",
    "open_county",
    "outline_division",
    "post_to_grid",
    "post_to_station",
    "put_in_charge",
    "put_in_grid",
    "redraw_grid",
    "relieve",
    "rename_division",
    "rename_grid",
    "resplit",
    "settle",
    "withdraw_visit",
    "write_visit",
]
