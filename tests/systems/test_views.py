"""The administrator's pages: the list, letting one in, its key shown once, closing it."""

from __future__ import annotations

import re
from typing import Any

from mulin.ground.systems.models import System
from tests.journeys.conftest import Enter
from tests.personas import Scene

URL = "/desk/systems/"
TOLD = {"name": "城管平台", "purpose": "城管局转来的问题", "scopes": ["system_report"], "per_minute": "60"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_key_is_shown_once_and_never_again(county: Scene, enter: Enter) -> None:
    admin = enter("admin")
    assert "还没有接入别的系统" in text(admin.get(URL)) and 'href="/desk/systems/"' in text(
        admin.get("/desk/")
    )
    answer = admin.post(f"{URL}open/", TOLD)
    page = text(answer)
    (key,) = re.findall(r"<code>(211322-[0-9A-Z]{21})</code>", page)
    assert "no-store" in answer["Cache-Control"] and "抄好了" in page
    row = System.objects.get()
    for url in (URL, f"{URL}{row.id}/", "/desk/trail/"):
        assert key not in text(admin.get(url)) and key[7:] not in text(admin.get(url))
    assert "城管局转来的问题" in text(admin.get(URL)) and "/open311/v2/" in text(admin.get(URL))
    again = admin.post(f"{URL}open/", TOLD)
    assert again.status_code == 409 and "城管局转来的问题" in text(again)
    assert System.objects.count() == 1


def test_a_form_that_lacks_something_keeps_its_words(county: Scene, enter: Enter) -> None:
    answer = enter("admin").post(f"{URL}open/", TOLD | {"scopes": [], "per_minute": "0"})
    assert answer.status_code == 422 and 'value="城管平台"' in text(answer)
    assert System.objects.count() == 0


def test_closing_needs_a_reason_and_is_told_on_the_list(county: Scene, enter: Enter) -> None:
    admin = enter("admin")
    admin.post(f"{URL}open/", TOLD)
    here = f"{URL}{System.objects.get().id}/"
    assert admin.post(f"{here}close/", {"why": ""}).status_code == 422
    page = text(admin.post(f"{here}close/", {"why": "合同到期"}, follow=True))
    assert "已停用，这个密钥马上失效" in page and "合同到期" in page and f"{here}close/" not in page
    assert "已停用" in text(admin.get(URL))
    stale = admin.post(f"{here}close/", {"why": "再来"})
    assert stale.status_code == 409


def test_who_is_no_administrator_finds_no_entry_and_is_told(county: Scene, enter: Enter) -> None:
    clerk = enter("county_clerk")
    assert 'href="/desk/systems/"' not in text(clerk.get("/desk/"))
    assert clerk.get(URL).status_code == 403 and clerk.post(f"{URL}open/", TOLD).status_code == 403
    assert System.objects.count() == 0
