"""A widow's wish on phones, from writing to confirmation: what the public reads, and what who claims it reads."""

from __future__ import annotations

import pytest

from tests.browser.conftest import CLERK, PHONE, RESIDENT, Open, Person
from tests.browser.probes import TOO_WIDE
from tests.browser.test_points import RIDER, text

pytestmark = pytest.mark.browser
HARDSHIP = "老伴走了，一个人住，眼睛花了看不清药盒。"
DOOR = "5号楼1单元202"
PUBLIC = "想要一副老花镜，看小字用"
THANKS = "谢谢，药盒看得清了。"
HALL = "/neighbours/?kind=wish.thing"


def wished(widow: Person) -> str:
    """She writes it; the address of the wish."""
    page = widow.page
    widow.go("/neighbours/")
    widow.press(page.get_by_role("link", name="许个心愿"))
    widow.press(page.get_by_role("link", name="想要一件东西"))
    assert "不会公开" in text(widow)
    page.locator("#id_words").fill(HARDSHIP)
    home = page.locator("#id_place option", has_text="双虹家园").first.get_attribute("value")
    page.locator("#id_place").select_option(home)
    page.locator("#id_door").fill(DOOR)
    assert page.evaluate(TOO_WIDE) == []
    widow.press(page.get_by_role("button", name="许个心愿"))
    return str(page.url.removeprefix(widow.site.url))


def press(person: Person, wish: str, button: str) -> None:
    person.go(wish)
    person.press(person.page.get_by_role("button", name=button, exact=True))


def test_a_widows_wish_is_fulfilled_and_nobody_else_reads_who_she_is(someone: Open) -> None:
    widow, member, clerk = someone(RESIDENT), someone(RIDER), someone(CLERK, size=PHONE)
    public = [someone(), someone("示例商户")]
    wish = wished(widow)
    secret = [HARDSHIP, DOOR, "示例居民"]

    def nobody_reads(hall: bool) -> None:
        for one in public:
            shown = ""
            for path in (HALL, wish, "/"):
                one.go(path)
                shown += one.page.content()
            assert not [word for word in secret if word in shown.replace("示例居民 · ", "")]
            assert (PUBLIC in shown) is hall

    nobody_reads(False)
    clerk.go(wish)
    clerk.page.get_by_label("发到互助大厅").check()
    clerk.page.locator("#id_public_words").fill(PUBLIC)
    clerk.press(clerk.page.get_by_role("button", name="通过", exact=True))
    nobody_reads(True)

    member.go(HALL)
    member.press(member.page.get_by_role("link", name=PUBLIC))
    assert not [word for word in secret if word in text(member)]
    member.press(member.page.get_by_role("button", name="我来帮"))
    assert HARDSHIP in text(member) and DOOR not in text(member)
    member.press(member.page.get_by_role("button", name="看姓名和门牌"))
    assert DOOR in text(member)
    name = member.page.locator("dl.facts dd").first.inner_text().strip()
    secret.append(name)
    assert len(name) >= 2
    nobody_reads(False)
    press(member, wish, "帮完了")

    press(widow, wish, "确认帮完了")
    page = widow.page
    page.get_by_label("满意", exact=True).check()
    page.locator("#id_thanks").fill(THANKS)
    page.get_by_label("社区可以念出来").check()
    widow.press(page.get_by_role("button", name="评价"))
    assert "已帮成" in text(widow)
    nobody_reads(False)

    def read_out() -> str:
        clerk.go("/desk/neighbours/?tab=thanks")
        assert clerk.page.evaluate(TOO_WIDE) == []
        return text(clerk)

    assert THANKS in read_out()
    assert not [word for word in secret if word in text(clerk)]
    press(widow, wish, "不念了，收回")
    assert THANKS not in read_out()
    member.go(wish)
    assert THANKS in text(member) and name not in text(member) and HARDSHIP not in text(member)
