"""The catalogue as a workbook: what is in force, the shipped proposal, an empty form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mulin.ground.people import queries as people
from mulin.kernel.tables import write_table, write_template
from mulin.kernel.tables.writing import Target
from mulin.services.catalogue.models import MatterVersion
from mulin.services.catalogue.queries.matters import categories, contents_of, published
from mulin.services.catalogue.rules.columns import CHOICES, COLUMNS, cells_of
from mulin.services.catalogue.rules.shipped import shipped

SHEET = "事项清单"


def rows_of(versions: Iterable[MatterVersion]) -> list[dict[str, str]]:
    """The rows of versions, by column name. Three statements."""
    listed = list(versions)
    contents = contents_of(listed)
    named = {
        unit
        for content in contents.values()
        for unit in (content.lead_unit, *content.assists)
        if unit is not None
    }
    units = people.organisation_names(named)
    return [
        cells_of(row.matter_type.code, row.matter_type.category.name, contents[row.id], units)
        for row in listed
    ]


def write_catalogue(target: Target) -> int:
    """Everything in force, ready to be edited and imported again. Rows."""
    return _write(target, rows_of(row for group in published() for row in group.versions))


def write_shipped(target: Target) -> int:
    """The shipped proposal, for a county that begins: it corrects the units and imports it. Rows."""
    return _write(target, shipped())


def _write(target: Target, rows: Iterable[Mapping[str, str]]) -> int:
    lines = ([row.get(column.name, "") for column in COLUMNS] for row in rows)
    return write_table(target, COLUMNS, lines, sheet=SHEET)


def write_form(target: Target) -> None:
    """An empty form with hints, drop-downs of this county's categories and units, and two examples."""
    units = people.organisations(kinds=("county_office", "department", "professional_team", "other"))
    choices = {
        **CHOICES,
        "category": tuple(one.name for one in categories()),
        "lead_unit": tuple(units.values_list("name", flat=True)),
    }
    given = shipped()
    examples = [next(row for row in given if row["code"] == code) for code in ("WY01", "JF01")]
    write_template(target, COLUMNS, examples, choices)
