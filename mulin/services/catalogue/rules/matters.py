"""What a matter type says of itself, and the eight categories (row 6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _


class VersionState(TextChoices):
    """draft → published → retired. A published version is never changed: cases were admitted under it."""

    DRAFT = "draft", _("草稿")
    PUBLISHED = "published", _("现行")
    RETIRED = "retired", _("已停用")


class Theme(TextChoices):
    """The three themes of compounds (row 44)."""

    NONE = "", _("不属于")
    PARKING = "parking", _("停车难")
    ENVIRONMENT = "environment", _("环境差")
    FACILITIES = "facilities", _("设施旧")


class Evidence(TextChoices):
    """What a result must bring along. Nothing is forced where the matter does not need it."""

    NONE = "none", _("不要求")
    TEXT = "text", _("写明经过和结果")
    PHOTO_AFTER = "photo_after", _("处置后照片")
    PHOTO_BOTH = "photo_both", _("处置前、后照片")
    DOCUMENT = "document", _("文书或凭证的照片")


class Verification(TextChoices):
    """Who looks whether it is really done; never the handler."""

    REPORTER = "reporter", _("由反映人评价确认")
    SECOND_PERSON = "second_person", _("由另一人现场核查")
    SAMPLE = "sample", _("由另一人抽查")


class DutyKind(TextChoices):
    """The three lists of a street's duties: its own, those where it helps a department, those a department took back."""

    BASIC = "basic", _("基本履职")
    ASSIST = "assist", _("配合履职")
    TAKEN_BACK = "taken_back", _("上级部门收回")


CODE: Final = re.compile(r"[A-Z]{1,6}-?[0-9]{1,6}[A-Z]?")
"""Codes are written in capital letters and digits, letters first: a spreadsheet takes none for a number."""


@dataclass(frozen=True)
class Category:
    """One of the eight. ``named``: the county named it; the others are a proposal that every county may change."""

    code: str
    name: str
    name_en: str
    named: bool = False


CATEGORIES: Final = (
    Category("party_led", "党建引领", "Party-led community work", True),
    Category("public_order", "社会治安", "Public order", True),
    Category("public_safety", "公共安全", "Public safety", True),
    Category("dispute_mediation", "矛盾纠纷", "Disputes and mediation"),
    Category("urban_environment", "市容环境", "Streets and environment"),
    Category("property_facilities", "物业服务与小区设施", "Property services and compound facilities"),
    Category("livelihood_services", "民生服务", "Help with daily life"),
    Category("outreach_registration", "宣传走访与信息采集", "Outreach, visits and registration"),
)
