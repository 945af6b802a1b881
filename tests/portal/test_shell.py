"""The shell's own files: icons, styles, scripts and translations fit the templates that use them."""

from __future__ import annotations

import gettext
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").glob("**/*.html"))
STATIC = ROOT / "static" / "mulin"
ICON = re.compile(r'parts/icon\.html" with name="([a-z-]+)"|\bicon="([a-z-]+)"')


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "icons.svg").read_text()))
    named = {a or b for path in TEMPLATES for a, b in ICON.findall(path.read_text(encoding="utf-8"))}
    assert named - drawn == set()


def test_no_template_carries_a_script_or_style_of_its_own() -> None:
    inline = re.compile(r"<script(?![^>]*(\bsrc=|application/json))|<style| style=| on(click|change|submit)=")
    assert [path.name for path in TEMPLATES if inline.search(path.read_text(encoding="utf-8"))] == []


def test_styles_avoid_what_old_android_webviews_lack() -> None:
    """Chromium 78 knows none of these; a gap it knows only in grids (grid-gap)."""
    lacking = re.compile(r":has\(|:is\(|:where\(|@layer|color-mix\(|clamp\(|\binset:|aspect-ratio|[^-]\bgap:")
    for path in (STATIC / "css").glob("*.css"):
        rules = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert lacking.search(rules) is None, path.name


def test_scripts_avoid_syntax_that_old_android_webviews_lack() -> None:
    """Chromium 78 parses ES2019: optional chaining and ?? came later."""
    newer = re.compile(r"\?\.[a-zA-Z\[(]|\?\?|\|\|=|&&=")
    for path in (STATIC / "js").glob("*.js"):
        code = re.sub(r'"(?:[^"\\\n]|\\.)*"', '""', path.read_text(encoding="utf-8"))
        assert newer.search(code) is None, path.name


def test_every_message_has_an_english_text() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "messages.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


SAMPLE = """\
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "%(n)d 天"
msgid_plural "%(n)d 天"
msgstr[0] "%(n)d day"
msgstr[1] "%(n)d days"

msgctxt "tree"
msgid "根"
msgstr "ro"
"ot"

#, fuzzy
msgid "旧"
msgstr "old"

#~ msgid "去"
#~ msgstr "gone"
"""


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    import messages as module

    return module


def test_compiled_messages_keep_plurals_and_contexts(messages: object, tmp_path: Path) -> None:
    source = tmp_path / "x.po"
    source.write_text(SAMPLE, encoding="utf-8")
    read = gettext.GNUTranslations(io.BytesIO(messages.compiled(list(messages.entries(source)))))  # type: ignore[attr-defined]
    assert [read.ngettext("%(n)d 天", "%(n)d 天", n) % {"n": n} for n in (1, 2)] == ["1 day", "2 days"]
    assert read.pgettext("tree", "根") == "root"
    assert read.gettext("旧") == "旧"
    assert read.gettext("去") == "去"


def test_a_translation_with_other_placeholders_is_refused(messages: object, tmp_path: Path) -> None:
    source = tmp_path / "x.po"
    source.write_text('msgid "共 %(n)s 件"\nmsgstr "%(m)s cases"\n', encoding="utf-8")
    module = messages
    module.ROOT = tmp_path  # type: ignore[attr-defined]
    wrong = list(module.complaints(source, list(module.entries(source))))  # type: ignore[attr-defined]
    assert len(wrong) == 1
    assert "placeholders" in wrong[0]
