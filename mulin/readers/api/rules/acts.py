"""What a program sends to do something: a report, and the acts of a system for its unit."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _
from pydantic import Field

from mulin.readers.api.rules.kinds import Code, Shape, Text, Version

MOST_PHOTOS: Final = 3
MOST_PHOTO_LETTERS: Final = 5_500_000

Photos = Annotated[
    list[
        Annotated[str, Field(max_length=MOST_PHOTO_LETTERS, json_schema_extra={"contentEncoding": "base64"})]
    ],
    Field(max_length=MOST_PHOTOS),
]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Report(Shape):
    text: Text = Field(min_length=1, max_length=4000, description=_("发生了什么事，照反映人的话写。"))
    title: Text = Field("", max_length=200, description=_("标题；不写就取正文的开头。"))
    matter: Code = Field("", description=_("反映人选的事项类型或类别的编码；只是参考，由工作人员定。"))
    lon: Annotated[Degrees, Field(ge=-180, le=180)] | None = Field(
        None, description=_("经度，WGS-84；和 lat 一起写。")
    )
    lat: Annotated[Degrees, Field(ge=-90, le=90)] | None = Field(
        None, description=_("纬度，WGS-84；和 lon 一起写。")
    )
    place: Text = Field("", max_length=200, description=_("地点路径，或 12 位统计用区划代码。"))
    place_text: Text = Field("", max_length=200, description=_("地点，用话说。"))
    name: Text = Field("", max_length=40, description=_("反映人的姓名，加密保存。"))
    phone: Text = Field("", max_length=40, description=_("反映人的电话，加密保存。"))
    photos: Photos = Field(
        default_factory=list, description=_("照片，JPEG、PNG、WebP 或 HEIC，base64，最多 3 张。")
    )


class Act(Shape):
    version: Version = Field(description=_("读到的 version；别人已经更新过的，409。"))


class TakeUp(Act):
    pass


class WayTold(StrEnum):
    MESSAGE = "message"
    PHONE = "phone"
    VISIT = "visit"


class Reply(Act):
    text: Text = Field(min_length=1, max_length=2000, description=_("答复的内容，反映人看得到。"))
    way: WayTold = Field(WayTold.MESSAGE, description=_("怎么告诉他的。"))


class Ask(Act):
    question: Text = Field(
        min_length=1, max_length=500, description=_("要问反映人什么；等他补充期间不计时。")
    )


class Dispose(Act):
    result: Text = Field(min_length=1, max_length=2000, description=_("做了什么、现在怎样，反映人看得到。"))
    photos: Photos = Field(default_factory=list, description=_("处置后的照片，base64；有的事项必须附。"))


class WhyNotOurs(StrEnum):
    NOT_OUR_DUTY = "not_our_duty"
    NOT_OUR_AREA = "not_our_area"
    WRONG_TYPE = "wrong_type"
    NEEDS_LEAD = "needs_lead"


class ReturnNotOurs(Act):
    code: WhyNotOurs = Field(description=_("退单的理由。"))
    reason: Text = Field(min_length=1, max_length=1000, description=_("依据什么说不归你们、应当归谁。"))


class Visit(Act):
    text: Text = Field(
        min_length=1, max_length=1000, description=_("到现场看到什么、做了什么；只给工作人员看。")
    )


class AssistReport(Act):
    text: Text = Field(min_length=1, max_length=1000, description=_("协办单位做了什么；主办单位看得到。"))


ACTS: Final[dict[str, type[Act]]] = {
    "take_up": TakeUp,
    "reply": Reply,
    "ask": Ask,
    "visit": Visit,
    "dispose": Dispose,
    "return_not_ours": ReturnNotOurs,
    "assist_report": AssistReport,
}
"""The acts by their names in the table of states; a system has no others (cases.rules.BY_SYSTEM)."""

CHOICES: Final[dict[str, Any]] = {
    "message": gettext_lazy("由系统发送"),
    "phone": gettext_lazy("已打电话说过"),
    "visit": gettext_lazy("已当面说过"),
    "not_our_duty": gettext_lazy("不属于本单位职责"),
    "not_our_area": gettext_lazy("不在本单位辖区"),
    "wrong_type": gettext_lazy("事项类型不对"),
    "needs_lead": gettext_lazy("要别的单位主办，本单位可协办"),
}
"""What the codes of choices mean, in words."""


def needs_of(action: str, *, photos: bool) -> list[dict[str, Any]]:
    """What an act asks for beside the version, for whoever draws a form. ``photos``: its result must bring some."""
    shape = ACTS[action].model_json_schema()
    required = set(shape.get("required", ()))
    found = []
    for name, one in shape["properties"].items():
        if name == "version":
            continue
        choices = _choices(shape, one)
        found.append(
            {
                "name": name,
                "type": "choice" if choices else one.get("type", "string"),
                "required": name in required or (name == "photos" and photos),
                "max_length": one.get("maxLength") or one.get("maxItems"),
                "label": gettext(one["description"]),
                "choices": choices,
            }
        )
    return found


def _choices(shape: dict[str, Any], one: dict[str, Any]) -> list[dict[str, Any]]:
    name = str(one.get("$ref", "")).rpartition("/")[2]
    return [
        {"value": key, "label": str(CHOICES[key])}
        for key in shape.get("$defs", {}).get(name, {}).get("enum", ())
    ]
