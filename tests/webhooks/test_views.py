"""The administrator's pages: adding, the secret shown once, deliveries with their reasons, the buttons."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from mulin.ground.webhooks import actions, queries
from mulin.ground.webhooks.models import Delivery, Subscription
from mulin.kernel import hooks
from tests.cases.scenes import in_state, reported
from tests.journeys.conftest import Enter
from tests.personas import Scene
from tests.webhooks.conftest import a_system
from tests.webhooks.consumer import Consumer, says


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_from_the_systems_page_to_a_secret_shown_once(
    county: Scene, now: datetime, enter: Enter, peer: Consumer
) -> None:
    admin, target = enter("admin"), a_system(county, now)
    base = f"/desk/systems/{target.id}/webhooks/"
    assert f'href="{base}"' in text(admin.get(f"/desk/systems/{target.id}/"))
    assert "还没有推送" in text(admin.get(base))
    form = text(admin.get(f"{base}add/"))
    assert all(re.search(rf'value="{event}"[^>]* checked', form) for event in hooks.event_words)
    answer = admin.post(f"{base}add/", {"url": peer.url, "events": ["case.closed"]})
    page = text(answer)
    (secret,) = re.findall(r"<code>(whsec_[A-Za-z0-9+/=]{44})</code>", page)
    assert "no-store" in answer["Cache-Control"]
    row = Subscription.objects.get()
    here = f"/desk/webhooks/{row.id}/"
    for url in (base, here, "/desk/trail/"):
        assert secret not in text(admin.get(url))
    assert "推送中" in text(admin.get(here)) and "1 种事件" in text(admin.get(base))
    changed = text(admin.post(f"{here}secret/"))
    assert "whsec_" in changed and secret not in changed and "新旧两个密钥同时签名" in changed
    assert "以前也签名" in text(admin.get(here))


def test_a_wrong_address_comes_back_with_what_was_typed(
    county: Scene, now: datetime, enter: Enter, peer: Consumer, settings: Any
) -> None:
    settings.WEBHOOKS_PRIVATE = False
    url = f"/desk/systems/{a_system(county, now).id}/webhooks/add/"
    admin = enter("admin")
    for typed in ("http://example.cn/", "https://192.168.1.8/hook", "x"):
        answer = admin.post(url, {"url": typed, "events": ["case.closed"]})
        assert answer.status_code == 422 and f'value="{typed}"' in text(answer)
        assert re.search(r'value="case.closed"[^>]* checked', text(answer))
    assert admin.post(url, {"url": "https://example.cn/"}).status_code == 422
    assert not Subscription.objects.exists()


def test_deliveries_say_how_they_went_and_can_be_sent_again(
    county: Scene, morning: datetime, enter: Enter, peer: Consumer
) -> None:
    admin, target = enter("admin"), a_system(county, morning)
    events = list(hooks.event_words)
    row, _secret = actions.subscribe(
        system=target.id, url=peer.url, events=events, by=county.admin, now=morning
    )
    here = f"/desk/webhooks/{row.id}/"
    case, _receipt = in_state(county, morning, "in_hand")
    peer.answer = says(500)
    actions.send_due(now=morning)
    page = text(admin.get(here))
    assert case.number in page and "对方没有接受，答复 500" in page and "试过 1 次" in page
    Delivery.objects.filter(event="case.reported").update(state="failed", next_try_at=None)
    page = text(admin.get(here))
    assert "1 条没有送达" in page and f"{here}resend/{Delivery.objects.get(state='failed').id}/" in page
    peer.answer = None
    assert "已排上" in text(admin.post(f"{here}resend/", follow=True))
    actions.send_due(now=morning + timedelta(minutes=10))
    assert "已送达" in text(admin.get(here))
    assert admin.post(f"{here}resend/").status_code == 409


def test_test_pause_resume_and_end_by_their_buttons(
    county: Scene, morning: datetime, enter: Enter, peer: Consumer
) -> None:
    admin, target = enter("admin"), a_system(county, morning)
    row, _secret = actions.subscribe(
        system=target.id, url=peer.url, events=["case.closed"], by=county.admin, now=morning
    )
    here = f"/desk/webhooks/{row.id}/"
    assert "测试事件已排上" in text(admin.post(f"{here}test/", follow=True))
    assert "已暂停" in text(admin.post(f"{here}pause/", follow=True))
    page = text(admin.get(here))
    assert f"{here}resume/" in page and f"{here}test/" not in page
    assert "已恢复" in text(admin.post(f"{here}resume/", follow=True))
    assert "已停止" in text(admin.post(f"{here}end/", follow=True))
    page = text(admin.get(here))
    assert "<form" not in page[page.index("<main") :]
    assert admin.post(f"{here}pause/").status_code == 409


def test_a_failed_one_is_on_the_administrators_desk(
    county: Scene, morning: datetime, enter: Enter, peer: Consumer
) -> None:
    target = a_system(county, morning)
    row, _secret = actions.subscribe(
        system=target.id, url=peer.url, events=["case.reported"], by=county.admin, now=morning
    )
    peer.answer = says(410)
    reported(county, morning)
    actions.send_due(now=morning)
    page = text(enter("admin").get("/desk/"))
    assert f"/desk/webhooks/{row.id}/" in page and "推送没有送到：127.0.0.1" in page
    queries.forget()
