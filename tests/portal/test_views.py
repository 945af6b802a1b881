"""The front door: six tiles, three big buttons, telephone numbers, public figures, and display settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client
from django.urls import reverse

from mulin.readers.portal import views
from mulin.readers.portal.rules import LARGE_COOKIE, NUMBERS
from tests.personas import Scene
from tests.portal.pages import Page

pytestmark = pytest.mark.django_db
PUBLIC = [
    f"portal:{name}"
    for name in ("home", "call", "emergency", "grid_worker", "open_figures", "about", "preferences")
]
TILES = (
    "cases:report",
    "cases:progress",
    "portal:grid_worker",
    "portal:open_figures",
    "access:me",
    "portal:emergency",
)
ELSEWHERE = ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "")


@pytest.fixture
def client(scene: Scene) -> Client:
    """A visitor of the example county's test twin."""
    browser = Client()
    session = browser.session
    session["county"] = scene.county.code
    session.save()
    return browser


@pytest.fixture
def elder(client: Client) -> Client:
    """The same visitor with large print on."""
    client.cookies[LARGE_COOKIE] = "1"
    return client


def page(client: Client, name: str, query: str = "") -> Page:
    answer = client.get(reverse(name) + query)
    assert answer.status_code == 200
    return Page(answer.content.decode())


def test_home_offers_six_things_that_work(client: Client) -> None:
    wanted = [reverse(name) for name in TILES]
    links = page(client, "portal:home").links()
    assert [link for link in links if link in wanted] == wanted
    assert {client.get(link).status_code for link in wanted} <= {200, 302}


def test_home_in_large_print_has_exactly_three_buttons(elder: Client) -> None:
    links = page(elder, "portal:home").links()
    assert links == [reverse("cases:report"), reverse("cases:progress"), reverse("portal:call")]


@pytest.mark.parametrize("name", PUBLIC)
def test_no_large_print_step_has_more_than_three_controls(elder: Client, name: str) -> None:
    assert len(page(elder, name).controls) <= 3


def test_the_way_back_to_standard_print_is_a_button_of_the_call_page(elder: Client) -> None:
    shown = page(elder, "portal:call")
    assert shown.hidden["large"] == "0"
    answer = elder.post(reverse("portal:preferences"), shown.hidden)
    assert answer.headers["Location"] == reverse("portal:home")
    assert elder.cookies[LARGE_COOKIE].value == "0"
    assert len(page(elder, "portal:home").controls) > 6


def test_large_print_is_one_tap_away_on_every_page_and_returns_to_it(client: Client) -> None:
    for name in PUBLIC:
        here = reverse(name) + "?from=test"
        shown = Page(client.get(here).content.decode())
        assert any(form["action"] == reverse("portal:preferences") for form in shown.forms)
        answer = client.post(reverse("portal:preferences"), {"large": "1", "next": here})
        assert (answer.status_code, answer.headers["Location"]) == (302, here)
        del client.cookies[LARGE_COOKIE]


@pytest.mark.parametrize("elsewhere", ELSEWHERE)
def test_preferences_never_lead_to_another_site(client: Client, elsewhere: str) -> None:
    answer = client.post(reverse("portal:preferences"), {"large": "1", "next": elsewhere})
    assert answer.headers["Location"] == reverse("portal:home")


def test_preferences_switch_the_language_and_keep_the_rest(elder: Client) -> None:
    elder.post(reverse("portal:preferences"), {"lang": "en", "next": "/"})
    assert elder.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    html = elder.get(reverse("portal:home")).content.decode()
    assert '<html lang="en" class="no-js large">' in html
    assert "Report something" in html


@pytest.mark.parametrize("wrong", [{"large": "2"}, {"lang": "fr"}])
def test_preferences_refuse_nonsense_and_change_nothing(client: Client, wrong: dict[str, str]) -> None:
    answer = client.post(reverse("portal:preferences"), wrong)
    assert answer.status_code == 422
    assert LARGE_COOKIE not in answer.cookies
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


def test_emergency_numbers_can_be_dialled(client: Client) -> None:
    links = page(client, "portal:emergency").links()
    assert [link for link in links if link.startswith("tel:")] == [f"tel:{one.digits}" for one in NUMBERS]


def test_emergency_in_large_print_shows_the_urgent_three_at_once(elder: Client) -> None:
    assert page(elder, "portal:emergency").links() == ["tel:110", "tel:120", "tel:119"]


def test_open_figures_print_a_dash_where_there_is_nothing_to_compute(client: Client) -> None:
    shown = page(client, "portal:open_figures")
    assert "—" in shown.text
    assert "0 / 0" in shown.text


def test_public_pages_ask_the_database_little(client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(3):
        client.get(reverse("portal:home"))


def test_public_pages_need_no_script_inside_the_page(client: Client) -> None:
    for name in PUBLIC:
        html = client.get(reverse(name)).content.decode()
        assert "<script>" not in html
        assert " style=" not in html
        assert " onclick=" not in html


def test_healthz_says_ok_while_the_database_answers(client: Client) -> None:
    answer = client.get(reverse("portal:healthz"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_healthz_answers_503_without_a_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def cursor(self) -> Any:
            raise DatabaseError

    monkeypatch.setattr(views, "connection", Gone())
    assert client.get(reverse("portal:healthz")).status_code == 503


def test_an_unknown_page_says_so_in_the_product_s_look(client: Client) -> None:
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.content.decode()
