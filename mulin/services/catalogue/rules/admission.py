"""Admission to the catalogue (row 7a): a unit applies to put a matter on the grid's list, the county decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class AdmissionState(TextChoices):
    SUBMITTED = "submitted", _("已提交")
    REVIEWING = "reviewing", _("审核中")
    ADMITTED = "admitted", _("已准入")
    REFUSED = "refused", _("未准入")
    WITHDRAWN = "withdrawn", _("已撤回")


ADMISSION_TRANSITIONS: Final[Mapping[str, tuple[tuple[AdmissionState, ...], AdmissionState]]] = {
    "review": ((AdmissionState.SUBMITTED,), AdmissionState.REVIEWING),
    "admit": ((AdmissionState.SUBMITTED, AdmissionState.REVIEWING), AdmissionState.ADMITTED),
    "refuse": ((AdmissionState.SUBMITTED, AdmissionState.REVIEWING), AdmissionState.REFUSED),
    "withdraw": ((AdmissionState.SUBMITTED, AdmissionState.REVIEWING), AdmissionState.WITHDRAWN),
    "revoke": ((AdmissionState.ADMITTED,), AdmissionState.WITHDRAWN),
}
"""From which states an act may be done, and where it leads. The unit withdraws before the decision; the county revokes
what it had admitted, and the matter type is retired with it."""

DECIDED_WITHIN: Final = 15
"""Working days in which the county decides, as one district publishes. Assumed."""


def admission_allows(state: str) -> tuple[str, ...]:
    """What may be done with an application in this state, in the table's order."""
    return tuple(act for act, (sources, _target) in ADMISSION_TRANSITIONS.items() if state in sources)
