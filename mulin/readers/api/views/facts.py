"""Operations on facts of the county: who asks, the catalogue, the places, the figures."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop as _
from ninja import Query

from mulin.ground.systems.queries import FIGURES
from mulin.kernel import clock
from mulin.kernel.doors import asking
from mulin.readers.api import queries
from mulin.readers.api.rules import told
from mulin.readers.api.rules.asked import CountyAsked, FiguresAsked, MattersAsked, PlacesAsked
from mulin.readers.api.views.door import route

# no "from __future__ import annotations" here: django-ninja reads the types of the parameters as they stand

SELF, FACTS, SHOWN = _("密钥"), _("事项与辖区"), _("指标")


@route(
    "/me", name="me", answer=told.Me, tag=SELF, summary=_("我是谁，能做什么"),
    words=_("先用它试密钥：名称、范围、每分钟次数、替哪个单位办理。"),
)  # fmt: skip
def me(request: HttpRequest) -> Any:
    return queries.me(asking(request))


@route(
    "/categories", name="categories", answer=told.Categories, tag=FACTS, summary=_("事项类别"), open=True,
    words=_("在用的类别，按清单里的顺序。不用密钥。"),
)  # fmt: skip
def categories(request: HttpRequest, asked: Query[CountyAsked]) -> Any:
    return queries.categories()


@route(
    "/matters", name="matters", answer=told.Matters, tag=FACTS, summary=_("事项清单"), open=True,
    words=_("在用的事项类型，按编码，带平时和急时的时限。不用密钥。"),
)  # fmt: skip
def matters(request: HttpRequest, asked: Query[MattersAsked]) -> Any:
    return queries.matters(category=asked.category, cursor=asked.cursor, limit=asked.limit)


@route(
    "/places", name="places", answer=told.Places, tag=FACTS, summary=_("辖区：县、街道（乡镇）、社区（村）、小区、楼"),
    open=True, words=_("在用的地方，按路径：上级在前。不用密钥。"),
)  # fmt: skip
def places(request: HttpRequest, asked: Query[PlacesAsked]) -> Any:
    return queries.places(under=asked.under, cursor=asked.cursor, limit=asked.limit)


@route(
    "/grids", name="grids", answer=told.Grids, tag=FACTS, summary=_("网格"), open=True,
    words=_("今天在用的网格，按路径。不用密钥。"),
)  # fmt: skip
def grids(request: HttpRequest, asked: Query[PlacesAsked]) -> Any:
    today = clock.local_day(clock.now())
    return queries.grids(under=asked.under, on=today, cursor=asked.cursor, limit=asked.limit)


@route(
    "/indicators", name="indicators", answer=told.Figures, tag=SHOWN, summary=_("指标"), scope=FIGURES,
    words=_("一段时间、一个地方的各项指标：值、分子、分母、口径，和工作人员打开依据记录的网址。"),
)  # fmt: skip
def indicators(request: HttpRequest, asked: Query[FiguresAsked]) -> Any:
    return queries.figures(
        start=asked.start,
        end=asked.end,
        path=asked.path,
        now=clock.now(),
        absolute=request.build_absolute_uri,
    )
