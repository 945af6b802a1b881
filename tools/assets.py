"""Copy the few front-end files that the pages need from node_modules/ into static/vendor/.

Run after ``npm ci``: ``python tools/assets.py``. Standard library only. Running it twice changes nothing; a
missing source is one clear line on standard error and exit 1. Nothing else of node_modules/ is ever served.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "static" / "vendor"
SOURCE_MAP = re.compile(rb"^(?://|/\*)# sourceMappingURL=[^\n]*$", re.MULTILINE)

# Target in static/vendor/ → source in node_modules/. A target ending in / takes every file of that folder.
# htmx stays at 2.0.4: from 2.0.5 on it is ES2020 and does not even parse in WeChat's older Android WebView.
WANTED = {
    # Tabler's styles only: its script (39 KB gzipped) is not needed, menus are <details>.
    "tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx/LICENSE": "htmx.org/LICENSE",
    "leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    "leaflet/images/": "leaflet/dist/images",
    "leaflet/LICENSE": "leaflet/LICENSE",
}
# Only the browser tests read these; a shipped installation does without (npm ci --omit=dev).
WANTED_IN_TESTS = {
    "axe/axe.min.js": "axe-core/axe.min.js",
    "axe/LICENSE": "axe-core/LICENSE",
    "bpmn/viewer.min.js": "bpmn-js/dist/bpmn-viewer.production.min.js",
    "bpmn/LICENSE": "bpmn-js/LICENSE",
    "mermaid/mermaid.min.js": "mermaid/dist/mermaid.min.js",
    "mermaid/LICENSE": "mermaid/LICENSE",
}


def pairs(wanted: dict[str, str]) -> list[tuple[Path, Path]]:
    """The (source file, target file) pairs of a table above, folders spelled out."""
    found: list[tuple[Path, Path]] = []
    for target, source in wanted.items():
        origin = SOURCE / source
        if target.endswith("/"):
            inside = sorted(path for path in origin.glob("*") if path.is_file()) if origin.is_dir() else []
            found += [(path, TARGET / target / path.name) for path in inside] or [(origin, TARGET / target)]
        else:
            found.append((origin, TARGET / target))
    return found


def served(source: Path) -> bytes:
    """The bytes to serve, without the pointer to a source map: hashed static files would insist on it."""
    content = source.read_bytes()
    if source.suffix in {".css", ".js"}:
        content = SOURCE_MAP.sub(b"", content).rstrip() + b"\n"
    return content


def copy(source: Path, target: Path) -> bool:
    """Copy one file unless the target has the same bytes already; whether anything was written."""
    content = served(source)
    if target.is_file() and target.read_bytes() == content:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return True


def main() -> int:
    """Copy everything wanted; 0 done, 1 something is missing."""
    needed = pairs(WANTED)
    missing = [source for source, _ in needed if not source.is_file()]
    if missing:
        sys.stderr.write(f"assets: {missing[0].relative_to(ROOT)} is missing; run `npm ci` first\n")
        return 1
    optional = [(source, target) for source, target in pairs(WANTED_IN_TESTS) if source.is_file()]
    written = sum(copy(source, target) for source, target in needed + optional)
    if sys.stdout.isatty():
        sys.stdout.write(f"assets: {written} written, {len(needed) + len(optional) - written} unchanged\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
