"""Applications for admission: those of one's unit, all of them for the county."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from mulin.kernel.actor import Actor
from mulin.kernel.errors import NotFound
from mulin.services.catalogue.models import Mandate, MatterAdmission, MatterVersion
from mulin.services.catalogue.permissions import (
    OVERSIGHT,
    may_edit,
    may_see_admission,
    units_of_applicant,
)
from mulin.services.catalogue.rules import AdmissionState


def visible_to(actor: Actor) -> QuerySet[MatterAdmission]:
    """The applications that an actor may see."""
    rows = MatterAdmission.objects.select_related("unit", "category")
    if may_edit(actor) or actor.covers("/", *OVERSIGHT):
        return rows
    return rows.filter(unit_id__in=units_of_applicant(actor))


def admission(actor: Actor, key: UUID) -> MatterAdmission:
    """An application that the actor may see. Raises NotFound."""
    row = (
        MatterAdmission.objects.select_related("unit", "category", "version__matter_type")
        .filter(id=key)
        .first()
    )
    if row is None or not may_see_admission(actor, row):
        raise NotFound(_("没有这份申请。"))
    return row


def waiting() -> int:
    """How many applications are open. One statement."""
    return MatterAdmission.objects.filter(
        state__in=[AdmissionState.SUBMITTED, AdmissionState.REVIEWING]
    ).count()


def admission_address(actor: Actor, key: UUID) -> str:
    """The subject_url hook."""
    return reverse("catalogue:admission", args=[key])


def admission_reach(actor: Actor, key: UUID) -> dict[str, Any] | None:
    """The subject_reach hook: an application belongs to its unit; None for whoever may not see it."""
    row = MatterAdmission.objects.filter(id=key).first()
    if row is None or not may_see_admission(actor, row):
        return None
    return {"unit": row.unit_id, "path": "/", "title": row.name}


def export_person(person_id: UUID) -> dict[str, Any]:
    """The export hook: what a person applied for, and the versions and lists that he put in force."""
    asked = MatterAdmission.objects.filter(submitted_by_id=person_id).order_by("submitted_at", "id")
    versions = MatterVersion.objects.filter(published_by_id=person_id).order_by("published_at", "id")
    lists = Mandate.objects.filter(published_by_id=person_id).order_by("published_at", "id")
    return {
        "matter_admissions": [
            {"name": row.name, "state": row.state, "at": row.submitted_at.isoformat()} for row in asked
        ],
        "matters_published": [
            {"name": name, "version": number, "at": at and at.isoformat()}
            for name, number, at in versions.values_list("name", "number", "published_at")
        ],
        "mandates_published": [
            {"street": name, "version": number, "at": at and at.isoformat()}
            for name, number, at in lists.values_list("division__name", "number", "published_at")
        ],
    }
