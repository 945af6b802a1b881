"""Carrying messages out: success, refusal, silence, a process that dies; and nobody gets one twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as live
from django.db import connection, connections

from mulin.citus.models import County
from mulin.ground.notices import actions
from mulin.ground.notices.actions import outbox, wechat
from mulin.kernel.county import county_scope
from mulin.kernel.ids import uuid7
from tests.conftest import as_owner
from tests.notices.conftest import agree
from tests.notices.peers import http_peer, smtp_peer
from tests.personas import COUNTY, Scene

Notice: Any = apps.get_model("notices.Notice")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT_LONG = timedelta(hours=19, minutes=24)
"""The fifth wait begins at 11:36 and would end at night (23:36): it lasts until seven o'clock."""


def tell(scene: Scene, now: datetime, **more: Any) -> Any:
    told: dict[str, Any] = {
        "template": "case_disposed", "params": {"number": "211322-AB"}, "subject_kind": "case",
        "subject_id": uuid7(), "key": str(uuid7()), "phone": "13912345678",
    } | more  # fmt: skip
    actions.tell(by=scene.grid_worker, now=now, **told)
    return told["subject_id"]


def use_sms(settings: Any, url: str) -> None:
    settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_TIMEOUT = url + "/", "t", 0.3


def use_mail(settings: Any, port: int) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", port, False
    settings.EMAIL_TIMEOUT, settings.EMAIL_HOST_USER = 0.3, ""
    settings.DEFAULT_FROM_EMAIL = "mulin@county.example"


def mail_to(scene: Scene, now: datetime) -> Any:
    agree(scene.persons["resident"], now, email="wang@example.org")
    return tell(scene, now, phone="", person=scene.persons["resident"].id)


def only(channel: str = "sms") -> Any:
    return Notice.objects.get(channel=channel)


def test_success_forgets_the_address(county: Scene, now: datetime, settings: Any, visits: list[Any]) -> None:
    with http_peer(lambda asked: (200, {"id": "G-1"})) as peer:
        use_sms(settings, peer.url)
        tell(county, now)
        assert actions.send_due(now=now) == 1
        assert actions.send_due(now=now + HOUR) == 0
    assert len(peer.asked) == 1
    row = only()
    assert (row.state, row.sent_at, row.provider_ref, row.attempts) == ("sent", now, "G-1", 1)
    assert (row.address_sealed, row.address_hash) == ("", "") and visits == []


def test_the_link_is_absolute_only_where_a_host_is_known(county: Scene, now: datetime, settings: Any) -> None:
    def host(name: str) -> None:
        with as_owner():
            County.objects.filter(code=COUNTY).update(host=name)

    with http_peer(lambda asked: (200, {})) as peer:
        use_sms(settings, peer.url)
        for name, origins in [
            ("", []),
            ("", ["https://all.example"]),
            ("jianping.example", ["https://all.example"]),
        ]:
            host(name)
            settings.CSRF_TRUSTED_ORIGINS = origins
            tell(county, now, link="/r/T/")
            actions.send_due(now=now)
    texts = [asked["body"]["text"] for asked in peer.asked]
    assert "/r/T/" not in texts[0]
    assert texts[1].endswith("https://all.example/r/T/") and texts[2].endswith(
        "https://jianping.example/r/T/"
    )


def test_refused_for_good_becomes_a_visit_at_once(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with http_peer(lambda asked: (422, {"error": "bad_number"})) as peer:
        use_sms(settings, peer.url)
        subject = tell(county, now)
        assert actions.send_due(now=now) == 0
        actions.send_due(now=now + HOUR)
    assert len(peer.asked) == 1 and visits == [subject]
    row = only()
    assert (row.state, row.failure, row.address_sealed) == ("failed", "http 422 bad_number", "")


def test_a_way_that_fails_for_good_gives_way_to_the_next(
    county: Scene, now: datetime, settings: Any, visits: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wechat, "_tokens", {})

    def answer(asked: dict[str, Any]) -> tuple[int, Any]:
        if asked["path"].endswith("stable_token"):
            return 200, {"access_token": "T", "expires_in": 7200}
        return 200, {"errcode": 43004} if "template" in asked["path"] else {"id": "G"}

    with http_peer(answer) as peer:
        use_sms(settings, peer.url)
        settings.WECHAT_URL = peer.url
        settings.WECHAT_APPID = settings.WECHAT_SECRET = settings.WECHAT_TEMPLATE = "x"
        agree(county.persons["resident"], now, wechat="openid-1")
        tell(county, now, phone="", person=county.persons["resident"].id)
        actions.send_due(now=now)
    assert only("wechat").state == "failed" and only("sms").state == "sent" and visits == []
    assert peer.asked[-1]["body"]["to"] == county.phones["resident"]


def test_patience_grows_and_ends_in_a_visit(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with http_peer(lambda asked: (503, {})) as peer:
        use_sms(settings, peer.url)
        subject = tell(county, now)
        moment, waits = now, []
        for _ in range(6):
            actions.send_due(now=moment)
            due = only().next_try_at
            if due is None:
                break
            assert actions.send_due(now=due - timedelta(seconds=1)) == 0
            waits.append(due - moment)
            moment = due
    assert waits == [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, NIGHT_LONG]
    assert len(peer.asked) == 6 and len({asked["headers"]["Idempotency-Key"] for asked in peer.asked}) == 1
    assert only().state == "failed" and visits == [subject]


def test_silence_of_an_sms_gateway_is_asked_again_with_the_same_key(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    answers: list[Any] = [None, (200, {"id": "G"})]
    with http_peer(lambda asked: answers.pop(0)) as peer:
        use_sms(settings, peer.url)
        tell(county, now)
        assert actions.send_due(now=now) == 0
        assert only().state == "queued"
        assert actions.send_due(now=now + MINUTE) == 1
    keys = [asked["headers"]["Idempotency-Key"] for asked in peer.asked]
    assert len(keys) == 2 and keys[0] == keys[1] and visits == []


def test_silence_of_a_mail_server_is_uncertain_and_never_asked_again(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with smtp_peer(content=None) as peer:
        use_mail(settings, peer.port)
        subject = mail_to(county, now)
        assert actions.send_due(now=now) == 0
        assert actions.send_due(now=now + HOUR) == 0
    row = only("email")
    assert (row.state, row.attempts, row.address_sealed) == ("uncertain", 1, "") and visits == [subject]


def test_a_silent_way_is_left_alone_for_the_rest_of_the_pass(
    county: Scene, now: datetime, settings: Any
) -> None:
    with http_peer(lambda asked: None) as peer:
        use_sms(settings, peer.url)
        for _ in range(6):
            tell(county, now)
        actions.send_due(now=now)
    assert len(peer.asked) == 3
    assert Notice.objects.filter(state="queued", attempts=0).count() == 3


def test_at_night_only_urgent_messages_leave(county: Scene, now: datetime, settings: Any) -> None:
    with http_peer(lambda asked: (200, {})) as peer:
        use_sms(settings, peer.url)
        tell(county, now.replace(hour=20, minute=59))
        tell(county, now, template="work_urgent")
        assert actions.send_due(now=now.replace(hour=21, minute=30)) == 1
        assert only_queued() == 1
        assert actions.send_due(now=now.replace(hour=7) + timedelta(days=1)) == 1
    assert "紧急" in peer.asked[0]["body"]["text"]


def only_queued() -> int:
    return Notice.objects.filter(state="queued").count()


def test_what_waits_for_a_way_that_is_gone_becomes_a_visit(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    use_sms(settings, "http://127.0.0.1:9")
    subject = tell(county, now)
    settings.SMS_URL = ""
    assert actions.send_due(now=now) == 0
    assert (only().state, only().failure, visits) == ("failed", "not_configured", [subject])


def test_erased_while_it_waits_is_not_sent(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with http_peer(lambda asked: (200, {})) as peer:
        use_sms(settings, peer.url)
        agree(county.persons["resident"], now)
        tell(county, now, phone="", person=county.persons["resident"].id)
        actions.erase_person(person=county.persons["resident"].id, by=county.admin, now=now)
        assert actions.send_due(now=now) == 0
    assert peer.asked == [] and visits == []


def test_erased_while_it_is_being_sent_stays_erased(county: Scene, now: datetime, settings: Any) -> None:
    with http_peer(lambda asked: (200, {})) as peer:
        use_sms(settings, peer.url)
        tell(county, now)
        notice = outbox._claim(channels=["sms"], now=now)
        assert notice is not None
        Notice.objects.update(state="failed", failure="erased", address_sealed="")
        assert outbox._mark(notice, now=now, state="sent") is False
    assert only().state == "failed"


def test_a_process_that_died_after_claiming_sms_is_made_up_for(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with http_peer(lambda asked: (200, {"id": "G"})) as peer:
        use_sms(settings, peer.url)
        tell(county, now)
        assert outbox._claim(channels=["sms"], now=now) is not None  # and then its process dies
        assert actions.send_due(now=now + 14 * MINUTE) == 0
        assert actions.send_due(now=now + 15 * MINUTE) == 0  # found; its wait begins
        assert actions.send_due(now=now + 16 * MINUTE) == 1
    assert len(peer.asked) == 1 and visits == []


def test_a_process_that_died_while_mailing_leaves_a_visit_not_a_second_mail(
    county: Scene, now: datetime, settings: Any, visits: list[Any]
) -> None:
    with smtp_peer() as peer:
        use_mail(settings, peer.port)
        subject = mail_to(county, now)
        assert outbox._claim(channels=["email"], now=now) is not None  # and then its process dies
        assert actions.send_due(now=now + HOUR) == 0
    assert peer.mails == [] and only("email").state == "uncertain" and visits == [subject]


CHILD = """
import django, os
django.setup()
from django.conf import settings
from mulin.kernel.county import county_scope
from mulin.kernel.clock import parse
from mulin.citus.models import County
from mulin.ground.notices import actions
settings.SMS_URL, settings.SMS_TOKEN, settings.SMS_TIMEOUT = os.environ["PEER"] + "/", "t", 60
with county_scope(211322):
    actions.send_due(now=parse(os.environ["AT"]))
"""


def child(peer: str, now: datetime) -> subprocess.Popen[bytes]:
    """Another process of the product, on the test's database, as the web role."""
    told = connection.settings_dict
    url = f"postgresql://{live.WEB_ROLE}@/{told['NAME']}?host={told['HOST']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "mulin.config.settings",
        "MULIN_DATABASE_ROLE": "web",
        "MULIN_DATABASE_URL": url,
        "PEER": peer,
        "AT": now.isoformat(),
    }
    return subprocess.Popen([sys.executable, "-c", CHILD], env=environment)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_between_sending_and_marking_the_message_is_handed_in_again_under_its_key(
    scene: Scene, now: datetime, settings: Any
) -> None:
    """The gateway accepted, then kill −9. It recognises the key, so its list of messages holds one."""
    accepted: dict[str, str] = {}
    hold = threading.Event()

    def answer(asked: dict[str, Any]) -> Any:
        key = asked["headers"]["Idempotency-Key"]
        first = key not in accepted
        accepted.setdefault(key, asked["body"]["to"])
        if first:
            hold.wait(30)
        return 200, {"id": "G"}

    with http_peer(answer) as peer, county_scope(COUNTY):
        use_sms(settings, peer.url)
        tell(scene, now)
        running = child(peer.url, now)
        assert peer.arrived.wait(30)
        running.send_signal(signal.SIGKILL)
        running.wait(10)
        hold.set()
        assert only().state == "sending"
        assert actions.send_due(now=now + MINUTE) == 0
        actions.send_due(now=now + 15 * MINUTE)
        assert actions.send_due(now=now + 16 * MINUTE) == 1
        assert only().state == "sent"
    assert len(peer.asked) == 2 and list(accepted.values()) == ["13912345678"]


@pytest.mark.django_db(transaction=True)
def test_four_processes_at_once_send_each_message_once(scene: Scene, now: datetime, settings: Any) -> None:
    with http_peer(lambda asked: (200, {"id": "G"})) as peer:
        use_sms(settings, peer.url)
        settings.SMS_TIMEOUT = 10
        with county_scope(COUNTY):
            for _ in range(24):
                tell(scene, now)
        start, sent = threading.Barrier(4), []

        def tick() -> None:
            with county_scope(COUNTY):
                start.wait()
                sent.append(actions.send_due(now=now))
            connections.close_all()

        threads = [threading.Thread(target=tick) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(sent) == 24 and len(peer.asked) == 24
    assert len({asked["headers"]["Idempotency-Key"] for asked in peer.asked}) == 24


@pytest.mark.django_db(transaction=True)
def test_sending_inside_a_transaction_is_refused(scene: Scene, now: datetime, settings: Any) -> None:
    """A claim that is not committed protects nobody."""
    from django.db import transaction

    use_sms(settings, "http://127.0.0.1:9")
    with county_scope(COUNTY):
        tell(scene, now)
        with pytest.raises(RuntimeError), transaction.atomic():
            actions.send_due(now=now)
