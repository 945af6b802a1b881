"""No word is lost: every form that a persona can open is sent with one field wrong, and comes back with a sentence that says
so and with everything else that was written; a form with a key is sent twice and is one deed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import resolve
from django.utils.http import urlencode
from lxml import html

from mulin.kernel.clock import local_day
from mulin.kernel.county import all_counties
from tests.journeys.conftest import Enter
from tests.journeys.policy import COLUMNS
from tests.journeys.test_doors import SECTIONS, TABLE, World, world  # noqa: F401 a fixture

SENTENCE = "门口的灯坏了，请帮忙看看"
TYPED = ("text", "textarea", "number", "date", "time", "tel", "url", "email", "datetime-local", "month")
NOT_A_DAY = {"date": "2026-13-45", "time": "25:99", "datetime-local": "2026-13-45T25:99", "month": "2026-13"}
SAID = "//main//*[@role='alert' or contains(concat(' ', @class, ' '), ' errorlist ')]"
BY_HAND = 50_000
"""Nobody types so many letters: a field that takes more is for a file's content."""
TAKEN = {
    "cases:report",
    "cases:staff_report",
    "exchange:good",
    "exchange:till",
    "orders:ask_kind",
    "patrols:finding",
    "points:budgets",
    "points:reverse",
}
"""Forms with a key that are taken as they are filled in here; others ask for what only their own tests know."""
FORMS = {
    "doors for programs: nobody is signed in there; ``far`` comes to an address of no county and names none": 0,
    "help between neighbours, and wishes": 8,
    "the points bank": 18,
    "the points shop": 10,
    "merchants and discounts": 18,
    "commendations": 12,
    "the desk": 12,
}
"""Section of the policy → the fewest different forms with something to write."""
ENDLESS = "endless"
NO_ECHO = {"cases:progress"}
"""The same bytes whatever was typed, for whoever guesses numbers; the phone keeps the draft."""
LIKE_OTHERS = ("neighbour_admin", "abroad", "other_resident", "other_grid_worker")
"""Personas who open no form that another one does not."""


@dataclass
class Blank:
    """One form of a page: where it is sent, its fields, and what a careful person writes into them."""

    path: str
    node: Any
    told: dict[str, list[str]]

    @property
    def view(self) -> str:
        return str(resolve(urlsplit(self.path).path).view_name)

    @property
    def name(self) -> str:
        """Address and fields: the same for every persona and object."""
        deed = [one.get("value") for one in self.node.xpath(".//input[@name='deed' or @name='act']")]
        fixed = [*deed, *button(self.node).values()]
        return f"{self.view} {fixed} {sorted(one.name for one in self.typed())}"

    def typed(self) -> list[Any]:
        return [one for one in fields(self.node) if kind(one) in TYPED]


def kind(node: Any) -> str:
    return str(node.get("type", "text") if node.tag == "input" else node.tag)


def fields(form: Any) -> list[Any]:
    """What is written or chosen by hand, in its order."""
    found = form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name]")
    quiet = ("hidden", "file", "submit", "password", "search")
    return [one for one in found if kind(one) not in quiet and one.get("disabled") is None]


def button(form: Any) -> dict[str, list[str]]:
    """What the form's main button sends, the first one where none is main."""
    pressed = [*form.xpath(".//button[contains(@class, 'btn-primary')]"), *form.xpath(".//button")][:1]
    return {one.get("name"): [one.get("value", "")] for one in pressed if one.get("name")}


def filled(form: Any, now: Any) -> dict[str, list[str]]:
    """A form filled in with care; what cannot be left to its first value is written."""
    told: dict[str, list[str]] = {}
    for node in form.xpath(".//input[@type='hidden'][@name]"):
        told.setdefault(node.name, []).append(node.get("value", ""))
    told |= button(form)
    # where a button refreshes it, what is chosen decides which fields there are
    refreshed = bool(form.xpath(".//button[@value='refresh']"))
    for number, node in enumerate(fields(form)):
        what = kind(node)
        if what in ("radio", "checkbox"):
            if what == "radio" and node.name in told:
                continue
            if what == "radio" or node.get("checked") is not None or number % 2 == 0:
                told.setdefault(node.name, []).append(node.get("value", "on"))
        elif what == "select":
            values = [one.get("value", one.text) for one in node.xpath(".//option")]
            chosen = [one.get("value") for one in node.xpath(".//option[@selected]")]
            last = chosen if refreshed else [([one for one in values if one] or [""])[-1]]
            told.setdefault(node.name, []).extend(last)
        else:
            told[node.name] = [_written(node, what, number, now)]
    return told


def _written(node: Any, what: str, number: int, now: Any) -> str:
    day = local_day(now) + timedelta(days=10)
    fixed = {
        "date": day.isoformat(),
        "time": "10:30",
        "datetime-local": f"{day}T10:30",
        "month": f"{day:%Y-%m}",
    }
    fixed |= {"tel": f"139000{number:05}", "url": "https://example.org/x", "email": "a@example.org"}
    if what == "number":
        return str(node.get("min") or 7)
    return fixed.get(what) or f"{number}{SENTENCE}"[: int(node.get("maxlength") or 100)]


def mistakes(blank: Blank) -> Iterator[tuple[str, str, str]]:
    """(field, what is wrong with it, the wrong value): one at a time."""
    for node in blank.typed():
        what, longest = kind(node), node.get("maxlength")
        if what == "number":
            yield node.name, "no number", "十二"
        if what in NOT_A_DAY:
            yield node.name, "no day", NOT_A_DAY[what]
        if longest and int(longest) < BY_HAND:
            yield node.name, "too long", "长" * (int(longest) + 1)
        if node.get("required") is not None:
            yield node.name, "empty", ""
        if not longest and what in ("text", "textarea"):
            yield node.name, ENDLESS, "长" * BY_HAND
    for node in fields(blank.node) if blank.typed() else ():
        if kind(node) == "select" and "place" not in node.name:
            yield node.name, "no choice any more", "gone-meanwhile"


def send(client: Client, path: str, told: dict[str, list[str]]) -> Any:
    """The answer, 500 for a crash; whatever was written by it is taken back."""
    with transaction.atomic():
        body = urlencode(told, doseq=True)
        answer = client.post(path, body, content_type="application/x-www-form-urlencoded")
        transaction.set_rollback(True)
    return answer


def rows() -> dict[str, int]:
    """How many rows each table holds; what only says that somebody was here is left out."""
    quiet = ("sessions", "trail", "admin", "access")
    known = [one for one in apps.get_models() if one._meta.app_label not in quiet and one._meta.managed]
    with all_counties():
        return {one._meta.label: one._base_manager.count() for one in known}


def keyed(blank: Blank) -> bool:
    return bool(blank.node.xpath(".//input[@type='hidden'][@name='client_id' or @name='key']"))


def twice(client: Client, blank: Blank) -> str:
    """What is wrong with sending the same form again: '' where it made nothing more and led to the same page."""
    body = urlencode(blank.told, doseq=True)
    counted, answers = [], []
    with transaction.atomic():
        for _time in range(2):
            answer = client.post(blank.path, body, content_type="application/x-www-form-urlencoded")
            answers.append((answer.status_code, answer.get("Location")))
            if answer.status_code not in (200, 302):
                break
            counted.append(rows())
        transaction.set_rollback(True)
    if len(counted) < 2:
        return "" if blank.view not in TAKEN else f"answered {answers}"
    more = [name for name in counted[1] if counted[1][name] != counted[0][name]]
    return f"{answers} {more}" if more or answers[0] != answers[1] else ""


def post_forms(page: Any) -> list[Any]:
    return list(page.xpath("//main//form[translate(@method, 'POST', 'post')='post']"))


def blanks(client: Client, url: str, now: Any) -> Iterator[Blank]:
    """The forms of a page into which something is written."""
    answer = client.get(url)
    if answer.status_code != 200 or "text/html" not in answer["Content-Type"] or answer.streaming:
        return
    text = answer.content.decode()
    for node in post_forms(html.fromstring(text)) if "<form" in text else ():
        path = urljoin(url, node.get("action") or urlsplit(url).path)
        yield Blank(path, node, filled(node, now))


def lost(blank: Blank, answer: Any, told: dict[str, list[str]], wrong: str, why: str) -> str:
    """What is wrong with the answer to a form with one field wrong; '' where nothing is."""
    if why == ENDLESS and answer.status_code in (200, 302):
        return ""  # it may be as long as one likes
    if answer.status_code not in (400, 409, 413, 422, 429):
        return f"answered {answer.status_code} {answer.get('Location', '')}"
    page = html.fromstring(answer.content.decode())
    if not any(one.text_content().strip() for one in page.xpath(SAID)):
        return "no sentence says what is wrong"
    names = {one.name for one in fields(blank.node)}
    same = [one for one in post_forms(page) if names == {field.name for field in fields(one)}]
    if not same:
        return "the form is gone"
    gone = min((_gone(one, told, wrong) for one in same), key=len)
    return f"lost: {gone}" if gone else ""


def _gone(form: Any, told: dict[str, list[str]], wrong: str) -> list[str]:
    gone = []
    for node in fields(form):
        what, said = kind(node), told.get(node.name, [])
        if node.name == wrong:
            continue
        if what in ("radio", "checkbox"):
            kept = (node.get("checked") is not None) == (node.get("value", "on") in said)
        elif what == "select":
            options = form.xpath(".//select[@name=$name]//option[@selected]", name=node.name)
            chosen = [one.get("value", one.text) for one in options]
            kept = not any(said) or said[-1] in chosen
        else:
            value = node.get("value", "") if node.tag == "input" else (node.text or "").lstrip("\n")
            kept = [value.strip()] == [one.strip() for one in said]
        if not kept:
            gone.append(node.name)
    return gone


@pytest.mark.parametrize("section", SECTIONS)
def test_no_form_loses_a_word_or_is_done_twice(
    section: str,
    world: World,  # noqa: F811
    enter: Enter,
    morning: Any,
) -> None:
    clients = {
        who: enter(who, raise_request_exception=False) for who in COLUMNS.values() if who not in LIKE_OTHERS
    }
    seen: set[str] = set()
    wrong = []
    for line in (one for one in TABLE if one.section == section and one.method == "GET"):
        for who in (one for one in clients if line.statuses[one] == 200):
            for blank in blanks(clients[who], world.url(line), morning):
                if blank.name in seen or blank.view in NO_ECHO:
                    continue
                seen.add(blank.name)
                for field, why, value in mistakes(blank):
                    told = blank.told | {field: [value]}
                    found = lost(blank, send(clients[who], blank.path, told), told, field, why)
                    wrong += [f"{blank.name} by {who}: {field} {why}: {found}"] if found else []
                if keyed(blank):
                    found = twice(clients[who], blank)
                    wrong += [f"{blank.name} by {who}, sent twice: {found}"] if found else []
    assert len(seen) >= FORMS.get(section, 1)
    assert not wrong, "\n".join(wrong)
