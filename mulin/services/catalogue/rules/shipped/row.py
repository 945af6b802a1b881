"""How the shipped matters are written down: a row of the table each, in the words of its columns."""

from __future__ import annotations

from typing import Final

Cells = dict[str, str]
STEPS: Final = ("accept", "first_response", "dispose", "verify")
RULE: Final = "本县规定"
"""The basis where no law is cited: the county writes its own document's name in its place."""


def matter(
    code: str,
    name: str,
    name_en: str,
    level: str,
    limits: str,
    *,
    lead: str = "",
    assists: str = "",
    by_level: str = "",
    urgent: str = "",
    evidence: str = "写明经过",
    check: str = "反映人评价",
    marks: str = "",
    theme: str = "",
    words: str,
    about: str,
    basis: str = RULE,
    accept: str,
    done: str,
    elsewhere: str = "",
) -> Cells:
    """One row. ``limits``: accept | first response | dispose | verify; ``marks``: any of 急 微 物."""
    spans = dict(zip(STEPS, (part.strip() for part in limits.split("|")), strict=True))
    return {
        "code": code,
        "name": name,
        "name_en": name_en,
        "level": level,
        "lead_unit": lead,
        "assists": assists,
        **spans,
        "exceptions": by_level,
        "urgent_limits": urgent,
        "evidence_needed": evidence,
        "verification": check,
        "emergency": "是" if "急" in marks else "",
        "micro": "是" if "微" in marks else "",
        "property_related": "是" if "物" in marks else "",
        "theme": theme,
        "keywords": words,
        "description": about,
        "basis": basis,
        "accept_text": accept,
        "dispose_text": done,
        "refuse_text": elsewhere,
    }
