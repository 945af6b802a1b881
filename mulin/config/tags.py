"""Tags that every template has without ``{% load %}``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.template import Library
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from mulin.ground.worklist.rules import span_words
from mulin.kernel.clock import local_day

register = Library()


@cache
def _sheet() -> str:
    return static("mulin/icons.svg")


@cache
def _plain(name: str) -> SafeString:
    return _drawn(mark_safe('aria-hidden="true" focusable="false"'), name)


def _drawn(said: SafeString, name: str) -> SafeString:
    return format_html(
        '<svg class="icon" {} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"'
        ' stroke-linejoin="round"><use href="{}#{}" xlink:href="{}#{}"></use></svg>',
        said, _sheet(), name, _sheet(), name,
    )  # fmt: skip


@register.simple_tag
def around(text: str, name: str) -> tuple[str, str, str]:
    """``{% around title name as part %}``: what stands before a name in a text, the name, what stands behind it: so that
    names keep their own language."""
    return text.partition(name)


@register.simple_tag
def span(one: datetime, other: datetime) -> str:
    """``{% span at now as span %}``: how far two moments lie apart, in the largest whole unit; '' under a minute."""
    apart = abs(one - other)
    return span_words(apart) if apart.total_seconds() >= 60 else ""


@register.filter
def last_day(end: datetime) -> date:
    """``{{ end|last_day }}``: the last day of what ends at a moment; a midnight ends the day before it."""
    return local_day(end - timedelta(seconds=1))


@register.simple_tag
def icon(name: Any, label: Any = "") -> SafeString:
    """``{% icon "map" %}``: a drawing of our own sheet, kept once drawn. Without ``label`` it says nothing to a screen
    reader: words stand beside it."""
    if label:
        return _drawn(format_html('role="img" aria-label="{}"', label), str(name))
    return _plain(str(name))
