"""Which county, who acts, what a request costs, and what a refusal looks like."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from mulin.config import logs, middleware
from mulin.ground.access import queries
from mulin.kernel.county import current_county, scope_or_none
from mulin.kernel.errors import NotAllowed, NotFound, Refused, Stale
from tests.conftest import as_owner
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
ELSEWHERE = {"HTTP_HOST": "elsewhere.example"}


def rows(label: str) -> Any:
    return apps.get_model(label).objects


@pytest.fixture(autouse=True)
def any_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.STAFF_NEED_MFA = False


def enter(scene: Scene, who: str) -> Client:
    client = Client()
    client.force_login(scene.accounts[who], backend=BACKEND)
    return client


def statements(client: Client, page: str, **told: Any) -> list[str]:
    client.get(page, **told)
    with CaptureQueriesContext(connection) as made:
        assert client.get(page, **told).status_code == 200
    return [one["sql"] for one in made.captured_queries]


# ── which county ─────


def county_of(client: Client, page: str = "/", **told: Any) -> int | str:
    answer = client.get(page, **told)
    return int(answer.context["county"].code) if answer.status_code == 200 else str(answer.url)


def test_the_host_decides_first(scene: Scene) -> None:
    client = enter(scene, "neighbour_admin")
    session = client.session
    session["county"] = NEIGHBOUR
    session.save()
    assert county_of(client) == COUNTY
    assert county_of(client, **ELSEWHERE) == NEIGHBOUR
    assert county_of(client, HTTP_HOST="TESTSERVER:8080") == COUNTY


def test_then_the_sessions_choice_then_the_accounts_only_county(scene: Scene) -> None:
    client = enter(scene, "neighbour_admin")
    assert county_of(client, **ELSEWHERE) == NEIGHBOUR
    assert client.post("/county/", {"county": COUNTY, "next": "/me/"}, **ELSEWHERE).url == "/me/"
    assert county_of(client, **ELSEWHERE) == COUNTY
    assert client.get("/me/", **ELSEWHERE).context["actor"].person is None


def test_a_visitor_is_asked_and_never_sent_to_some_county(scene: Scene) -> None:
    client = Client()
    assert county_of(client, "/me/", **ELSEWHERE) == "/county/?next=%2Fme%2F"
    page = client.get("/county/?next=/me/", **ELSEWHERE)
    assert page.status_code == 200
    assert page.context["county"] is None
    assert client.post("/county/", {"county": "999999"}, **ELSEWHERE).status_code == 422
    assert (
        client.post("/county/", {"county": NEIGHBOUR, "next": "https://evil.example/"}, **ELSEWHERE).url
        == "/"
    )
    assert county_of(client, **ELSEWHERE) == NEIGHBOUR


def test_the_only_county_needs_no_question(scene: Scene) -> None:
    with as_owner():
        apps.get_model("citus.County").objects.filter(code=COUNTY).update(host="")
    everything = queries.counties()
    try:
        queries._kept = (float("inf"), {COUNTY: everything[COUNTY]})
        assert county_of(Client(), **ELSEWHERE) == COUNTY
    finally:
        queries.forget_counties()


def test_a_receipt_leads_to_its_county(scene: Scene) -> None:
    from mulin.kernel.ids import token

    request = RequestFactory().get(f"/r/{token(NEIGHBOUR)}/", **ELSEWHERE)
    request.session = {}
    assert middleware._county_code(request, ()) == NEIGHBOUR
    unknown = RequestFactory().get(f"/r/{token(110101)}/", **ELSEWHERE)
    unknown.session = {}
    assert middleware._county_code(unknown, ()) is None


@pytest.mark.no_tenant_rows("no county, no row")
def test_without_any_county_the_page_says_how_to_open_one(db: None) -> None:
    answer = Client().get("/")
    assert answer.status_code == 503
    assert "mulin open-county" in answer.content.decode()
    assert Client().get("/me/", headers={"Accept": "application/json"}).json() == {"code": "no_county"}
    assert Client().get("/healthz").status_code == 200


# ── who acts ─────


def test_the_neighbours_administrator_is_nobody_here(scene: Scene) -> None:
    client = enter(scene, "neighbour_admin")
    actor = client.get("/me/").context["actor"]
    assert (actor.county, actor.person, actor.held) == (COUNTY, None, ())
    assert client.get("/desk/access/").status_code == 404
    assert client.get(f"/desk/people/{scene.persons['grid_worker'].pk}/").status_code == 404


@pytest.mark.parametrize(
    "page", ["/desk/", "/desk/access/", "/desk/people/", "/desk/no/such/page/", "/admin/"]
)
def test_a_stranger_is_asked_to_sign_in_and_learns_nothing(scene: Scene, page: str) -> None:
    assert Client().get(page).url.startswith("/accounts/login/?next=%2F")
    assert Client().post(page).status_code == 302
    assert (
        Client()
        .get(page, headers={"HX-Request": "true"})
        .headers["HX-Redirect"]
        .startswith("/accounts/login/")
    )
    assert Client().get(page, headers={"Accept": "application/json"}).status_code == 401


def test_a_role_taken_back_ends_with_the_next_click(scene: Scene) -> None:
    from mulin.kernel.county import county_scope

    client = enter(scene, "community_clerk")
    assert client.get("/desk/access/").status_code == 200
    with county_scope(COUNTY):
        rows("access.Grant").filter(person=scene.persons["community_clerk"]).update(ended_on="2026-09-01")
    assert client.get("/desk/access/").status_code == 404


# ── what it costs ─────


def test_a_visitor_costs_nothing_once_the_counties_are_known(scene: Scene) -> None:
    assert statements(Client(), "/emergency/") == []


def test_a_visitors_first_request_costs_one(scene: Scene) -> None:
    queries.forget_counties()
    with CaptureQueriesContext(connection) as made:
        Client().get("/emergency/")
    assert len(made) == 1


@pytest.mark.parametrize("who", ["resident", "rider"])
def test_somebody_signed_in_costs_four(scene: Scene, who: str) -> None:
    made = statements(enter(scene, who), "/emergency/")
    assert [one.split(" FROM ")[1].split()[0].strip('"') for one in made] == [
        "django_session", "access_account", "access_accountcounty", "access_grant",
    ]  # fmt: skip


def test_pages_of_signed_in_people_are_not_kept_by_the_browser(scene: Scene) -> None:
    assert "no-store" in enter(scene, "resident").get("/").headers["Cache-Control"]
    assert "Cache-Control" not in Client().get("/emergency/").headers


# ── around the view ─────


@pytest.mark.no_tenant_rows("headers only")
def test_every_answer_carries_a_number_and_a_policy(scene: Scene) -> None:
    answer = Client().get("/", headers={"X-Request-ID": "abc-12345"})
    assert answer.headers["X-Request-ID"] == "abc-12345"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    for bad in ("short", "x" * 65, "a b c d e f g", "line\\nbreak", "13800138000"):
        assert Client().get("/", headers={"X-Request-ID": bad}).headers["X-Request-ID"] != bad


@pytest.mark.no_tenant_rows("log lines only")
def test_log_lines_lose_numbers_and_receipts() -> None:
    record = logging.LogRecord(
        "x", 30, "", 1, "Not Found: %s", ("/r/211322-ABCDEFGHJK0123456789K/ 13800138000",), None
    )
    assert logs.RequestIdFilter().filter(record)
    assert record.getMessage() == "Not Found: /r/211322-***/ ***"
    kept = logging.LogRecord("x", 30, "", 1, "case 01a20b7e-7940-75bd-981b-229cde5a24a6 of 211322", (), None)
    logs.RequestIdFilter().filter(kept)
    assert kept.getMessage() == "case 01a20b7e-7940-75bd-981b-229cde5a24a6 of 211322"


@pytest.mark.no_tenant_rows("no row is read")
def test_a_streamed_body_is_made_inside_the_county(scene: Scene, rf: RequestFactory) -> None:
    def body() -> Iterator[bytes]:
        yield str(current_county()).encode()
        yield str(current_county()).encode()

    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user, request.session, request.id = AnonymousUser(), {}, "-"  # type: ignore[assignment]
    response: Any = middleware.county_and_actor(lambda _request: StreamingHttpResponse(body()))(request)
    found = []
    for piece in response.streaming_content:
        assert scope_or_none() is None
        found.append(piece)
    assert found == [b"211322", b"211322"]


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (NotFound("没有。"), 404),
        (NotAllowed("不能。"), 403),
        (Stale("变了。"), 409),
        (Refused("too_many", "太快了。", status=429), 429),
        (Refused("bad", "不行 <b>。", field="text"), 422),
    ],
)
def test_a_refusal_answers_in_the_form_that_was_asked_for(
    scene: Scene, rf: RequestFactory, refused: Refused, status: int
) -> None:
    def answer(**headers: str) -> HttpResponse:
        request = rf.get("/", **{f"HTTP_{key.upper()}": value for key, value in headers.items()})
        request.user, request.id = scene.accounts["resident"], "abcdefgh"  # type: ignore[attr-defined]
        request.county, request.actor, request.resolver_match = scene.county, scene.resident, None  # type: ignore[attr-defined]
        handler: Any = middleware.refusals(lambda _request: HttpResponse())
        return handler.process_exception(request, refused)  # type: ignore[no-any-return]

    page = answer()
    assert page.status_code == status
    assert "<html" in page.content.decode()
    assert "<b>。" not in page.content.decode()
    fragment = answer(hx_request="true")
    assert fragment.status_code == status
    assert fragment.content.decode().startswith('<div class="alert')
    told = answer(accept="application/json")
    assert told.status_code == status
    assert refused.code.encode() in told.content
    handler: Any = middleware.refusals(lambda _request: HttpResponse())
    assert handler.process_exception(None, ValueError()) is None


@pytest.mark.parametrize("length", [str((256 << 20) + 1), "9" * 40])
def test_a_body_beyond_every_form_is_refused_unread(scene: Scene, length: str) -> None:
    class Unread(io.BytesIO):
        def read(self, *size: int | None) -> bytes:
            raise AssertionError("somebody read it")

        readline = read

    told = {
        "CONTENT_LENGTH": length,
        "wsgi.input": Unread(),
        "CONTENT_TYPE": "multipart/form-data; boundary=x",
    }
    answer = Client(enforce_csrf_checks=True).generic("POST", "/report/", **told)
    assert answer.status_code == 413 and "太大" in answer.content.decode()
