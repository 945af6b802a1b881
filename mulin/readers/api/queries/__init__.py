"""What the JSON API tells: facts of the county, cases through their windows, figures, and its own description."""

from mulin.readers.api.queries.cases import case, changes, contacts_of, done, list_cases, photo
from mulin.readers.api.queries.document import document, pages
from mulin.readers.api.queries.facts import categories, figures, grids, matters, me, places

__all__ = [
    "case",
    "categories",
    "changes",
    "contacts_of",
    "document",
    "done",
    "figures",
    "grids",
    "list_cases",
    "matters",
    "me",
    "pages",
    "photo",
    "places",
]
