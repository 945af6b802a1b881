"""Tables of the closed loop."""

from mulin.services.cases.models.batches import Batch, BatchCase
from mulin.services.cases.models.case import Case, CaseOfficer, CaseReporter, CaseStep, CaseUnit, Rating
from mulin.services.cases.models.clocks import Deferral, DueMark, Exclusion, Recount, Supervision, Support
from mulin.services.cases.models.desk import CaseWords, DuesFeed, SavedView
from mulin.services.cases.models.hotline import HotlineChange, HotlineCursor, HotlineOrder
from mulin.services.cases.models.imports import ImportFile, ImportMapping
from mulin.services.cases.models.lessons import WordLesson
from mulin.services.cases.models.routing import (
    RoutingOfficer,
    RoutingRule,
    RoutingTable,
    RoutingTrial,
    RoutingVersion,
)
from mulin.services.cases.models.spots import PlaceCode

__all__ = [
    "Batch",
    "BatchCase",
    "Case",
    "CaseOfficer",
    "CaseReporter",
    "CaseStep",
    "CaseUnit",
    "CaseWords",
    "Deferral",
    "DueMark",
    "DuesFeed",
    "Exclusion",
    "HotlineChange",
    "HotlineCursor",
    "HotlineOrder",
    "ImportFile",
    "ImportMapping",
    "PlaceCode",
    "Rating",
    "Recount",
    "RoutingOfficer",
    "RoutingRule",
    "RoutingTable",
    "RoutingTrial",
    "RoutingVersion",
    "SavedView",
    "Supervision",
    "Support",
    "WordLesson",
]
