"""The matters that a county begins with: an editable proposal by mulin, not a list of any government.

Laws are cited by name only where they plainly speak of the matter; everything else says 本县规定 and waits for the
county's own document. Limits, units and texts are assumptions that every county changes in its own table.
"""

from __future__ import annotations

from typing import Final

from mulin.services.catalogue.rules.matters import CATEGORIES
from mulin.services.catalogue.rules.shipped.daily import LIVELIHOOD, OUTREACH
from mulin.services.catalogue.rules.shipped.disputes import DISPUTES
from mulin.services.catalogue.rules.shipped.party import PARTY
from mulin.services.catalogue.rules.shipped.property import PROPERTY
from mulin.services.catalogue.rules.shipped.row import Cells
from mulin.services.catalogue.rules.shipped.safety import ORDER, SAFETY
from mulin.services.catalogue.rules.shipped.streets import STREETS

_BY_CATEGORY: Final = {
    "party_led": PARTY,
    "public_order": ORDER,
    "public_safety": SAFETY,
    "dispute_mediation": DISPUTES,
    "urban_environment": STREETS,
    "property_facilities": PROPERTY,
    "livelihood_services": LIVELIHOOD,
    "outreach_registration": OUTREACH,
}


def shipped() -> list[Cells]:
    """Every shipped matter as a row of the table, by column name, in the order of the categories."""
    names = {one.code: one.name for one in CATEGORIES}
    return [{"category": names[code], **cells} for code, rows in _BY_CATEGORY.items() for cells in rows]
