"""What the list itself and mulin's own sentences say of each matter in force: from which suggestions begin to learn."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from mulin.services.catalogue.queries.matters import published
from mulin.services.catalogue.rules import keywords_of
from mulin.services.catalogue.rules.shipped import shipped
from mulin.services.catalogue.rules.shipped.samples import SAMPLES


class Saying(NamedTuple):
    """``spoken``: as people say it; else as a list says it."""

    matter_type: UUID
    words: str
    spoken: bool


def sayings() -> list[Saying]:
    """Name, keywords and description of every matter in force; and mulin's sentences where the county kept the shipped
    matter under its code and name. One statement."""
    ours = {row["code"]: row["name"] for row in shipped()}
    found: list[Saying] = []
    for group in published():
        for row in group.versions:
            told = (row.name, "，".join(keywords_of(row.keywords)), row.description)
            found += [Saying(row.matter_type_id, words, False) for words in told if words]
            code = row.matter_type.code
            if ours.get(code) == row.name:
                found += [Saying(row.matter_type_id, words, True) for words in SAMPLES.get(code, ())]
    return found
