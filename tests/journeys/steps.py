"""What the journeys do in a browser: read a page's form, send it, and count what the database was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.personas import IN_GRID_A

FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
WORDS = "双虹家园3号楼东门路灯坏了三天，晚上看不见路。请尽快修。"
_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


@dataclass
class Asked:
    """The statements of a request, the transaction's own frame left out."""

    statements: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.statements)

    def __str__(self) -> str:
        return "\n".join(f"{number:>3}. {one[:300]}" for number, one in enumerate(self.statements, start=1))


@contextmanager
def asked() -> Iterator[Asked]:
    """Counts the statements of the block."""
    found = Asked()
    with CaptureQueriesContext(connection) as caught:
        yield found
    found.statements += [one["sql"] for one in caught if not one["sql"].startswith(FRAME)]


def fields(page: str, *, action: str = "") -> dict[str, str]:
    """The hidden fields of a page's form: the one with this action, else the one that is meant to be filled in."""
    start = page.index(f'action="{action}"') if action else page.index("<form", page.index("<main"))
    form = page[start : page.index("</form>", start)]
    found = {}
    for tag in _INPUT.findall(form):
        told = dict(_ATTRIBUTE.findall(tag))
        if told.get("type") == "hidden" and "name" in told:
            found[told["name"]] = unescape(told.get("value", ""))
    return found


def text_of(answer: Any) -> str:
    """The page as a string; JSON with its letters unescaped."""
    if "json" in answer["Content-Type"]:
        return json.dumps(answer.json(), ensure_ascii=False)
    return str(answer.content.decode())


def send_report(client: Client, at: tuple[float, float] | None = IN_GRID_A, **told: Any) -> Any:
    """Open the report page, fill its form in, send it. The answer to the POST."""
    said = fields(text_of(client.get("/report/")))
    if at is not None:
        said |= {"lon": str(at[0]), "lat": str(at[1]), "accuracy": "12"}
    return client.post("/report/", said | {"text": WORDS} | told)


def press(client: Client, case_id: Any, action: str, **told: Any) -> Any:
    """Open the case's page and send the form of one action."""
    page = text_of(client.get(f"/desk/cases/{case_id}/?act={action}"))
    url = f"/desk/cases/{case_id}/{action}/"
    return client.post(url, fields(page, action=url) | told)
