"""The pages of access, and the first administrator from the command line."""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from mulin.ground.access import queries
from mulin.ground.territory import actions as territory
from mulin.kernel import hooks
from mulin.kernel.county import county_scope
from tests.conftest import NOW
from tests.personas import COUNTY, NEIGHBOUR, Scene

pytestmark = pytest.mark.django_db
STAFF = ("grid_worker", "community_clerk", "street_clerk", "department", "county_clerk", "leader", "admin")


@pytest.fixture(autouse=True)
def no_factor(settings: Any) -> None:
    settings.STAFF_NEED_MFA = False


@pytest.fixture
def enter(scene: Scene) -> Any:
    def as_(who: str) -> Client:
        client = Client()
        if who != "stranger":
            client.force_login(scene.accounts[who], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_


def rows(label: str) -> Any:
    return apps.get_model(label).objects


TABLE = {
    "/desk/access/": {
        "stranger": 302, "resident": 404, "merchant": 403, "grid_worker": 403, "department": 403, "neighbour_admin": 404,
        "community_clerk": 200, "street_clerk": 200, "county_clerk": 200, "leader": 200, "admin": 200,
    },
    "/desk/access/give/{resident}/": {
        "stranger": 302, "resident": 404, "grid_worker": 403, "leader": 403, "community_clerk": 200, "admin": 200,
        "neighbour_admin": 404,
    },
    "/desk/access/account/{resident}/": {
        "stranger": 302, "resident": 404, "grid_worker": 403, "leader": 403, "community_clerk": 200, "admin": 200,
    },
    "/me/": dict.fromkeys(("stranger", "resident", "merchant", "neighbour_admin", *STAFF), 200),
    "/me/export/": {"stranger": 404, "neighbour_admin": 404, "resident": 200, "admin": 200},
    "/me/erase/": {"stranger": 404, "neighbour_admin": 404, "resident": 200, "admin": 200},
    "/enter/": dict.fromkeys(("stranger", "resident", "admin"), 404),
}  # fmt: skip


@pytest.mark.parametrize(
    ("page", "who", "status"), [(p, w, s) for p, told in TABLE.items() for w, s in told.items()]
)
def test_who_opens_what(scene: Scene, enter: Any, page: str, who: str, status: int) -> None:
    assert enter(who).get(page.format(resident=scene.persons["resident"].pk)).status_code == status


# ── my page ─────


def test_without_an_account_the_page_says_how_to_get_one(enter: Any) -> None:
    shown = enter("stranger").get("/me/").content.decode()
    assert "社区窗口" in shown
    assert "没有配置短信登录" in shown


def test_my_page_masks_the_number_and_says_my_roles(scene: Scene, enter: Any) -> None:
    shown = enter("grid_worker").get("/me/").content.decode()
    assert "张敏" in shown
    assert scene.phones["grid_worker"] not in shown
    assert "叶柏寿街道双虹社区第一网格" in shown


def test_consent_is_given_and_taken_back_on_my_page(scene: Scene, enter: Any) -> None:
    client, person = enter("resident"), scene.persons["resident"].pk
    client.post("/me/", {"purpose": "messages", "give": "1"})
    with county_scope(COUNTY):
        assert rows("people.Consent").get(person_id=person).withdrawn_at is None
    client.post("/me/", {"purpose": "messages"})
    with county_scope(COUNTY):
        assert rows("people.Consent").get(person_id=person).withdrawn_at is not None
    assert client.post("/me/", {"purpose": "marketing", "give": "1"}).status_code == 422


def test_language_and_large_print_are_kept_with_the_person(scene: Scene, enter: Any) -> None:
    client = enter("resident")
    answer = client.post("/me/", {"language": "en", "large_print": "on", "next": "https://evil.example/"})
    assert answer.url == "/me/"
    assert answer.cookies["mulin_large"].value == "1"
    with county_scope(COUNTY):
        row = rows("people.Person").get(pk=scene.persons["resident"].pk)
    assert (row.language, row.large_print) == ("en", True)


@pytest.mark.parametrize("wanted", ["null", "a:b", "//evil.example", "/\\evil.example", "javascript:1", "²"])
def test_no_address_leads_elsewhere_or_breaks_the_page(enter: Any, wanted: str) -> None:
    for told in ({"purpose": "messages"}, {"language": "zh-hans"}):
        assert enter("resident").post("/me/", told | {"next": wanted}).url == "/me/"
    assert enter("resident").post("/preferences/", {"lang": "en", "next": wanted}).url == "/"


def test_large_print_shows_at_most_two_controls_per_step_and_reaches_every_block(enter: Any) -> None:
    client = enter("resident")
    client.cookies["mulin_large"] = "1"
    page, seen = "", []
    for _step in range(20):
        answer = client.get(f"/me/{page}")
        shown = answer.content.decode().split('<main id="main"', 1)[1].split("</main>", 1)[0]
        shown = shown.split("</a>", 1)[1]  # the way back
        controls = shown.count("<a ") + shown.count("<button") + shown.count("<select")
        assert controls <= 2, shown
        seen.append(answer.context["step"])
        if not answer.context["following"]:
            break
        page = f"?step={answer.context['following']}"
    assert seen == ["data", *["consents"] * 4, "looks", "export", "erase", "account"]


def test_the_export_is_one_file_with_this_look_in_it(scene: Scene, enter: Any) -> None:
    answer = enter("resident").post("/me/export/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    told = json.loads(answer.content)
    assert told["person"]["phone"] == scene.phones["resident"]
    assert told["who_looked"]


def test_erasing_myself_takes_the_typed_word_and_signs_me_out(scene: Scene, enter: Any) -> None:
    client = enter("resident")
    assert client.post("/me/erase/", {"word": "删"}).status_code == 422
    assert client.post("/me/erase/", {"word": "删除"}).status_code == 200
    assert client.get("/me/").context["actor"].anonymous
    assert not rows("access.Account").filter(pk=scene.accounts["resident"].pk).exists()


def test_an_officer_is_told_why_he_cannot_be_erased(enter: Any) -> None:
    answer = enter("grid_worker").post("/me/erase/", {"word": "删除"})
    assert answer.status_code == 422
    assert "先收回权限" in answer.content.decode()


# ── giving and ending ─────


def test_a_role_is_given_step_by_step_down_the_tree(scene: Scene, enter: Any) -> None:
    client, person = enter("admin"), scene.persons["resident"].pk
    give = f"/desk/access/give/{person}/"
    assert "网格员" in client.get(give).content.decode()
    top = client.get(f"{give}?role=grid_worker")
    assert [one.name for one in top.context["opened"]] == ["叶柏寿街道", "铁南街道"]
    community = client.get(f"{give}?role=grid_worker&at={scene.places['community'].pk}")
    assert [one.code for one in community.context["grids"]] == ["2113220010031001", "2113220010031002"]
    answer = client.post(give, {"role": "grid_worker", "grid": str(scene.grids["b"].pk)})
    assert answer.url == f"/desk/people/{person}/"
    with county_scope(COUNTY):
        assert queries.actor_of_person(person).covers(scene.grids["b"].path, "grid_worker")
    assert client.post(give, {"role": "grid_worker"}).status_code == 422


def test_a_clerk_begins_at_his_own_community(scene: Scene, enter: Any) -> None:
    page = enter("community_clerk").get(f"/desk/access/give/{scene.persons['resident'].pk}/?role=grid_worker")
    assert page.context["here"].path == "/001/003/"
    told = {"role": "grid_worker", "grid": str(scene.grids["c"].pk)}
    assert (
        enter("community_clerk").post(f"/desk/access/give/{scene.persons['resident'].pk}/", told).status_code
        == 403
    )


def test_a_role_is_ended_from_the_list(scene: Scene, enter: Any) -> None:
    grant = scene.grid_worker.held[0].grant
    assert enter("other_clerk").post(f"/desk/access/{grant}/end/").status_code == 404
    assert enter("grid_worker").post(f"/desk/access/{grant}/end/").status_code == 403
    assert enter("community_clerk").post(f"/desk/access/{grant}/end/").status_code == 302
    with county_scope(COUNTY):
        assert rows("access.Grant").get(pk=grant).ended_on is not None


def test_whoever_serves_a_grid_without_the_right_is_shown_and_mended(scene: Scene, enter: Any) -> None:
    grid, clerk = scene.grids["a"], enter("community_clerk")
    page, person = f"/desk/access/grids/{grid.pk}/", scene.persons["department"]
    assert "在岗，没有权限" not in clerk.get(page).content.decode()

    def post_only(day: int) -> None:
        with county_scope(COUNTY):
            territory.post_to_grid(
                person=person.pk,
                grid=grid,
                on=date(2026, 8, day),
                by=scene.admin,
                now=NOW,
                kind="grid_worker",
            )

    post_only(3)
    shown = clerk.get(page).content.decode()
    assert "在岗，没有权限" in shown and f"/desk/people/{person.pk}/" in shown
    wrong = clerk.post(page, {"off": str(scene.persons["grid_worker"].pk)})
    assert wrong.status_code == 404, "his right would stay behind"
    assert clerk.post(page, {"off": str(person.pk)}).status_code == 302
    assert "在岗，没有权限" not in clerk.get(page).content.decode()
    post_only(4)
    button = re.search(r'name="person" value="([^"]+)"', clerk.get(page).content.decode())
    assert button and clerk.post(page, {"person": button[1], "role": "grid_worker"}).status_code == 302
    assert "在岗，没有权限" not in clerk.get(page).content.decode()
    with county_scope(COUNTY):
        assert queries.actor_of_person(person.pk).covers(grid.path, "grid_worker")


@pytest.mark.parametrize("who", ["community_clerk", "admin"])
def test_the_list_of_roles_has_a_budget(enter: Any, who: str) -> None:
    client = enter(who)
    client.get("/desk/access/")
    with CaptureQueriesContext(connection) as made:
        client.get("/desk/access/")
    assert len(made) <= 13, [one["sql"] for one in made.captured_queries]


def test_an_account_is_opened_at_the_counter_and_the_password_shown_once(scene: Scene, enter: Any) -> None:
    with county_scope(COUNTY):
        from mulin.ground.people.actions import add_person

        person = add_person(by=scene.admin, now=scene.county.opened_at, name="新居民")
    page = f"/desk/access/account/{person.pk}/"
    client = enter("community_clerk")
    assert client.post(page, {"action": "open", "username": "13800138000"}).status_code == 422
    answer = client.post(page, {"action": "open", "username": "xinjumin"})
    once = answer.context["once"]
    assert once in answer.content.decode()
    assert once not in client.get(page).content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.post(page, {"action": "reset"}).status_code == 403
    assert enter("admin").post(page, {"action": "reset"}).context["once"] != once
    assert enter("admin").post(page, {"action": "close"}).status_code == 302
    assert not rows("access.Account").get(username="xinjumin").is_active


# ── why ─────


def test_why_prints_the_role_and_the_policy(
    scene: Scene, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = scene.grids["a"].pk

    def reach(actor: Any, subject: Any) -> Any:
        return {"path": "/001/003/g1001/", "title": "一件事"} if subject == thing and actor.held else None

    monkeypatch.setitem(hooks.subject_reach, "thing", reach)
    shown = enter("grid_worker").get(f"/desk/why/thing/{thing}/").content.decode()
    assert "您是网格员" in shown
    assert "一件事" in shown
    assert enter("grid_worker").get(f"/desk/why/thing/{scene.grids['b'].pk}/").status_code == 404
    assert enter("grid_worker").get(f"/desk/why/nothing/{thing}/").status_code == 404


# ── the first administrator ─────


def run(**told: Any) -> str:
    out = io.StringIO()
    call_command("first_admin", stdout=out, **told)
    return out.getvalue()


def test_the_first_administrator_gets_a_password_for_one_time(scene: Scene, now: datetime) -> None:
    with pytest.raises(CommandError, match="已经有管理员"):
        run(county=COUNTY, username="admin1")
    with county_scope(NEIGHBOUR):
        rows("access.Grant").update(ended_on="2026-09-01")
    told = json.loads(run(county=NEIGHBOUR, username="Admin1", name="何明", format="json"))
    account = rows("access.Account").get(username="admin1")
    assert account.check_password(told["password"])
    assert account.must_change_password
    assert not account.is_superuser
    assert queries.actor_for(account, NEIGHBOUR).covers("/", "admin")
    with pytest.raises(CommandError, match="已经有管理员"):
        run(county=NEIGHBOUR, username="admin2")


def test_a_bad_name_or_county_is_one_clear_line(scene: Scene) -> None:
    with county_scope(NEIGHBOUR):
        rows("access.Grant").update(ended_on="2026-09-01")
    with pytest.raises(CommandError, match="不能用电话号码"):
        run(county=NEIGHBOUR, username="13800138000")
    with pytest.raises(CommandError, match="open-county 999999"):
        run(county=999999, username="admin1")
    with county_scope(NEIGHBOUR):
        assert rows("people.Person").count() == 1


# ── the read-only administration ─────


def test_the_administration_shows_rows_and_changes_none(scene: Scene) -> None:
    root = rows("access.Account").create_superuser("root-of-all", password=None)
    client = Client()
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    for page in (
        "access/account",
        "access/grant",
        "access/accountcounty",
        "people/person",
        "people/organisation",
    ):
        answer = client.get(f"/admin/{page}/")
        assert answer.status_code == 200, page
        assert client.get(f"/admin/{page}/add/").status_code == 403
    person = scene.persons["resident"]
    shown = client.get(f"/admin/people/person/{person.pk}/change/").content.decode()
    assert person.phone_sealed not in shown
    assert person.phone_hash not in shown
    account = scene.accounts["resident"]
    assert client.post(f"/admin/access/account/{account.pk}/change/", {"username": "x"}).status_code == 403
    assert client.get("/admin/account/emailaddress/").status_code == 404
    assert client.get("/admin/mfa/authenticator/").status_code == 404
