"""Compile locale/*/LC_MESSAGES/*.po to .mo. Standard library only, so that no gettext need be installed.

``python tools/messages.py`` writes what has changed. ``--check`` writes nothing and exits 1 when a message
has no translation, or one whose placeholders differ from the original's. Fuzzy and obsolete entries are left
out of the .mo, as msgfmt does; contexts (msgctxt) and plural forms are kept.

New strings are collected where gettext is installed: ``python -m mulin makemessages -l en --no-location
--no-obsolete -i node_modules -i .venv -i tests -i bench``. locale/zh_Hans is kept by hand and not collected.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACEHOLDER = re.compile(r"%\([^)]*\)[sdf]|%[sdf]|\{[a-z_]*\}")
KEYWORD = re.compile(r"^(msgctxt|msgid|msgid_plural|msgstr(?:\[(\d+)\])?)\s+(\".*\")$")


@dataclass
class Entry:
    """One message: ``strings`` by plural index (0 where there is no plural)."""

    line: int
    context: str | None = None
    source: str = ""
    plural: str | None = None
    strings: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    def key(self) -> bytes:
        """The key in the .mo: context EOT source NUL plural."""
        key = self.source if self.context is None else f"{self.context}\x04{self.source}"
        return (key if self.plural is None else f"{key}\x00{self.plural}").encode()

    def value(self) -> bytes:
        """The translations in the .mo, NUL between plural forms."""
        return "\x00".join(self.strings[index] for index in sorted(self.strings)).encode()

    def translated(self) -> bool:
        """Whether every form has a translation that somebody vouches for."""
        return bool(self.strings) and all(self.strings.values()) and not self.fuzzy


class BadFile(Exception):
    """A .po file that cannot be read; the message names the file and line."""


def entries(path: Path) -> Iterator[Entry]:
    """The entries of a .po file in their order, the header (empty source) first."""
    for number, block in blocks(path.read_text(encoding="utf-8")):
        if entry := read_block(path, number, block):
            yield entry


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, lines) of each paragraph between empty lines."""
    block: list[str] = []
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        if line.strip():
            block.append(line.strip())
        elif block:
            yield number - len(block), block
            block = []


def read_block(path: Path, number: int, block: list[str]) -> Entry | None:
    """One entry from its lines; None for comments and obsolete entries."""
    entry, current = Entry(number), ""
    for offset, line in enumerate(block):
        if line.startswith("#"):
            entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if found := KEYWORD.match(line):
            current, text = found[1], ast.literal_eval(found[3])
        elif line.startswith('"') and current:
            text = ast.literal_eval(line)
        else:
            raise BadFile(f"{path}:{number + offset}: cannot read {line[:40]!r}")
        add(entry, current, text)
    return entry if current else None


def add(entry: Entry, keyword: str, text: str) -> None:
    """Append a string, which may continue over lines, to the part that ``keyword`` names."""
    if keyword == "msgctxt":
        entry.context = (entry.context or "") + text
    elif keyword == "msgid":
        entry.source += text
    elif keyword == "msgid_plural":
        entry.plural = (entry.plural or "") + text
    else:
        index = int(keyword[7:-1]) if keyword.endswith("]") else 0
        entry.strings[index] = entry.strings.get(index, "") + text


def compiled(found: list[Entry]) -> bytes:
    """The bytes of a .mo file (GNU gettext, little-endian, revision 0, without the optional hash table)."""
    usable = sorted((entry.key(), entry.value()) for entry in found if entry.translated() or not entry.source)
    keys_at = 28
    values_at = keys_at + 8 * len(usable)
    text_at = values_at + 8 * len(usable)
    tables = [b"", b""]
    text = b""
    for column in (0, 1):
        for pair in usable:
            tables[column] += struct.pack("<II", len(pair[column]), text_at + len(text))
            text += pair[column] + b"\x00"
    head = struct.pack("<7I", 0x950412DE, 0, len(usable), keys_at, values_at, 0, 0)
    return head + tables[0] + tables[1] + text


def complaints(path: Path, found: list[Entry]) -> Iterator[str]:
    """What keeps a file from being complete, one line each."""
    for entry in found:
        if not entry.source:
            continue
        place = f"{path.relative_to(ROOT)}:{entry.line}"
        if not entry.translated():
            yield f"{place}: no translation of {entry.source[:60]!r}"
            continue
        wanted = set(PLACEHOLDER.findall(entry.source)) | set(PLACEHOLDER.findall(entry.plural or ""))
        for text in entry.strings.values():
            if not set(PLACEHOLDER.findall(text)) <= wanted or (
                not entry.plural and set(PLACEHOLDER.findall(text)) != wanted
            ):
                yield f"{place}: the placeholders of {entry.source[:60]!r} differ"


def main(arguments: list[str]) -> int:
    """Compile or check every .po file; 0 done, 1 refused, 2 wrong usage."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: messages.py [--check]\n")
        return 2
    wrong: list[str] = []
    for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po")):
        try:
            found = list(entries(path))
        except (BadFile, SyntaxError, ValueError) as error:
            sys.stderr.write(f"messages: {error}\n")
            return 1
        if arguments:
            wrong += complaints(path, found)
            continue
        target, content = path.with_suffix(".mo"), compiled(found)
        if not target.is_file() or target.read_bytes() != content:
            target.write_bytes(content)
    for line in wrong:
        sys.stderr.write(f"messages: {line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
