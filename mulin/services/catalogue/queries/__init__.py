"""Reads of the catalogue. Everybody who works for the county may read all of it."""

from mulin.services.catalogue.queries.admissions import (
    admission,
    admission_address,
    admission_reach,
    export_person,
    visible_to,
    waiting,
)
from mulin.services.catalogue.queries.describe import (
    changes,
    described,
    level_words,
    limit_lines,
    limit_words,
)
from mulin.services.catalogue.queries.limits import limits, limits_of
from mulin.services.catalogue.queries.lists import catalogue, counts, next_code
from mulin.services.catalogue.queries.mandates import (
    duties,
    mandate_in_force,
    mandates,
    streets,
    streets_with_mandate,
)
from mulin.services.catalogue.queries.matters import (
    Group,
    categories,
    choices,
    content_of,
    contents_of,
    current,
    current_by_code,
    latest,
    published,
    type_names,
    version,
    versions,
)
from mulin.services.catalogue.queries.sheets import rows_of, write_catalogue, write_form, write_shipped
from mulin.services.catalogue.queries.whose import Answer, search
from mulin.services.catalogue.rules import (
    DEFAULTS,
    Content,
    DisposalLevel,
    Limit,
    LimitRow,
    Limits,
    is_below,
    next_level,
)
from mulin.services.catalogue.rules.columns import COLUMNS
from mulin.services.catalogue.rules.shipped import shipped

__all__ = [
    "COLUMNS",
    "DEFAULTS",
    "Answer",
    "Content",
    "DisposalLevel",
    "Group",
    "Limit",
    "LimitRow",
    "Limits",
    "admission",
    "admission_address",
    "admission_reach",
    "catalogue",
    "categories",
    "changes",
    "choices",
    "content_of",
    "contents_of",
    "counts",
    "current",
    "current_by_code",
    "described",
    "duties",
    "export_person",
    "is_below",
    "latest",
    "level_words",
    "limit_lines",
    "limit_words",
    "limits",
    "limits_of",
    "mandate_in_force",
    "mandates",
    "next_code",
    "next_level",
    "published",
    "rows_of",
    "search",
    "shipped",
    "streets",
    "streets_with_mandate",
    "type_names",
    "version",
    "versions",
    "visible_to",
    "waiting",
    "write_catalogue",
    "write_form",
    "write_shipped",
]
