"""Signing in: names, passwords, lockout, the first password, the second factor, idle time, sign-out."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.apps import apps
from django.test import Client
from django.urls import reverse

from mulin.ground.access import actions
from mulin.kernel import clock
from mulin.kernel.clock import CHINA
from mulin.kernel.county import county_scope
from tests.personas import COUNTY, Scene

pytestmark = pytest.mark.django_db
GOOD = "Tong-xin-2026"
LOGIN = "/accounts/login/"


def rows(label: str) -> Any:
    return apps.get_model(label).objects


@pytest.fixture
def account(scene: Scene, settings: Any) -> Any:
    """Gives one of the people a password (hashed cheaply: the tests sign in hundreds of times)."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def give(name: str, **values: Any) -> Any:
        found = scene.accounts[name]
        found.set_password(GOOD)
        for field, value in values.items():
            setattr(found, field, value)
        found.save()
        return found

    return give


def sign_in(client: Client, name: str, password: str = GOOD, **more: Any) -> Any:
    return client.post(LOGIN, {"login": name, "password": password}, **more)


def code_of(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_a_resident_signs_in_by_user_name_in_any_case(account: Any, client: Client) -> None:
    account("resident")
    answer = sign_in(client, f" RESIDENT-{COUNTY} ")
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/me/").context["actor"].holds("resident")
    with county_scope(COUNTY):
        assert rows("trail.AuditEntry").get(verb="account.signed_in").facts == {"second_factor": False}


def test_a_wrong_password_says_no_more_than_an_unknown_name(account: Any, client: Client) -> None:
    account("resident")
    wrong = sign_in(client, f"resident-{COUNTY}", "wrong")
    unknown = sign_in(client, f"nobody-x-{COUNTY}", "wrong")

    def words(answer: Any) -> str:
        page = re.sub(r'(name="csrfmiddlewaretoken" value|value)="[^"]*"', "", answer.content.decode())
        return re.sub(r"[0-9a-f]{16}", "", page)

    assert words(wrong) == words(unknown)
    with county_scope(COUNTY):
        assert rows("trail.AuditEntry").filter(verb="account.sign_in_failed").count() == 1


def test_five_wrong_passwords_lock_the_name_and_say_for_how_long(
    account: Any, client: Client, settings: Any
) -> None:
    account("resident")
    for _try in range(settings.LOCKOUT_ATTEMPTS):
        sign_in(client, f"resident-{COUNTY}", "wrong")
    answer = sign_in(client, f"resident-{COUNTY}")
    assert answer.status_code == 200
    assert "15 分钟后再试" in answer.content.decode()
    assert not client.session.get("_auth_user_id")


def test_the_lock_ends_with_its_time(
    account: Any, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    account("resident")
    start = clock.now()
    for _try in range(settings.LOCKOUT_ATTEMPTS):
        sign_in(client, f"resident-{COUNTY}", "wrong")
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=settings.LOCKOUT_MINUTES + 1))
    assert sign_in(client, f"resident-{COUNTY}").status_code == 302


def test_a_reset_ends_the_lock(
    account: Any, client: Client, settings: Any, scene: Scene, now: datetime
) -> None:
    found = account("resident")
    for _try in range(settings.LOCKOUT_ATTEMPTS + 1):
        sign_in(client, f"resident-{COUNTY}", "wrong")
    with county_scope(COUNTY):
        once = actions.reset_password(account=found, by=scene.admin, now=now)
    assert sign_in(client, f"resident-{COUNTY}", once).status_code == 302


def test_one_address_may_not_try_many_names(account: Any, client: Client, settings: Any) -> None:
    settings.LOCKOUT_ATTEMPTS = 1
    account("resident")
    for number in range(20):
        sign_in(client, f"guess{number}", "wrong")
    assert "分钟后再试" in sign_in(client, f"resident-{COUNTY}").content.decode()
    assert sign_in(client, f"resident-{COUNTY}", REMOTE_ADDR="10.9.8.7").status_code == 302


def test_right_passwords_do_not_use_up_an_offices_address(account: Any, settings: Any) -> None:
    settings.LOCKOUT_ATTEMPTS = 1
    settings.ACCOUNT_RATE_LIMITS = False
    account("resident")
    for _try in range(25):
        assert sign_in(Client(), f"resident-{COUNTY}").status_code == 302


@pytest.mark.no_tenant_rows("reads headers only")
def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(rf: Any, settings: Any) -> None:
    from mulin.config.middleware import address_of

    told = rf.get("/", HTTP_X_FORWARDED_FOR="1.1.1.1, 9.9.9.9", REMOTE_ADDR="10.0.0.1")
    assert address_of(told) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert address_of(told) == "9.9.9.9"


def test_a_closed_account_does_not_come_in_and_is_thrown_out(account: Any, client: Client) -> None:
    found = account("resident")
    sign_in(client, f"resident-{COUNTY}")
    found.is_active = False
    found.save()
    assert client.get("/me/").context["actor"].anonymous
    again = Client()
    sign_in(again, f"resident-{COUNTY}")
    assert not again.session.get("_auth_user_id")


def test_a_fresh_session_key_at_sign_in(account: Any, client: Client) -> None:
    account("resident")
    client.get("/county/")
    session = client.session
    session["county"] = COUNTY
    session.save()
    before = session.session_key
    sign_in(client, f"resident-{COUNTY}")
    assert client.session.session_key != before


# ── the first password ─────


@pytest.mark.parametrize("page", ["/", "/me/", "/desk/", "/desk/access/", "/nothing/"])
def test_a_one_time_password_opens_only_the_page_that_changes_it(
    account: Any, client: Client, page: str
) -> None:
    account("resident", must_change_password=True)
    sign_in(client, f"resident-{COUNTY}")
    answer = client.get(page)
    assert (answer.status_code, answer.url) == (302, reverse("account_change_password"))
    assert client.post("/me/", {"language": "en"}).url == reverse("account_change_password")


def change(client: Client, new: str) -> Any:
    told = {"oldpassword": GOOD, "password1": new, "password2": new}
    return client.post(reverse("account_change_password"), told)


def test_the_new_password_keeps_the_rules_and_differs(account: Any, client: Client) -> None:
    account("resident", must_change_password=True)
    sign_in(client, f"resident-{COUNTY}")
    for bad in ("short-A1", "alllowercaseletters", GOOD, f"resident-{COUNTY}A"):
        assert change(client, bad).status_code == 200, bad
    assert change(client, "Xin-de-kouling-9").status_code == 302
    assert client.get("/me/").status_code == 200
    found = rows("access.Account").get(username=f"resident-{COUNTY}")
    assert not found.must_change_password
    assert found.password_changed_at is not None
    with county_scope(COUNTY):
        assert rows("trail.AuditEntry").filter(verb="account.password_changed").count() == 1


def test_an_old_password_has_to_be_changed_where_the_setting_says_so(
    account: Any, client: Client, settings: Any
) -> None:
    settings.PASSWORD_MAX_AGE_DAYS = 90
    account("resident", password_changed_at=clock.now() - timedelta(days=91))
    sign_in(client, f"resident-{COUNTY}")
    assert client.get("/me/").url == reverse("account_change_password")


# ── the second factor ─────


@pytest.mark.parametrize("who", ["grid_worker", "community_clerk", "department", "leader", "admin"])
@pytest.mark.parametrize("page", ["/", "/me/", "/desk/access/", "/desk/people/", "/nothing/"])
def test_staff_without_a_second_factor_can_do_nothing_but_enrol(
    account: Any, client: Client, who: str, page: str
) -> None:
    account(who)
    sign_in(client, f"{who}-{COUNTY}")
    answer = client.get(page)
    assert (answer.status_code, answer.url) == (302, reverse("mfa_activate_totp"))
    assert client.post("/desk/people/find/", {"phone": "13800138000"}).status_code == 302


def test_residents_and_merchants_need_none(account: Any, client: Client) -> None:
    for who in ("resident", "rider", "merchant"):
        account(who)
        client.logout()
        sign_in(client, f"{who}-{COUNTY}")
        assert client.get("/me/").status_code == 200


def test_enrolling_then_signing_in_with_a_code(account: Any, client: Client) -> None:
    account("admin")
    sign_in(client, f"admin-{COUNTY}")
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert done.url == reverse("mfa_view_recovery_codes")
    assert client.get("/desk/people/").status_code == 200

    stored = [str(row.data) for row in apps.get_model("mfa.Authenticator").objects.all()]
    assert secret not in "".join(stored)
    assert client.post(reverse("mfa_deactivate_totp")).status_code in (200, 302)
    assert apps.get_model("mfa.Authenticator").objects.filter(type="totp").exists()

    other = Client()
    answer = sign_in(other, f"admin-{COUNTY}")
    assert answer.url == reverse("mfa_authenticate")
    assert other.get("/desk/people/").status_code == 302
    wrong = other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    assert "动态口令" in wrong.content.decode()
    assert other.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).url == "/desk/"
    assert other.get("/desk/people/").status_code == 200
    with county_scope(COUNTY):
        told = rows("trail.AuditEntry").filter(verb="account.signed_in").order_by("id").last()
    assert told.facts == {"second_factor": True}


def test_the_administrator_helps_after_a_lost_phone(
    account: Any, client: Client, scene: Scene, now: datetime
) -> None:
    found = account("grid_worker")
    sign_in(client, f"grid_worker-{COUNTY}")
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    with county_scope(COUNTY):
        once = actions.reset_password(account=found, by=scene.admin, now=now)
        actions.remove_second_factor(account=found, by=scene.admin, now=now)
    assert client.get("/desk/people/").url.startswith(LOGIN)
    again = Client()
    sign_in(again, f"grid_worker-{COUNTY}", once)
    assert again.get("/desk/").url == reverse("account_change_password")
    again.post(
        reverse("account_change_password"), {"oldpassword": once, "password1": GOOD, "password2": GOOD}
    )
    assert again.get("/desk/").url == reverse("mfa_activate_totp")


def test_the_installations_own_accounts_need_a_second_factor_too(scene: Scene, client: Client) -> None:
    made = rows("access.Account").create_superuser("root-of-all", password=GOOD)
    sign_in(client, "root-of-all")
    assert client.get("/admin/").url == reverse("mfa_activate_totp")
    assert made.is_staff


# ── idle time ─────


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_staff_rest_half_an_hour_residents_two_weeks(
    account: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STAFF_NEED_MFA = False
    start = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
    account("grid_worker"), account("resident")
    clerk, neighbour = Client(), Client()
    at(start, monkeypatch)
    sign_in(clerk, f"grid_worker-{COUNTY}"), sign_in(neighbour, f"resident-{COUNTY}")
    at(start + timedelta(minutes=29), monkeypatch)
    assert clerk.get("/desk/people/").status_code == 200
    at(start + timedelta(minutes=58), monkeypatch)
    assert clerk.get("/desk/people/").status_code == 200
    at(start + timedelta(minutes=89), monkeypatch)
    answer = clerk.get("/desk/people/")
    assert answer.url == f"{LOGIN}?next=/desk/people/".replace("/desk/people/", "%2Fdesk%2Fpeople%2F")
    assert not clerk.session.get("_auth_user_id")
    assert not neighbour.get("/me/").context["actor"].anonymous
    at(start + timedelta(days=15), monkeypatch)
    assert neighbour.get("/me/").context["actor"].anonymous


def test_a_click_is_written_at_most_once_a_minute(
    account: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    account("resident")
    start = datetime(2026, 9, 1, 9, 0, tzinfo=CHINA)
    client = Client()
    at(start, monkeypatch)
    sign_in(client, f"resident-{COUNTY}")
    client.get("/")
    at(start + timedelta(seconds=59), monkeypatch)
    client.get("/")
    assert client.session["seen"] == int(start.timestamp())
    at(start + timedelta(seconds=61), monkeypatch)
    client.get("/")
    assert client.session["seen"] == int(start.timestamp()) + 61


# ── sign-out, and doors that are shut ─────


def test_sign_out_leads_home_and_ends_the_session(account: Any, client: Client) -> None:
    account("resident")
    sign_in(client, f"resident-{COUNTY}")
    key = client.session.session_key
    assert client.post(reverse("account_logout")).url == "/"
    assert not rows("sessions.Session").filter(session_key=key).exists()


def test_nobody_signs_up_by_himself(scene: Scene, client: Client) -> None:
    told = {"username": "intruder", "password1": GOOD, "password2": GOOD}
    client.post("/accounts/signup/", told)
    assert not rows("access.Account").filter(username="intruder").exists()


def test_the_admin_has_no_sign_in_of_its_own(scene: Scene, account: Any, client: Client) -> None:
    assert client.get("/admin/").url.startswith(LOGIN)
    assert client.get("/admin/login/").url.startswith(LOGIN)
    account("admin", is_staff=True)
    sign_in(client, f"admin-{COUNTY}")
    assert client.get("/admin/").status_code == 302


def test_the_sign_in_page_offers_no_way_that_leads_nowhere(county: Scene, client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()
    assert "/password/reset/" not in page
    assert client.get("/accounts/password/reset/").status_code == 404
