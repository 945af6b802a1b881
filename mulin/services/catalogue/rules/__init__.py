"""Pure decisions of the catalogue (rows 6, 7a, 22): levels, versions, limits, admission, words that find a matter."""

from mulin.services.catalogue.rules.admission import (
    ADMISSION_TRANSITIONS,
    DECIDED_WITHIN,
    AdmissionState,
    admission_allows,
)
from mulin.services.catalogue.rules.levels import DisposalLevel, is_below, next_level
from mulin.services.catalogue.rules.limits import (
    DEFAULTS,
    MOST_MINUTES,
    WORKING_DAY,
    Clock,
    Limit,
    LimitRow,
    Limits,
    Mode,
    Step,
    resolve,
)
from mulin.services.catalogue.rules.matters import (
    CATEGORIES,
    CODE,
    Category,
    DutyKind,
    Evidence,
    Theme,
    Verification,
    VersionState,
)

__all__ = [
    "ADMISSION_TRANSITIONS",
    "CATEGORIES",
    "CODE",
    "DECIDED_WITHIN",
    "DEFAULTS",
    "MOST_MINUTES",
    "WORKING_DAY",
    "AdmissionState",
    "Category",
    "Clock",
    "DisposalLevel",
    "DutyKind",
    "Evidence",
    "Limit",
    "LimitRow",
    "Limits",
    "Mode",
    "Step",
    "Theme",
    "Verification",
    "VersionState",
    "admission_allows",
    "is_below",
    "next_level",
    "resolve",
]
