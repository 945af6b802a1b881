"""The kinds of values in the API's shapes: strict, bounded, and without letters that are none."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

FIRST_YEAR, LAST_YEAR = 1949, 2100
MOST_PAGE: Final = 100
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Shape(BaseModel):
    """What is sent or told: members that are not named here are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


def _lettered(text: str) -> str:
    """Without NUL and halves of letters, which no database keeps."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("no text")
    return text


def _moment(said: Any) -> Any:
    """A moment with its offset; a plus that an address made a space is forgiven."""
    text = said.replace(" ", "+") if isinstance(said, str) else ""
    if not _MOMENT.fullmatch(text):
        raise ValueError("no moment")
    found = datetime.fromisoformat(text.upper())
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError("too far")
    return found


def _day(said: Any) -> Any:
    if not isinstance(said, str) or not _DAY.fullmatch(said):
        raise ValueError("no day")
    found = date.fromisoformat(said)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError("too far")
    return found


Text = Annotated[str, AfterValidator(_lettered)]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Version = Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
Cursor = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=400)]
Path = Annotated[str, Field(pattern=r"^/([0-9A-Za-z_-]+/){0,8}$", max_length=200)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=30)]
Size = Annotated[int, Field(ge=1, le=MOST_PAGE)]
