"""A good deed on a phone, from the ask to what it is exchanged for; and its pages in large print."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import CLERK, PHONE, RESIDENT, Open, Person
from tests.browser.probes import TOO_WIDE

pytestmark = pytest.mark.browser

RIDER = "示例骑手"
SMALL = {"width": 360, "height": 740}
WORDS = "南门快递点有一件，腿脚不方便下不去楼。"
DOOR = "3号楼2单元301"
NUMBER = re.compile(r"\d{6}-[0-9A-Z]{9}")


def text(person: Person) -> str:
    return str(person.page.locator("main").inner_text())


def asked(person: Person) -> str:
    """The resident asks for a parcel; the address of the ask."""
    page = person.page
    person.go("/neighbours/")
    person.press(page.get_by_role("link", name="我要求助"))
    person.press(page.get_by_role("link", name="代收快递"))
    page.locator("#id_words").fill(WORDS)
    home = page.locator("#id_place option", has_text="双虹家园").first.get_attribute("value")
    page.locator("#id_place").select_option(home)
    page.locator("#id_door").fill(DOOR)
    person.press(page.get_by_role("button", name="我要求助"))
    return str(page.url.removeprefix(person.site.url))


def test_from_an_ask_to_what_it_is_exchanged_for(someone: Open) -> None:
    asker, giver, clerk = someone(RESIDENT), someone(RIDER), someone(CLERK, size=PHONE)
    ask = asked(asker)
    assert "待审核" in text(asker) and WORDS in text(asker)

    clerk.go(ask)
    clerk.press(clerk.page.get_by_role("button", name="通过", exact=True))

    giver.go(ask)
    assert WORDS not in text(giver) and DOOR not in text(giver)
    giver.press(giver.page.get_by_role("button", name="我来帮"))
    assert WORDS in text(giver)
    giver.press(giver.page.get_by_role("button", name="看姓名和门牌"))
    assert DOOR in text(giver)
    giver.press(giver.page.get_by_role("button", name="帮完了"))

    asker.go(ask)
    asker.press(asker.page.get_by_role("button", name="确认帮完了"))
    asker.page.get_by_label("满意", exact=True).check()
    asker.page.locator("#id_thanks").fill("谢谢您，来得快。")
    asker.press(asker.page.get_by_role("button", name="评价"))
    assert "已帮成" in text(asker)

    giver.go(ask)
    assert "谢谢您，来得快。" in text(giver) and DOOR not in text(giver)
    giver.go("/points/")
    first = giver.page.locator("main li", has_text="帮邻居：代收快递").first
    assert "+2" in first.inner_text()

    giver.go("/shop/")
    giver.press(giver.page.get_by_role("link", name="牙膏"))
    giver.press(giver.page.get_by_role("button", name="预留"))
    (number,) = set(NUMBER.findall(text(giver)))
    mine = giver.page.url.removeprefix(giver.site.url)
    assert giver.page.locator("main svg").count() > 0
    clerk.go(f"/shop/counter/?code={number}")
    clerk.press(clerk.page.get_by_role("button", name="交货"))
    giver.go(mine)
    assert "已取走" in text(giver)


@pytest.mark.parametrize("large", [False, True])
def test_its_pages_never_scroll_sideways_on_a_small_phone(someone: Open, large: bool) -> None:
    person = someone(RESIDENT, size=SMALL, large=large)
    person.go("/neighbours/mine/")
    ask = person.page.locator("main a.row-link").first.get_attribute("href")
    assert ask, "the resident of the example county asked for something"
    for path in ("/neighbours/", ask, "/points/", "/shop/", "/shop/mine/", "/merchants/"):
        assert person.go(path).status == 200
        assert person.page.evaluate(TOO_WIDE) == [], path
