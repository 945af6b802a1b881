"""What a phone needs without a network: the manifest, the worker, who is signed in, which pages may lie on it."""

from __future__ import annotations

import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse
from PIL import Image

from mulin.kernel.doors import KEEP
from mulin.kernel.ids import uuid7
from tests.cases.scenes import PHONE, in_state, reported
from tests.journeys.conftest import clock_at, files_home, morning, signed_in
from tests.patrols.scenes import today
from tests.personas import Scene

__all__ = ["clock_at", "files_home", "morning"]
pytestmark = pytest.mark.django_db
SESSION = "portal:session"


@pytest.fixture
def client(scene: Scene) -> Client:
    """A visitor of the county."""
    browser = Client()
    session = browser.session
    session["county"] = scene.county.code
    session.save()
    return browser


def browser(county: Scene, who: str) -> Client:
    return signed_in(Client(), county.accounts[who])


def drawn(address: str) -> Image.Image:
    """The picture behind a static address."""
    name = re.sub(r"\.[0-9a-f]{12}(?=\.png$)", "", address.partition("/static/")[2])
    found = finders.find(name)
    assert isinstance(found, str), address
    return Image.open(io.BytesIO(Path(found).read_bytes()))


def test_the_manifest_names_the_county_and_its_icons_are_as_large_as_it_says(
    client: Client, county: Scene
) -> None:
    answer = client.get(reverse("portal:manifest"))
    told = json.loads(answer.content)
    assert answer["Content-Type"] == "application/manifest+json"
    assert told["name"] == f"睦邻 · {county.county.name}" and told["short_name"] == "睦邻"
    assert (told["scope"], told["start_url"], told["display"]) == ("/", "/", "standalone")
    sizes = {one["purpose"]: [] for one in told["icons"]}
    for icon in told["icons"]:
        picture = drawn(icon["src"])
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
        sizes[icon["purpose"]].append(picture.width)
    assert sizes == {"any": [192, 512], "maskable": [512]}
    assert all(client.get(one["url"]).status_code in (200, 302) for one in told["shortcuts"])


def test_the_manifest_speaks_english_and_is_neutral_where_no_county_is(client: Client, county: Scene) -> None:
    told = json.loads(client.get(reverse("portal:manifest"), HTTP_ACCEPT_LANGUAGE="en").content)
    assert told["name"].endswith("Jianping") and told["lang"] == "en"
    told = json.loads(Client().get(reverse("portal:manifest"), HTTP_HOST="localhost").content)
    assert told["name"] == "睦邻"


def test_what_fills_its_square_has_no_hole_and_the_others_have_round_corners(client: Client) -> None:
    icons = json.loads(client.get(reverse("portal:manifest")).content)["icons"]
    touch = re.search(r'rel="apple-touch-icon" href="([^"]+)"', client.get("/").content.decode())
    assert touch is not None
    corner = {one["src"]: drawn(one["src"]).convert("RGBA").getpixel((0, 0))[3] for one in icons}  # type: ignore[index]
    assert {one["purpose"]: corner[one["src"]] for one in icons} == {"any": 0, "maskable": 255}
    assert drawn(touch[1]).convert("RGBA").getpixel((0, 0))[3] == 255  # type: ignore[index]


def test_the_worker_is_a_script_at_the_root_that_is_asked_for_again_soon(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert re.search(r"max-age=(\d+)", answer["Cache-Control"])[1] == "600"  # type: ignore[index]
    parts = re.findall(r'"(/static/mulin/js/[^"]+)"', answer.content.decode())
    assert [re.sub(r"\.[0-9a-f]{12}", "", part).rpartition("/")[2] for part in parts] == [
        "queue.js",
        "worker.js",
    ]


def test_the_session_tells_nobody_but_its_own_account_and_gives_a_token_that_works(
    client: Client, county: Scene
) -> None:
    told = client.get(reverse(SESSION)).json()
    assert set(told) == {"account", "county", "token"}
    assert (told["account"], told["county"]) == ("", str(county.county.code))
    worker = signed_in(Client(enforce_csrf_checks=True), county.accounts["grid_worker"])
    answer = worker.get(reverse(SESSION))
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["account"] == str(county.accounts["grid_worker"].pk)
    form = {"client_id": str(uuid7()), "text": "路灯坏了"}
    assert worker.post("/report/", form).status_code == 403
    sent = worker.post("/report/", form | {"csrfmiddlewaretoken": answer.json()["token"]})
    assert sent.status_code == 302


def test_an_ended_session_answers_a_queued_form_with_a_code_not_a_page(county: Scene, now: datetime) -> None:
    case, _receipt = in_state(county, now, "in_hand")
    answer = Client().post(
        f"/desk/cases/{case.id}/dispose/", {"result": "好了"}, HTTP_ACCEPT="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")


def test_the_list_of_what_waits_is_the_same_for_everybody_but_for_whose_phone_it_is(county: Scene) -> None:
    pages = {}
    for who in ("grid_worker", "community_clerk"):
        html = browser(county, who).get(reverse("portal:waiting")).content.decode()
        pages[who] = re.sub(r'data-draft-scope="[^"]*"|name="csrfmiddlewaretoken" value="[^"]*"', "", html)
    assert pages["grid_worker"] == pages["community_clerk"]


def test_only_a_few_pages_may_lie_on_the_phone_and_they_say_whose_they_are(
    county: Scene, now: datetime, morning: datetime
) -> None:
    case, _receipt = in_state(county, now, "in_hand", phone=PHONE)
    waiting = reported(county, now).case
    task = today(county, morning)
    here, walk = f"/desk/cases/{case.id}/", reverse("patrols:task", args=[task.id])
    worker = browser(county, "grid_worker")
    own = str(county.accounts["grid_worker"].pk)
    kept = (
        "/",
        "/report/",
        "/waiting/",
        "/desk/",
        "/desk/report/",
        "/desk/found-and-fixed/",
        here,
        walk,
        f"{walk}finding/",
        "/desk/patrols/",
    )
    assert {path: worker.get(path).get(KEEP) for path in kept} == dict.fromkeys(kept, own)
    never = (
        "/me/",
        "/notices/",
        "/desk/cases/",
        f"/desk/cases/{waiting.id}/",
        f"{here}work-order/",
        "/desk/map/",
        "/progress/",
    )
    assert {path: worker.get(path).get(KEEP) for path in never} == dict.fromkeys(never)
    shown = worker.post(f"{here}show_contact/")
    assert PHONE in shown.content.decode() and shown.get(KEEP) is None
    assert worker.post("/report/", {"text": ""}).get(KEEP) is None  # what came back with words in it
    assert browser(county, "leader").get(here).get(KEEP) is None  # he writes no result
    assert Client().get("/report/").get(KEEP) == "-"


def test_a_receipt_is_never_kept(county: Scene, now: datetime) -> None:
    made = reported(county, now)
    answer: Any = Client().get(reverse("cases:receipt", args=[made.receipt]))
    assert answer.status_code == 200 and answer.get(KEEP) is None
