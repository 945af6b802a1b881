"""What people fill in at the points bank."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.ground.points.models import PaceRule, RuleVersion
from mulin.ground.points.queries import paced_on, rules_on
from mulin.ground.points.rules import MOST
from mulin.ground.points.rules.fairness import WORDS
from mulin.ground.points.rules.reserve import MOST_FLOOR, MOST_NOTICE, WHOLE, Source
from mulin.ground.territory import queries as territory
from mulin.kernel.doors import Day
from mulin.kernel.ids import uuid7


class KeyForm(forms.Form):
    """A form that is one deed however often it is sent."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    def told(self) -> dict[str, Any]:
        """What was filled in, the key as text."""
        return {**self.cleaned_data, "key": str(self.cleaned_data["key"])}


def _communities() -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [("", _("请选择"))]
    for street, rows in territory.streets_and_communities():
        found.append((street, rows[1:]))
    return found


class PlaceForm(forms.Form):
    """Of which community a passbook is."""

    path = forms.ChoiceField(label=_("您住在哪个社区（村）"), choices=_communities)


class FindForm(forms.Form):
    said = forms.CharField(
        label=_("手机号或存折号"), max_length=40, help_text=_("本人报手机号，或看存折上的号码。")
    )


class OpenForm(PlaceForm):
    """A passbook opened at the counter, with a telephone or without, in a community that whoever opens it ``serves``."""

    name = forms.CharField(label=_("姓名"), max_length=40)
    phone = forms.CharField(
        label=_("手机号"), max_length=20, required=False, help_text=_("没有手机也能开，用纸质存折。")
    )
    family = forms.BooleanField(
        label=_("开家庭存折（一家人共用）"), required=False, help_text=_("这个人要先登记在一户里。")
    )

    def __init__(self, *args: Any, serves: Callable[[str], bool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["path"])
        own = [(street, [one for one in rows if serves(one[0])]) for street, rows in _communities()[1:]]
        there = [(street, rows) for street, rows in own if rows]
        only = len(there) == 1 and len(there[0][1]) == 1
        field.choices = there if only else [("", _("请选择")), *there]
        field.label = _("社区（村）")
        self.order_fields(["name", "phone", "path", "family"])


class GiveForm(KeyForm):
    to = forms.CharField(label=_("转给谁"), max_length=40, help_text=_("对方的手机号，或存折上的号码。"))
    amount = forms.IntegerField(label=_("转多少分"), min_value=1, max_value=MOST)
    story = forms.CharField(label=_("说一句"), max_length=200, required=False)


class AwardForm(KeyForm):
    """An act that a member of staff saw and confirms. ``on``: today; a rule that has ended may have been in force when it
    was done, and is offered with its last day."""

    rule_code = forms.ChoiceField(label=_("做了什么"))
    done_on = Day(label=_("哪一天"))
    story = forms.CharField(label=_("具体说一句"), max_length=200, help_text=_("例如 帮3号楼老人代取快递。"))

    def __init__(self, *args: Any, on: date, path: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_on"].initial = on
        paced = paced_on(on)
        choices = []
        for line in rules_on(on):
            if (found := line.last_in_force) is None:
                continue
            version, until = found
            points = str(paced(path, version.points)) if until is None else str(version.points)
            if until is not None:
                points = _("%(points)s，到 %(day)s 为止") % {"points": points, "day": until.isoformat()}
            choices.append((line.rule.code, f"{version.name}（{points}）"))
        self.fields["rule_code"].choices = choices  # type: ignore[attr-defined]


class WhyForm(KeyForm):
    why = forms.CharField(label=_("为什么"), max_length=200)


class RuleForm(forms.Form):
    """A new version of a rule, or a new rule."""

    code = forms.CharField(label=_("代码"), max_length=40, help_text=_("定了就不改，例如 errand。"))
    name = forms.CharField(label=_("名称"), max_length=40)
    points = forms.IntegerField(label=_("积分"), min_value=0, max_value=MOST)
    per_day = forms.IntegerField(
        label=_("每天最多几次有积分"),
        min_value=1,
        max_value=MOST,
        required=False,
        help_text=_("不填就不限。"),
    )
    per_month = forms.IntegerField(
        label=_("每月最多几次有积分"),
        min_value=1,
        max_value=MOST,
        required=False,
        help_text=_("不填就不限。"),
    )
    months = forms.IntegerField(
        label=_("积分能用几个月"),
        min_value=1,
        max_value=600,
        required=False,
        help_text=_("到那个月的最后一天；不填就长期有效。"),
    )
    effective_on = Day(label=_("从哪天起"), help_text=_("最早今天。以前做的事，按当天的规则算。"))
    note = forms.CharField(label=_("依据"), max_length=200, required=False)
    ended = forms.BooleanField(label=_("从那天起停用，不再给积分"), required=False)

    def __init__(self, *args: Any, version: RuleVersion | None = None, code: str = "", **kwargs: Any) -> None:
        if version is not None:
            names = ("name", "points", "per_day", "per_month", "months")
            kwargs["initial"] = {name: getattr(version, name) for name in names}
        super().__init__(*args, **kwargs)
        if code:
            del self.fields["code"]


class BudgetForm(KeyForm):
    path = forms.ChoiceField(label=_("社区（村）"), choices=_communities)
    amount = forms.IntegerField(label=_("积分"), min_value=1, max_value=MOST)
    note = forms.CharField(label=_("依据"), max_length=200, help_text=_("例如 2026年度互助积分预算。"))


class OpeningForm(forms.Form):
    """A list of old passbooks."""

    file = forms.FileField(
        label=_("名单（Excel 或 CSV）"), help_text=_("列：姓名、手机号、原存折号、积分。没有手机号也行。")
    )
    path = forms.ChoiceField(label=_("社区（村）"), choices=_communities)
    source = forms.CharField(
        label=_("来源"), max_length=200, help_text=_("哪一套存折、谁管的、到哪一天为止。")
    )
    expires_on = forms.DateField(
        label=_("这些积分用到哪天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ReviewForm(forms.Form):
    note = forms.CharField(label=_("意见"), max_length=200, required=False)


class PledgeForm(forms.Form):
    """What a named source stands in for."""

    kind = forms.ChoiceField(label=_("来源"), choices=Source.choices)
    source = forms.CharField(label=_("谁承诺的"), max_length=80, help_text=_("商户、单位或预算的名称。"))
    words = forms.CharField(
        label=_("承诺什么"), max_length=200, help_text=_("例如 每月供应大米 20 袋，凭积分领取。")
    )
    points = forms.IntegerField(label=_("折合多少积分"), min_value=1, max_value=MOST)
    starts_on = Day(label=_("从哪天起"), help_text=_("最早今天。"))
    ends_on = Day(label=_("到哪天止"), help_text=_("最多一年以后；再续就再登记一条。"))


class EndPledgeForm(forms.Form):
    why = forms.CharField(label=_("为什么提前结束"), max_length=200)


class PaceForm(forms.Form):
    """A version of the rule that slows issuing."""

    floor = forms.IntegerField(
        label=_("储备覆盖率低于多少（%）"),
        min_value=1,
        max_value=MOST_FLOOR,
        help_text=_("货架和兑付承诺折合的积分 ÷ 居民手里还没用的积分。"),
    )
    percent = forms.IntegerField(
        label=_("低于以后按多少发放（%）"),
        min_value=1,
        max_value=WHOLE - 1,
        help_text=_("有积分的事至少给 1 分。"),
    )
    notice = forms.IntegerField(
        label=_("提前几天公布"),
        min_value=1,
        max_value=MOST_NOTICE,
        help_text=_("公布以后过这么多天才开始；以前做的事不变。"),
    )
    effective_on = Day(label=_("从哪天起看覆盖率"), help_text=_("每月月底看一次。最早今天。"))
    note = forms.CharField(label=_("依据"), max_length=200, required=False)
    ended = forms.BooleanField(label=_("从那天起停用，恢复全额发放"), required=False)

    def __init__(self, *args: Any, version: PaceRule | None = None, **kwargs: Any) -> None:
        if version is not None:
            names = ("floor", "percent", "notice")
            kwargs["initial"] = {name: getattr(version, name) for name in names}
        super().__init__(*args, **kwargs)


class WordsForm(forms.Form):
    """What somebody says, in one or a few sentences."""

    words = forms.CharField(
        label=_("请说一说"), max_length=WORDS, widget=forms.Textarea(attrs={"rows": 3, "maxlength": WORDS})
    )

    def __init__(self, *args: Any, label: Any = "", help_text: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if label:
            self.fields["words"].label = label
        self.fields["words"].help_text = help_text


class VerdictForm(WordsForm):
    """What an officer saw in a pattern. Acts to put right are ticked beside them."""

    wrong = forms.ChoiceField(
        label=_("看过以后"),
        choices=[("no", _("没有问题")), ("yes", _("需要更正"))],
        widget=forms.RadioSelect,
    )

    field_order = ("wrong", "words")


class PleaForm(WordsForm):
    """What the next level says of an appeal. Acts to give back are ticked beside them."""

    holds = forms.ChoiceField(
        label=_("复核以后"),
        choices=[("yes", _("申诉成立，恢复勾选的积分")), ("no", _("维持原来的决定"))],
        widget=forms.RadioSelect,
    )

    field_order = ("holds", "words")


class AnswerForm(WordsForm):
    """How a question about an entry is answered; ``acts``: whether it was an act, which can be entered anew."""

    outcome = forms.ChoiceField(
        label=_("怎么答复"),
        choices=[
            ("explain", _("没有记错，向他说明")),
            ("undo", _("记错了，冲正这一笔")),
            ("anew", _("按那天的规则重记（原来有积分的先冲正）")),
        ],
        widget=forms.RadioSelect,
        initial="explain",
    )
    rule_code = forms.ChoiceField(label=_("重记：做了什么"), required=False)
    done_on = Day(label=_("重记：哪一天"), required=False)

    field_order = ("outcome", "words", "rule_code", "done_on")

    def __init__(self, *args: Any, on: date, acts: bool, points: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = {"explain", *(["anew"] if acts else []), *(["undo"] if points else [])}
        outcome: Any = self.fields["outcome"]
        outcome.choices = [one for one in outcome.choices if one[0] in ways]
        if not acts:
            del self.fields["rule_code"], self.fields["done_on"]
            return
        codes: Any = self.fields["rule_code"]
        codes.choices = [
            ("", _("请选择")),
            *((one.rule.code, one.name) for one in rules_on(on) if one.current),
        ]


class CalledForm(WordsForm):
    """What came of asking whoever was helped."""

    outcome = forms.ChoiceField(
        label=_("问的结果"),
        choices=[
            ("confirmed", _("有这件事")),
            ("no_answer", _("这次没联系上")),
            ("untrue", _("说没有这件事")),
        ],
        widget=forms.RadioSelect,
    )

    field_order = ("outcome", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            *args, label=_("对方怎么说"), help_text=_("说没有这件事，要写；其他可以不写。"), **kwargs
        )
        self.fields["words"].required = False
