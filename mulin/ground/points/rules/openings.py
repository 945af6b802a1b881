"""Whom a row of an old list is about, pure: marks by which the same person is found again, and when two may be one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext_lazy as _

DECLINED_DAYS: Final = 30
"""So long the names of a list that was sent back stay, so that it can be put right."""

WHY: Final = {
    "phone": (_("这个电话前面已经有了。"), _("这个电话在同一来源的名单里已经录过。")),
    "number": (_("这个原存折号前面已经有了。"), _("这个原存折号在同一来源的名单里已经录过。")),
    "name": (
        _("前面有一位同名的，分不清是不是同一个人，请写上手机号或原存折号。"),
        _("同一来源的名单里录过一位同名的，分不清是不是同一个人，请写上手机号和原存折号。"),
    ),
}
"""code of ``clash`` → that in words: (in the same file, in an earlier list)."""


def plain_source(said: str) -> str:
    """A source without what people vary: width, case, spaces."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", said)).casefold()


@dataclass(frozen=True)
class Marks:
    """Keyed hashes. ``who``: of the telephone, else of name and old number; ``name``: of the name, with '+' before it where
    a telephone is known; ``old``: the old number as it is, '' without."""

    who: str
    name: str
    old: str

    @property
    def by_phone(self) -> bool:
        return self.name.startswith("+")

    @property
    def plain_name(self) -> str:
        return self.name.removeprefix("+")


def marks(*, whose: str, name: str, phone: str, old_number: str, key: Callable[[str], str]) -> Marks:
    """The marks of a row. ``whose``: place and source; ``key``: makes a keyed hash. Empty without a name."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", name)).casefold()
    if not plain:
        return Marks("", "", old_number)
    said = f"phone\n{phone}" if phone else f"name\n{plain}\n{old_number}"
    called = key(f"opening name\n{whose}\n{plain}")[:40]
    return Marks(key(f"opening\n{whose}\n{said}"), f"+{called}" if phone else called, old_number)


@dataclass
class Known:
    """Whom the rows so far are about."""

    who: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)
    named: dict[str, list[Marks]] = field(default_factory=dict)

    def add(self, one: Marks) -> None:
        """A good row."""
        if one.who:
            self.who.add(one.who)
        if one.old:
            self.old.add(one.old)
        if one.name:
            self.named.setdefault(one.plain_name, []).append(one)


def clash(one: Marks, known: Known) -> str:
    """Why a row cannot stand beside those that are known: "number", "phone", or "name" where somebody bears the same name
    and neither two telephones nor two old numbers tell them apart; '' where it can."""
    if one.old and one.old in known.old:
        return "number"
    if one.by_phone and one.who in known.who:
        return "phone"
    for other in known.named.get(one.plain_name, []) if one.name else ():
        apart = (one.by_phone and other.by_phone) or (one.old and other.old)
        if not apart:
            return "name"
    return ""
