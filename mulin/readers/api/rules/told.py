"""What the API tells: the shapes of its answers. Descriptions are Chinese here and translated where they are told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_noop as _
from pydantic import AfterValidator, BaseModel, Field

from mulin.kernel.clock import CHINA

Window = Literal["own", "unit", "wide"]
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(CHINA))]
"""Told with the offset of China."""


class Failed(BaseModel):
    """Every refusal has this shape."""

    code: str = Field(description=_("稳定的英文代码，给程序看。"))
    message: str = Field(description=_("一句说明，用请求的语言。"))
    fields: dict[str, str] = Field(description=_("哪一项不对、为什么。"))
    request_id: str = Field(description=_("这次请求的编号；和响应头 X-Request-ID 一样，报障时给我们。"))
    version: int | None = Field(None, description=_("409：案件现在的版本。"))
    given: dict[str, str] | None = Field(None, description=_("409：你们写的话，原样退回。"))


class Unit(BaseModel):
    id: UUID
    name: str


class Me(BaseModel):
    name: str = Field(description=_("接入时登记的系统名称。"))
    county: int = Field(description=_("县级行政区划代码。"))
    county_name: str
    scopes: list[str] = Field(description=_("密钥的范围。"))
    per_minute: int = Field(description=_("每分钟最多几次请求。"))
    unit: Unit | None = Field(description=_("替哪个单位办理。"))
    acts: bool = Field(description=_("现在能不能办理：责任人在岗才能。"))


class Category(BaseModel):
    code: str
    name: str


class Categories(BaseModel):
    items: list[Category]


class Limit(BaseModel):
    minutes: int
    clock: str = Field(description=_("elapsed 自然时间，working 工作时间（一个工作日 480 分钟）。"))
    words: str


class Limits(BaseModel):
    accept: Limit
    first_response: Limit
    dispose: Limit
    verify: Limit


class Matter(BaseModel):
    code: str
    name: str
    name_en: str
    category: Category
    version: int = Field(description=_("清单版本；案件沿用受理时的版本。"))
    description: str
    keywords: list[str]
    level: str = Field(description=_("首派层级。"))
    level_label: str
    lead_unit: Unit | None = Field(description=_("主办单位；空的按地点派。"))
    emergency: bool
    evidence: str = Field(description=_("处置结果要附什么：none、text、photo_after、photo_both、document。"))
    verification: str
    limits: Limits = Field(description=_("平时的时限。"))
    limits_in_emergency: Limits = Field(description=_("急时的时限。"))


class Matters(BaseModel):
    items: list[Matter]
    next: str = Field(description=_("下一页的 cursor；空的就是完了。"))


class Place(BaseModel):
    path: str = Field(description=_("路径，上级是它的前一段。"))
    name: str
    full_name: str
    kind: str
    code: str = Field(description=_("12 位统计用区划代码；没有就是空的。"))


class Places(BaseModel):
    items: list[Place]
    next: str


class Grid(BaseModel):
    path: str
    name: str
    code: str
    community: str = Field(description=_("所在社区（村）的路径。"))


class Grids(BaseModel):
    items: list[Grid]
    next: str


class Where(BaseModel):
    path: str = Field(description=_("地点路径；wide 只到社区。"))
    name: str
    code: str
    text: str | None
    lon: float | None
    lat: float | None


class Kind(BaseModel):
    code: str
    name: str
    category: str
    version: int | None


class Clocks(BaseModel):
    light: str = Field(description=_("总时限的灯：green、yellow、red、grey（停着）、done。"))
    due_at: Moment | None
    step_due_at: Moment | None
    response_due_at: Moment | None
    first_response_at: Moment | None
    paused_since: Moment | None


class Case(BaseModel):
    number: str = Field(description=_("编号。"))
    window: Window = Field(
        description=_("凭什么看到：own 自己上报的，unit 本单位主办或协办的，wide 全县的；看得到的多少不同。")
    )
    state: str
    state_label: str
    version: int = Field(description=_("版本，每有进展加一；办理时带回来。"))
    title: str | None
    matter: Kind | None
    level: str = Field(description=_("现在在哪一级。"))
    urgency: str
    unit: Unit | None = Field(description=_("主办单位。"))
    place: Where
    reported_at: Moment
    due_at: Moment | None
    closed_at: Moment | None
    changed_at: Moment = Field(description=_("最近一次进展的时间。"))
    merged_into: str | None = Field(description=_("并入了哪一件；看不到那一件的是空的。"))
    merged_state: str | None = Field(
        description=_("并入的那一件现在的状态，也就是这份反映到了哪一步；没有并入的是空的。")
    )


class Cases(BaseModel):
    items: list[Case]
    next: str


class Photo(BaseModel):
    id: UUID
    url: str
    alt: str


class Step(BaseModel):
    at: Moment
    action: str
    label: str
    state: str
    who: str | None
    text: str | None
    photos: list[Photo]


class Choice(BaseModel):
    value: str
    label: str


class Needed(BaseModel):
    name: str
    type: str
    required: bool
    max_length: int | None
    label: str
    choices: list[Choice]


class Allowed(BaseModel):
    action: str
    label: str
    method: Literal["POST"]
    url: str
    needs: list[Needed] = Field(description=_("除 version 以外要什么。"))


class Reporter(BaseModel):
    name: str = Field(description=_("遮住了，例如 王**。"))
    phone: str = Field(description=_("遮住了，例如 138****5678。"))
    by_message: bool
    told: bool


class CaseWhole(Case):
    text: str | None
    result: str | None = Field(description=_("处置结果，或不予受理的理由。"))
    clocks: Clocks
    photos: list[Photo]
    reporters: list[Reporter]
    steps: list[Step]
    allowed_actions: list[Allowed] = Field(description=_("这个密钥现在能办的，和每一步要什么。"))


class Contact(BaseModel):
    name: str
    phone: str


class Contacts(BaseModel):
    items: list[Contact]


class Done(BaseModel):
    number: str
    state: str
    state_label: str
    version: int
    url: str


class Figure(BaseModel):
    code: str
    name: str
    value: float | None = Field(description=_("没有可算的就是空的。"))
    unit: str
    numerator: int | None
    denominator: int | None
    small: bool = Field(description=_("依据的记录太少，只供参考。"))
    split: dict[str, dict[str, float | None]] = Field(
        description=_("按来源分：群众反映、工作人员发现、历史导入。")
    )
    definition: str
    rows: str = Field(description=_("工作人员打开依据记录的网址。"))


class Figures(BaseModel):
    start: date = Field(alias="from")
    end: date = Field(alias="to")
    path: str
    place: str
    items: list[Figure]
