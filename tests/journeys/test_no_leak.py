"""A telephone number typed anywhere is afterwards found nowhere: no table, no file, no log line, no job, no address."""

from __future__ import annotations

import base64
import io
import logging
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.client import Client as AnyClient

from mulin.config.postgres import binaries
from mulin.kernel import hooks
from mulin.kernel.county import all_counties, county_scope
from mulin.kernel.ids import public_number
from mulin.services.cases.models import Case
from tests.cases.scenes import reported
from tests.conftest import as_owner
from tests.files.pictures import encoded, picture
from tests.journeys.conftest import signed_in
from tests.journeys.steps import asked, press, send_report, text_of
from tests.personas import COUNTY, IN_NO_GRID, NEIGHBOUR, Scene

PHONE = "17790006161"
NAME = "司徒静好"
PASSWORD = "Kestrel-2209-wing"
SPELLINGS = (PHONE, "177 9000 6161", "+8617790006161", NAME)


def spelled(raw: bytes) -> list[str]:
    """Which spellings of number or name stand in these bytes: plain, escaped as in JSON, hexadecimal, base64, UTF-16."""
    found = []
    for word in SPELLINGS:
        plain = word.encode()
        forms = [
            plain,
            plain.hex().encode(),
            plain[::-1],
            word.encode("utf-16-le"),
            word.encode("unicode_escape"),
        ]
        forms += [base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
        if any(len(form) > 5 and form in raw for form in forms):
            found.append(word)
    return found


@dataclass
class Seen:
    """What left the house while somebody was watching: addresses, headers, pages."""

    addresses: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    shown_on: list[str] = field(default_factory=list)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """Watches every answer to every test client."""
    found, request = Seen(), AnyClient.request

    def watched(self: Any, **told: Any) -> Any:
        answer = request(self, **told)
        asked_for = answer.wsgi_request
        found.addresses.append(asked_for.get_full_path())
        found.headers.append(repr(sorted(answer.items())) + str(answer.cookies))
        if not answer.streaming and spelled(answer.content):
            found.shown_on.append(
                f"{asked_for.method} {asked_for.resolver_match.view_name} {answer.get('Cache-Control', '')}"
            )
        return answer

    monkeypatch.setattr(AnyClient, "request", watched)
    return found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that the house's own log handler writes, every logger saying all it can."""
    names = ("", "mulin", "django", "procrastinate", "allauth")
    before = {name: logging.getLogger(name).level for name in names}
    quiet = {
        name: logging.getLogger(name) for name in ("django.template", "django.db.backends", "PIL", "asyncio")
    }
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    for one in quiet.values():
        one.setLevel(logging.INFO)
    handler = next(
        one for one in logging.getLogger("django").handlers if isinstance(one, logging.StreamHandler)
    )
    written = io.StringIO()
    stream = handler.setStream(written)
    yield written
    handler.setStream(stream)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
    for one in quiet.values():
        one.setLevel(logging.NOTSET)


def photo() -> Any:
    kept = encoded(picture(64, 48))
    kept.name = f"{PHONE}.jpg"
    return kept


def journey(scene: Scene, morning: datetime) -> None:
    """Report, follow, handle, register, find, change, reveal, try to sign in, rate, erase: the number is typed each time."""
    visitor, worker, clerk = Client(), Client(), Client()
    signed_in(worker, scene.accounts["grid_worker"])
    signed_in(clerk, scene.accounts["community_clerk"])

    receipt = send_report(visitor, phone=PHONE, name=NAME, photos=photo())["Location"].partition("?")[0]
    case = Case.objects.get()
    wrong = send_report(visitor, phone=PHONE + "9", name=NAME)
    assert wrong.status_code == 422
    visitor.post("/progress/", {"number": case.number, "digits": PHONE})
    assert visitor.post("/progress/", {"number": case.number, "digits": PHONE[-4:]})["Location"] == receipt
    visitor.post("/progress/", {"number": PHONE, "digits": PHONE})

    clerk.post("/desk/people/add/", {"name": NAME, "phone": PHONE})
    clerk.post("/desk/people/add/", {"name": NAME, "phone": PHONE})
    page = clerk.post("/desk/people/find/", {"phone": PHONE})["Location"]
    assert clerk.get(page).status_code == 200
    assert NAME in text_of(clerk.post(page))
    assert clerk.post(f"{page}change/", {"name": NAME, "phone": PHONE}).status_code == 302
    on_behalf = send_report_for_another(clerk)
    assert on_behalf.status_code == 302

    press(worker, case.id, "take_up")
    assert PHONE in text_of(worker.post(f"/desk/cases/{case.id}/show_contact/"))
    press(worker, case.id, "reply", text="明天去修", way="message")
    press(worker, case.id, "dispose", result="修好了", photos=photo())
    press(worker, case.id, "inform", outcome="reached")
    visitor.post(f"{receipt}rate/", {"score": "satisfied"})

    for password in (PASSWORD, PHONE):
        visitor.post("/accounts/login/", {"login": PHONE, "password": password})
    for _try in range(7):
        visitor.post("/accounts/login/", {"login": scene.accounts["resident"].username, "password": PHONE})

    admin = signed_in(Client(), scene.accounts["admin"])
    assert NAME in admin.post(f"{page}export/").content.decode()
    for found in (
        "/desk/",
        "/desk/cases/",
        f"/desk/cases/{case.id}/",
        "/desk/trail/",
        "/desk/people/",
        page,
        "/desk/figures/cases_closed/",
    ):
        assert admin.get(found).status_code == 200, found


def send_report_for_another(clerk: Client) -> Any:
    from mulin.kernel.ids import uuid7

    return clerk.post(
        "/desk/report/", {"client_id": str(uuid7()), "text": "井盖响", "phone": PHONE, "name": NAME}
    )


def tables_with_it() -> dict[str, int]:
    """Table → rows in which the number or name stands, in any column of any kind; sessions and cached values are opened."""
    found: dict[str, int] = {}
    with as_owner(), all_counties(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_schema, table_name FROM information_schema.columns"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = cursor.fetchall()
        assert len(tables) > 30
        for schema, name in tables:
            cursor.execute(
                f'SELECT row."::text" FROM (SELECT t::text AS "::text" FROM "{schema}"."{name}" t) row'
            )
            rows = [row[0].encode() for row in cursor.fetchall()]
            if hits := [row for row in rows if spelled(row)]:
                found[name] = len(hits)
        cursor.execute("SELECT value FROM mulin_cache")
        if any(spelled(base64.b64decode(row[0])) for row in cursor.fetchall()):
            found["mulin_cache (opened)"] = 1
    if any(spelled(repr(one.get_decoded()).encode()) for one in Session.objects.all()):
        found["django_session (opened)"] = 1
    return found


def dumped() -> bytes:
    """What pg_dump writes of the whole database."""
    told = connection.settings_dict
    command = [
        str(binaries(int(os.environ.get("MULIN_POSTGRES", "18"))) / "pg_dump"),
        "--inserts",
        "-h",
        str(told["HOST"]),
        "-U",
        str(told["USER"]),
    ]
    if told["PORT"]:
        command += ["-p", str(told["PORT"])]
    quiet = os.environ | {"PGPASSWORD": str(told["PASSWORD"])}
    return subprocess.run([*command, str(told["NAME"])], check=True, capture_output=True, env=quiet).stdout


@pytest.mark.django_db(transaction=True)
def test_the_number_is_kept_nowhere(
    scene: Scene, morning: datetime, seen: Seen, log: io.StringIO, files_home: Path
) -> None:
    with county_scope(COUNTY):
        journey(scene, morning)
    with county_scope(COUNTY):
        for _name, pass_over in hooks.tick:
            pass_over(now=morning + timedelta(hours=1))

    assert tables_with_it() == {}
    dump = dumped()
    assert b"cases_casereporter" in dump and spelled(dump) == []
    kept = [path for path in files_home.rglob("*") if path.is_file()]
    assert len(kept) >= 3, "photos and the day's head were written"
    assert [path for path in kept if spelled(path.read_bytes()) or spelled(str(path).encode())] == []
    assert "Unprocessable Entity" in log.getvalue() and spelled(log.getvalue().encode()) == []
    assert [one for one in seen.addresses if spelled(one.encode())] == []
    assert [one for one in seen.headers if spelled(one.encode())] == []


@pytest.mark.django_db(transaction=True)
def test_this_search_would_have_found_it(scene: Scene, morning: datetime) -> None:
    """Who writes the number into the words of his report has it in the words, and there only: lists star it."""
    with county_scope(COUNTY):
        send_report(Client(), text=f"找我打 {PHONE}，路灯坏了")
    assert set(tables_with_it()) == {"cases_case"} | {
        name for name in tables_with_it() if name.startswith("cases_case_p")
    }
    assert spelled(dumped()) == [PHONE]
    assert (
        spelled(base64.b64encode(b"ab" + PHONE.encode() + b"c"))
        == [PHONE]
        == spelled(PHONE.encode().hex().encode())
    )


@pytest.mark.django_db(transaction=True)
def test_it_is_shown_only_where_somebody_asked_for_it(scene: Scene, morning: datetime, seen: Seen) -> None:
    with county_scope(COUNTY):
        journey(scene, morning)
    assert {line.split()[1] for line in seen.shown_on} == {
        "cases:report", "people:add", "people:person", "people:export", "cases:act", "account_login",
    }  # fmt: skip
    assert all("no-store" in line or "no-cache" in line for line in seen.shown_on), seen.shown_on


def test_no_statement_carries_it(county: Scene, morning: datetime) -> None:
    with asked() as found:
        send_report(Client(), phone=PHONE, name=NAME)
        Client().post("/progress/", {"number": Case.objects.get().number, "digits": PHONE[-4:]})
        clerk = signed_in(Client(), county.accounts["community_clerk"])
        clerk.post("/desk/people/add/", {"name": NAME, "phone": PHONE})
        clerk.post("/desk/people/find/", {"phone": PHONE})
    assert len(found) > 30
    assert [one for one in found.statements if spelled(one.encode())] == []


def test_a_number_in_an_address_is_starred_in_the_log(
    county: Scene, morning: datetime, log: io.StringIO
) -> None:
    clerk = signed_in(Client(), county.accounts["community_clerk"])
    for url in (f"/r/{PHONE}/", f"/nowhere/{PHONE}", f"/desk/cases/?q={PHONE}", f"/desk/people/{PHONE}/"):
        clerk.get(url, headers={"X-Request-ID": PHONE})
    assert "Not Found: /nowhere/***" in log.getvalue() and spelled(log.getvalue().encode()) == []


# ── asking after a number ─────


def told(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything of an answer that its reader can see, but for the number of the request and the time of day."""
    headers = sorted(item for item in answer.items() if item[0] not in ("X-Request-ID", "Expires"))
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("large", ["0", "1"])
def test_wrong_digits_and_unknown_numbers_look_alike(
    language: str, large: str, county: Scene, morning: datetime
) -> None:
    known = reported(county, morning, phone=PHONE).case.number
    no_phone = reported(county, morning, at=IN_NO_GRID).case.number
    pairs = [
        (known, "0000"), (known, PHONE), (known, "161"), (no_phone, "6161"), (public_number(COUNTY), "6161"),
        (public_number(NEIGHBOUR), "6161"), ("211322-", "6161"), ("什么", "6161"), (known.lower(), "6162"),
    ]  # fmt: skip
    client = Client()
    client.cookies["django_language"], client.cookies["mulin_large"] = language, large
    answers = [
        told(client.post("/progress/", {"number": number, "digits": digits})) for number, digits in pairs
    ]
    for pair, answer in zip(pairs, answers, strict=True):
        assert answer == answers[0], pair
    assert answers[0][0] == 422 and known.encode() not in answers[0][1]


def test_too_many_tries_lock_a_number_whether_it_exists_or_not(
    county: Scene, morning: datetime, clock_at: Any
) -> None:
    known, unknown, client = (
        reported(county, morning, phone=PHONE).case.number,
        public_number(COUNTY),
        Client(),
    )
    ends = []
    for number in (known, unknown):
        for _try in range(settings.LOCKOUT_ATTEMPTS):
            assert client.post("/progress/", {"number": number, "digits": "0000"}).status_code == 422
        ends.append(told(client.post("/progress/", {"number": number, "digits": PHONE[-4:]})))
    assert ends[0] == ends[1] and ends[0][0] == 429
    elsewhere = Client(REMOTE_ADDR="10.9.8.7")
    assert elsewhere.post("/progress/", {"number": known, "digits": PHONE[-4:]}).status_code == 429
    clock_at(morning + timedelta(minutes=16))
    assert elsewhere.post("/progress/", {"number": known, "digits": PHONE[-4:]}).status_code == 302
