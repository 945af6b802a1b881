"""What a program asks: the parameters of the lists. Descriptions are Chinese here and translated where they are told."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_noop as _
from pydantic import Field

from mulin.readers.api.rules.kinds import Code, Cursor, Day, Moment, Path, Shape, Size


class StateAsked(StrEnum):
    """A state of a case, or ``unfinished``."""

    UNFINISHED = "unfinished"
    REPORTED = "reported"
    ASKED = "asked"
    ASSIGNED = "assigned"
    IN_HAND = "in_hand"
    RETURNED = "returned"
    DISPUTED = "disputed"
    WAITING = "waiting"
    SHELVED = "shelved"
    DISPOSED = "disposed"
    VERIFIED = "verified"
    CLOSED = "closed"
    NOT_ADMITTED = "not_admitted"
    APPEALED = "appealed"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"


class PageAsked(Shape):
    cursor: Cursor = Field("", description=_("上一页给的 next；不写就从头。"))
    limit: Size = Field(50, description=_("一页最多几条，1 到 100。"))


class CountyAsked(Shape):
    county: str = Field(
        "",
        pattern=r"^([1-9][0-9]{5})?$",
        description=_("县级行政区划代码，六位；一个网址服务几个县、又没有密钥时才要写。"),
    )


class PublicAsked(PageAsked, CountyAsked):
    pass


class MattersAsked(PublicAsked):
    category: Code = Field("", description=_("类别编码；不写就是全部。"))


class PlacesAsked(PublicAsked):
    under: Path = Field("/", description=_("从哪里往下，例如 /001/003/；不写就是全县。"))


class CasesAsked(PageAsked):
    state: StateAsked | None = Field(None, description=_("状态；unfinished 是未办结。"))
    reported_from: Moment | None = Field(
        None, description=_("上报时间不早于，带时区，例如 2026-09-01T00:00:00+08:00。")
    )
    reported_before: Moment | None = Field(None, description=_("上报时间早于。"))
    changed_since: Moment | None = Field(
        None,
        description=_(
            "从这个时间起有过进展的案件，按进展时间从早到晚。对接同步用：读到没有 next 为止，"
            "下次从读到的最后一个 changed_at 接着读；最近 30 秒内的进展下次才给。"
        ),
    )
    matter: Code = Field("", description=_("事项类型或类别的编码。"))
    path: Path = Field("/", description=_("地点路径，包括它下面的；社区以下只看得到自己上报的和本单位的。"))
    unit: UUID | None = Field(None, description=_("主办单位的标识。"))


class FiguresAsked(Shape):
    start: Day = Field(alias="from", description=_("起日（含），北京时间。"))
    end: Day = Field(alias="to", description=_("止日（不含），最多 366 天。"))
    path: Path = Field("/", description=_("地点路径；不写就是全县。"))
