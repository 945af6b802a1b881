"""What every template may use. Whatever costs a statement is made only where a template asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext

from mulin.ground.access import queries as access
from mulin.ground.modes import queries as modes
from mulin.ground.notices import queries as notices
from mulin.ground.orders import queries as orders
from mulin.ground.people import queries as people
from mulin.ground.points import queries as points
from mulin.ground.worklist import queries as worklist
from mulin.kernel import clock
from mulin.kernel.actor import Actor, visitor
from mulin.kernel.paging import count_words
from mulin.services.exchange import queries as exchange
from mulin.services.mutual_aid import queries as mutual_aid

LARGE_COOKIE = "mulin_large"
_MANAGERS = ("admin", "county_clerk", "street_clerk", "community_clerk")
_TERRITORY = (
    "grid_worker",
    "grid_head",
    "community_clerk",
    "street_clerk",
    "county_clerk",
    "leader",
    "admin",
)

Entry = tuple[str, str, str, Callable[[Actor], bool]]


def _(text: str) -> str:
    """Marks a word for translation; it is translated when a page shows it."""
    return text


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "",
        (
            (_("待办"), "cases:desk", "inbox", access.is_staff),
            (_("案件"), "cases:list", "list", access.is_staff),
            (
                _("即查即办"),
                "cases:found_fixed",
                "bolt",
                lambda actor: bool(actor.paths("grid_worker", "grid_head")),
            ),
            (_("巡查"), "patrols:front", "walk", access.is_staff),
            (_("代为上报"), "cases:staff_report", "report", access.is_staff),
            (_("这事归谁管"), "catalogue:whose", "search", access.is_staff),
            (_("地图"), "cases:map", "map", access.is_staff),
            (_("数据"), "indicators:figures", "chart", access.is_staff),
            (_("消息"), "notices:list", "bell", access.is_staff),
        ),
    ),
    (
        _("邻里"),
        (
            (_("邻里互助"), "orders:desk", "heart", orders.oversees),
            (_("积分"), "points:desk", "star", points.serves_somewhere),
            (_("文明超市"), "exchange:shops", "heart", exchange.may_run_somewhere),
            (_("商户"), "exchange:desk_merchants", "building", exchange.may_agree_somewhere),
            (_("评优表彰"), "exchange:honours_desk", "star", exchange.may_agree_somewhere),
            (_("看护核查"), "mutual_aid:vettings", "shield", mutual_aid.checks),
        ),
    ),
    (
        _("底数与规则"),
        (
            (_("辖区与网格"), "territory:tree", "tree", lambda actor: actor.holds(*_TERRITORY)),
            (
                _("谁在哪里服务"),
                "territory:teams",
                "worker",
                lambda actor: actor.holds(*_TERRITORY, "department_officer"),
            ),
            (_("人员与单位"), "people:list", "users", access.is_staff),
            (_("事项清单"), "catalogue:list", "book", access.is_staff),
            (_("派单规则"), "cases:routing", "routes", access.is_staff),
            (
                _("工作日历"),
                "calendar:year",
                "calendar",
                lambda actor: actor.covers("/", "county_clerk", "admin"),
            ),
            (_("平急状态"), "modes:list", "warning", modes.may_declare_somewhere),
        ),
    ),
    (
        _("对接与管理"),
        (
            (
                _("12345 工单"),
                "cases:hotline",
                "phone",
                lambda actor: actor.covers("/", "county_clerk", "admin"),
            ),
            (
                _("导入台账"),
                "cases:imports",
                "file",
                lambda actor: actor.covers("/", "county_clerk", "admin"),
            ),
            (_("权限"), "access:grants", "key", lambda actor: actor.holds(*_MANAGERS, "leader")),
            (_("其他系统"), "systems:list", "link", lambda actor: actor.covers("/", "admin")),
            (_("消息渠道"), "notices:channels", "chat", lambda actor: actor.covers("/", "admin")),
            (_("操作留痕"), "trail:log", "shield", lambda actor: actor.covers("/", "admin", "leader")),
        ),
    ),
)
"""The desk's entries under their headings; what is used all day has none."""


def _counts(request: HttpRequest, actor: Actor) -> dict[str, Callable[[], str]]:
    """Counters beside entries ('' for none), each counted once, when the template shows it; the desk's own page knows its
    count already."""
    known = getattr(request, "todo_count", None)
    return {
        "cases:desk": cache(lambda: count_words(worklist.count_for(actor) if known is None else known)),
        "notices:list": cache(lambda: count_words(notices.unread_count(actor))),
    }


def navigation(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    """The desk's entries that this actor may open; the first of a group bears its heading."""
    counts = _counts(request, actor)
    found: list[dict[str, Any]] = []
    for head, entries in GROUPS:
        heading = gettext(head) if head else ""
        for title, name, icon, may_open in entries:
            url = _url(name) if may_open(actor) else ""
            if not url:
                continue
            match = request.resolver_match
            found.append(
                {
                    "title": gettext(title),
                    "url": url,
                    "icon": icon,
                    "active": request.path == url or bool(match and match.view_name == name),
                    "count": counts.get(name, str),
                    "head": heading,
                }
            )
            heading = ""
    return found


def _me(actor: Actor) -> dict[str, str]:
    names = people.public_names([actor.person]) if actor.person else {}
    held = [role.name for role in access.roles().values() if role.code in actor.roles()]
    name = next(iter(names.values()), "")
    return {"name": name or gettext("我的账号"), "role": "、".join(str(name) for name in held)}


def page(request: HttpRequest) -> dict[str, Any]:
    """county, actor, me, nav, large, lang, now, example_banner, request_id, unread, mode_banners, door: see
    templates/base.html.
    """
    county = getattr(request, "county", None)
    actor = getattr(request, "actor", None) or visitor(0)
    known = county is not None and actor.account is not None
    return {
        "county": county,
        "actor": actor,
        "me": SimpleLazyObject(lambda: _me(actor)) if known else None,
        "nav": navigation(request, actor) if known and access.is_staff(actor) else [],
        "large": request.COOKIES.get(LARGE_COOKIE) == "1",
        "lang": get_language() or "zh-hans",
        "now": clock.now(),
        "example_banner": county is not None and county.is_example,
        "request_id": getattr(request, "id", ""),
        "unread": cache(lambda: notices.unread_count(actor)) if known else 0,
        "mode_banners": cache(lambda: _banners(actor)) if county is not None else (),
        "door_here": bool(settings.EXAMPLE_DOOR and county is not None and county.is_example),
        "door": cache(lambda: _door(request)),
        "door_url": _url("access:door"),
    }


def _banners(actor: Actor) -> list[modes.Banner]:
    """Alerts and emergencies for this person: those that touch the own territory; all for a visitor or a unit."""
    paths = {held.path for held in actor.held if held.path} or {"/"}
    return modes.banners(paths, clock.now())


def _door(request: HttpRequest) -> list[dict[str, str]]:
    """The example county's people for the sign-in page; nobody wherever the door does not exist."""
    from mulin.ground.access.views import door_county, guests

    return guests() if door_county(request) is not None else []


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
