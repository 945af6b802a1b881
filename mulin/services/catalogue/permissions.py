"""Who reads the catalogue, who changes it, who applies and who decides."""

from __future__ import annotations

from uuid import UUID

from mulin.kernel.actor import Actor
from mulin.services.catalogue.models import MatterAdmission
from mulin.services.catalogue.rules import AdmissionState, admission_allows

EDITORS = ("county_clerk", "admin")
"""They keep the catalogue and decide on applications, for the whole county."""
APPLICANTS = ("department_officer",)
OVERSIGHT = ("leader",)
STAFF = (
    "grid_worker",
    "grid_head",
    "community_clerk",
    "street_clerk",
    "property_clerk",
    *APPLICANTS,
    *EDITORS,
    *OVERSIGHT,
)


def may_read(actor: Actor) -> bool:
    """Everybody who works for the county: whose a matter is, is no secret among them."""
    return bool(actor.system) or actor.holds(*STAFF)


def may_edit(actor: Actor) -> bool:
    """Clerks and administrators of the whole county; the product itself (imports, the example county)."""
    return bool(actor.system) or actor.covers("/", *EDITORS)


def units_of_applicant(actor: Actor) -> tuple[UUID, ...]:
    """The units in whose name the actor may apply."""
    return actor.units(*APPLICANTS)


def may_apply(actor: Actor, unit: UUID) -> bool:
    """An officer of the unit; the product itself."""
    return bool(actor.system) or unit in units_of_applicant(actor)


def may_see_admission(actor: Actor, row: MatterAdmission) -> bool:
    """The county, its leaders, and whoever works in the unit that applied."""
    return may_edit(actor) or actor.covers("/", *OVERSIGHT) or row.unit_id in units_of_applicant(actor)


def is_applicant(actor: Actor, row: MatterAdmission) -> bool:
    """The person who applied."""
    return actor.person is not None and actor.person == row.submitted_by_id


def admission_acts(actor: Actor, row: MatterAdmission) -> tuple[str, ...]:
    """What the actor may do with an application now: its unit withdraws, the county decides, nobody his own."""
    county = may_edit(actor) and not is_applicant(actor, row)
    unit = row.unit_id in units_of_applicant(actor) or is_applicant(actor, row)
    may = {"review": county, "admit": county, "refuse": county, "withdraw": unit, "revoke": may_edit(actor)}
    return tuple(act for act in admission_allows(AdmissionState(row.state)) if may[act])
