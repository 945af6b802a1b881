"""The closed lists of the closed loop: sources, scores, reasons. A reason has a code, so that it can be counted."""

from __future__ import annotations

from django.db.models.enums import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Source(TextChoices):
    """Who brought the matter. ``historic`` data keeps the source it names and says so in its provenance."""

    RESIDENT = "resident", _("居民")
    RIDER = "rider", _("骑手")
    STAFF = "staff", _("工作人员代报")
    TELEPHONE = "telephone", _("电话")
    PROPERTY = "property", _("物业企业")
    PATROL = "patrol", _("巡查发现")
    HOTLINE = "hotline", _("12345 转来")
    IMPORT = "import", _("导入")
    SYSTEM = "system", _("其他系统")


FROM_PEOPLE = (Source.RESIDENT, Source.RIDER)
"""Sources whose reporter is the person at the door himself."""
BY_STAFF = (Source.STAFF, Source.TELEPHONE, Source.RIDER, Source.PROPERTY, Source.HOTLINE, Source.PATROL)
"""What staff may say of where a report came from that they write down: the reporter is whoever told them."""


class Provenance(TextChoices):
    LIVE = "live", _("现行")
    HISTORIC = "historic", _("历史导入")


class Urgency(TextChoices):
    NORMAL = "normal", _("一般")
    URGENT = "urgent", _("急")
    EMERGENCY = "emergency", _("紧急")


class Score(TextChoices):
    SATISFIED = "satisfied", _("满意")
    MOSTLY_SATISFIED = "mostly_satisfied", _("基本满意")
    FAIR = "fair", _("一般")
    DISSATISFIED = "dissatisfied", _("不满意")
    NO_RATING = "no_rating", _("不评价")


CONTENT = (Score.SATISFIED, Score.MOSTLY_SATISFIED)
"""Who rated so finds that it was done well (row 21)."""


class Way(TextChoices):
    """How a person was told something."""

    MESSAGE = "message", _("由系统发送")
    PHONE = "phone", _("已打电话说过")
    VISIT = "visit", _("已当面说过")


class Contacted(TextChoices):
    """What came of a call or a visit."""

    REACHED = "reached", _("联系上了，已告知")
    NOT_REACHED = "not_reached", _("没有联系上")


class Refusal(TextChoices):
    """Why a report is not admitted (domain facts: 12345 practice). Each refers the reporter to somebody."""

    EMERGENCY = "emergency", _("应打 110、119、120、122")
    COURT = "court", _("已进入诉讼、仲裁、纪检监察程序")
    PETITION = "petition", _("已在信访等渠道办理中")
    ELSEWHERE = "elsewhere", _("不在本县或不归县里管")
    PRIVATE = "private", _("个人、商业之间的事，应协商或走司法途径")
    SECRET = "secret", _("涉及秘密或他人隐私")
    NO_MATTER = "no_matter", _("内容不清，问过也没有补充")
    OTHER = "other", _("其他")


class ReturnReason(TextChoices):
    """Why a unit sends a case back (row 11)."""

    NOT_OUR_DUTY = "not_our_duty", _("不属于本单位职责")
    NOT_OUR_AREA = "not_our_area", _("不在本单位辖区")
    WRONG_TYPE = "wrong_type", _("事项类型不对")
    NEEDS_LEAD = "needs_lead", _("要别的单位主办，本单位可协办")


class EscalationReason(TextChoices):
    BEYOND_POWER = "beyond_power", _("超出本级职权")
    BEYOND_MEANS = "beyond_means", _("本级人手、设备或经费不够")
    SEVERAL_UNITS = "several_units", _("要几家单位一起办")
    EMERGENCY = "emergency", _("情况紧急")
    OVERDUE = "overdue", _("超期，自动升级")


class DeferralKind(TextChoices):
    """What may be asked of a clock. Only an extension moves it; a wait and a shelving are states of their own."""

    EXTENSION = "extension", _("延期")
    WAIT = "wait", _("法定等待")
    SHELVE = "shelve", _("挂账")


class ExclusionReason(TextChoices):
    """Why a case is left out of a rate; its share is printed beside it."""

    FORCE_MAJEURE = "force_majeure", _("不可抗力")
    UNREASONABLE = "unreasonable", _("诉求不合法或不合理，已解释")
    POLICY = "policy", _("受政策限制，暂时无法解决")
    DUPLICATE = "duplicate", _("重复反映同一件已办结的事")
    MALICIOUS = "malicious", _("经查明不属实")


class Part(TextChoices):
    """A unit's part in a case."""

    LEAD = "lead", _("主办")
    ASSIST = "assist", _("协办")
