"""Writes of the catalogue: categories, versions, applications, mandates, tables."""

from mulin.services.catalogue.actions.admissions import apply, decide, revoke, start_review, withdraw
from mulin.services.catalogue.actions.categories import (
    add_category,
    change_category,
    end_category,
    install_categories,
)
from mulin.services.catalogue.actions.mandates import (
    Duty,
    discard_mandate,
    draft_mandate,
    edit_mandate,
    publish_mandate,
    save_mandate,
)
from mulin.services.catalogue.actions.shipped import install_shipped
from mulin.services.catalogue.actions.tables import Outcome, import_matters
from mulin.services.catalogue.actions.versions import (
    discard,
    draft_next,
    draft_type,
    edit,
    publish,
    retire,
    save_draft,
)

__all__ = [
    "Duty",
    "Outcome",
    "add_category",
    "apply",
    "change_category",
    "decide",
    "discard",
    "discard_mandate",
    "draft_mandate",
    "draft_next",
    "draft_type",
    "edit",
    "edit_mandate",
    "end_category",
    "import_matters",
    "install_categories",
    "install_shipped",
    "publish",
    "publish_mandate",
    "retire",
    "revoke",
    "save_draft",
    "save_mandate",
    "start_review",
    "withdraw",
]
