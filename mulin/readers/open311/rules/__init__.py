"""GeoReport v2 without a database: times, questions, forms as they come, answers as they go. Pure."""

from mulin.readers.open311.rules.answers import CONTENT, written
from mulin.readers.open311.rules.forms import Form, check_kind, read_form
from mulin.readers.open311.rules.questions import Asked, Attribute, answered, attributes_of
from mulin.readers.open311.rules.times import MOST_DAYS, moment, span

__all__ = [
    "CONTENT",
    "MOST_DAYS",
    "Asked",
    "Attribute",
    "Form",
    "answered",
    "attributes_of",
    "check_kind",
    "moment",
    "read_form",
    "span",
    "written",
]
