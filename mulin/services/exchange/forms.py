"""What the forms of the exchange ask."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from mulin.kernel.clock import parse
from mulin.kernel.doors import Day
from mulin.services.exchange.actions import GoodTold, MerchantTold, ShopTold
from mulin.services.exchange.actions.honour_decisions import Choice
from mulin.services.exchange.rules.amending import FIELDS
from mulin.services.exchange.rules.honours import (
    LONGEST_NOTICE,
    MOST_SEATS,
    MOST_WORDS,
    NOTICE_DAYS,
    NomineeKind,
    NoticeClock,
    Office,
    Shown,
)
from mulin.services.exchange.rules.merchants import LONGEST_AGREEMENT, Trade
from mulin.services.exchange.rules.repaying import Means
from mulin.services.exchange.rules.shop import (
    DAYS_TO_COLLECT,
    DAYS_TO_RETURN,
    MOST_DAYS,
    MOST_PIECES,
    MOST_PRICE,
    MOST_STOCK,
    Variance,
)
from mulin.services.exchange.rules.takings import FLOOR, MOST_FLOOR


class ReserveForm(forms.Form):
    """How many, from which passbook; the price that was shown and a key that makes a second sending harmless."""

    quantity = forms.IntegerField(label=_("要几份"), min_value=1, max_value=MOST_PIECES, initial=1)
    book = forms.ChoiceField(label=_("用哪本存折"), widget=forms.RadioSelect)
    price = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, books: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["book"])
        choice.choices = books
        if len(books) == 1:
            choice.widget, choice.initial = forms.HiddenInput(), books[0][0]


class CodeForm(forms.Form):
    """A QR code that was scanned, or the number under it."""

    code = forms.CharField(
        label=_("兑换编号"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )


class WhyForm(forms.Form):
    """A reason that the holder reads."""

    why = forms.CharField(label=_("原因"), max_length=200)


class ReturnForm(WhyForm):
    """Goods came back, and whose fault it is."""

    at_fault = forms.BooleanField(
        label=_("是超市的原因"),
        required=False,
        help_text=_("质量不好、给错了：已到期的积分再留 30 天。居民自己不要了的不勾，积分到期日不变。"),
    )


class ReceiveForm(forms.Form):
    """Goods that came in."""

    quantity = forms.IntegerField(label=_("进了多少"), min_value=1, max_value=MOST_STOCK)
    supplier = forms.CharField(label=_("从谁那里来"), max_length=80)
    key = forms.UUIDField(widget=forms.HiddenInput)


class CountForm(forms.Form):
    """What stands on the shelf, and why it is not what the books say."""

    counted = forms.IntegerField(label=_("数到多少"), min_value=0, max_value=MOST_STOCK)
    reason = forms.ChoiceField(
        label=_("和账上不一样的原因"), required=False, choices=[("", _("一样，不用选")), *Variance.choices]
    )
    words = forms.CharField(label=_("补充一句"), max_length=200, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput)


class PaperForm(forms.Form):
    """The paper passbook that somebody holds, and how many pieces."""

    book = forms.CharField(
        label=_("存折编号或手机号"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    quantity = forms.IntegerField(label=_("给几份"), min_value=1, max_value=MOST_PIECES, initial=1)
    price = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.UUIDField(widget=forms.HiddenInput)


class ShopForm(forms.Form):
    """A new shop."""

    name = forms.CharField(label=_("超市名称"), max_length=60)
    path = forms.ChoiceField(label=_("哪个社区"))
    place = forms.CharField(label=_("在哪里取"), max_length=120)
    hours = forms.CharField(label=_("什么时候取"), max_length=120)
    days = forms.IntegerField(label=_("预留几天"), min_value=1, max_value=MOST_DAYS, initial=DAYS_TO_COLLECT)
    return_days = forms.IntegerField(
        label=_("交货以后几天内可以退"),
        min_value=0,
        max_value=MOST_DAYS,
        required=False,
        initial=DAYS_TO_RETURN,
        help_text=_("0 就是只能当天退；不填是 3 天"),
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["path"]).choices = places

    def told(self) -> ShopTold:
        """What it says."""
        days = self.cleaned_data["return_days"]
        return ShopTold(**self.cleaned_data | {"return_days": DAYS_TO_RETURN if days is None else days})


class GoodForm(forms.Form):
    """A good: its price in points and its supplier."""

    name = forms.CharField(label=_("商品"), max_length=40)
    unit = forms.CharField(label=_("单位"), max_length=10, help_text=_("袋、瓶、盒"))
    price = forms.IntegerField(label=_("每份多少积分"), min_value=1, max_value=MOST_PRICE)
    supplier = forms.CharField(label=_("供货方"), max_length=80)
    words = forms.CharField(label=_("说明"), max_length=200, required=False)
    per_month = forms.IntegerField(
        label=_("每本存折每月最多几份"), min_value=1, max_value=MOST_PIECES, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, initial=1)

    def told(self) -> GoodTold:
        """What it says, without the version that was seen."""
        return GoodTold(**{key: value for key, value in self.cleaned_data.items() if key != "version"})


class KeeperForm(forms.Form):
    """Who shall stand behind the counter."""

    phone = forms.CharField(label=_("手机号"), max_length=20, help_text=_("要先登记过的居民或工作人员"))


# ── merchants ─────


class ApplyForm(forms.Form):
    """A merchant that wants to take part."""

    name = forms.CharField(label=_("店名"), max_length=60)
    trade = forms.ChoiceField(label=_("行业"), choices=Trade.choices)
    path = forms.ChoiceField(label=_("在哪个社区"))
    address = forms.CharField(label=_("地址"), max_length=120)
    phone = forms.CharField(label=_("店里的电话（公开）"), max_length=20, required=False)
    credit_code = forms.CharField(label=_("统一社会信用代码"), max_length=18, required=False)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["path"]).choices = places

    def told(self) -> MerchantTold:
        """What it says."""
        fields = ("name", "trade", "path", "address", "phone", "credit_code")
        return MerchantTold(**{field: self.cleaned_data[field] for field in fields})


class TurnForm(forms.Form):
    """What a clerk does about a merchant: a reason, or the days of the agreement."""

    why = forms.CharField(label=_("原因"), max_length=200, required=False)
    takes_points = forms.BooleanField(label=_("收积分"), required=False)
    floor = forms.IntegerField(
        label=_("没有网时，每本存折每天最多收几分"),
        min_value=0,
        max_value=MOST_FLOOR,
        required=False,
        initial=FLOOR,
        help_text=_("0 就是没有网时不收。存折里不够的由联盟垫付，不算居民的。"),
    )
    starts = Day(label=_("协议从哪天起"), required=False)
    ends = Day(label=_("到哪天止"), required=False, furthest=LONGEST_AGREEMENT)
    version = forms.IntegerField(widget=forms.HiddenInput)


class OfferForm(forms.Form):
    """What is given to whoever shows a code, or for points."""

    title = forms.CharField(label=_("优惠"), max_length=40, help_text=_("如：洗剪吹八折"))
    points = forms.IntegerField(
        label=_("收几分"),
        min_value=1,
        max_value=MOST_PRICE,
        required=False,
        help_text=_("用积分换的才填；要另付的钱写在说明里，这里不经手钱"),
    )
    terms = forms.CharField(label=_("说明"), max_length=200, required=False)


class TillForm(forms.Form):
    """The digits of a code; a key that makes a second sending harmless."""

    code = forms.CharField(
        label=_("折扣码"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "autofocus": True}),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


class PayForm(forms.Form):
    """What the holder wants at a merchant, and from which passbook it is paid."""

    offer = forms.ChoiceField(label=_("要哪一项"), widget=forms.RadioSelect)
    book = forms.ChoiceField(label=_("用哪本存折"), widget=forms.RadioSelect)

    def __init__(
        self, *args: Any, offers: list[tuple[str, str]], books: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("offer", offers), ("book", books)):
            choice = cast(forms.ChoiceField, self.fields[name])
            choice.choices = choices
            choice.initial = choices[0][0] if len(choices) == 1 else None


class PointsCodeForm(forms.Form):
    """The digits on the holder's phone; a key that makes a second sending harmless."""

    code = forms.CharField(
        label=_("顾客手机上的数字"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)


class PaperTillForm(forms.Form):
    """What is given, the paper passbook's number and check code. ``offline`` and ``done_at`` are the phone's, where it kept
    the form until there was a network."""

    offer = forms.ChoiceField(label=_("给哪一项"), widget=forms.RadioSelect)
    number = forms.CharField(
        label=_("存折编号"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    check = forms.CharField(
        label=_("核对码"),
        max_length=20,
        help_text=_("印在存折上，8 位"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    offline = forms.BooleanField(required=False, widget=forms.HiddenInput)
    done_at = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    note = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)

    def __init__(self, *args: Any, offers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["offer"])
        choice.choices = offers
        choice.initial = offers[0][0] if len(offers) == 1 else None

    def clean_offer(self) -> UUID:
        """Its key."""
        return UUID(self.cleaned_data["offer"])

    def clean_done_at(self) -> datetime | None:
        """The phone's moment, or none where it said nothing that could be one."""
        try:
            return parse(self.cleaned_data["done_at"])
        except ValueError:
            return None


class WordsForm(forms.Form):
    """A sentence that the other side reads."""

    words = forms.CharField(label=_("说明"), max_length=200)


class OwnerForm(KeeperForm):
    """Who answers for a merchant from now on."""

    phone = forms.CharField(label=_("新店主的手机号"), max_length=20, help_text=_("要先登记过的居民"))


class OwnerForForm(OwnerForm):
    """The same by a clerk, who says why."""

    why = forms.CharField(label=_("原因"), max_length=200, help_text=_("如：店转让了，双方都来过窗口"))


class AllianceOfferForm(forms.Form):
    """What every merchant of an alliance gives."""

    title = forms.CharField(label=_("优惠"), max_length=40, help_text=_("如：老人免费歇脚、喝水"))
    terms = forms.CharField(label=_("说明"), max_length=200, required=False)


class RepaymentForm(forms.Form):
    """What an alliance made good: by goods, or from one of the proposer's own passbooks."""

    points = forms.IntegerField(label=_("补还多少分"), min_value=1)
    how = forms.ChoiceField(label=_("怎么补还的"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=_("写明给了什么、给了谁"),
        max_length=200,
        help_text=_("比如：送来鸡蛋三斤，放上双虹文明超市的货架。"),
    )
    done_on = Day(label=_("哪天给的"))
    note = forms.CharField(
        label=_("其中有现金的，写一句"),
        max_length=200,
        required=False,
        help_text=_("钱不经过这个平台，这里只留一句话。"),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, books: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast(forms.ChoiceField, self.fields["how"])
        choice.choices = [(Means.GOODS.value, Means.GOODS.label), *books]
        choice.initial = Means.GOODS.value

    def told(self) -> dict[str, Any]:
        """What ``propose_repayment`` takes."""
        said = dict(self.cleaned_data)
        how = said.pop("how")
        book = None if how == Means.GOODS else UUID(how)
        return said | {
            "means": Means.POINTS.value if book else Means.GOODS.value,
            "account": book,
            "key": str(said["key"]),
        }


class AllianceForm(forms.Form):
    """A new alliance."""

    name = forms.CharField(label=_("联盟名称"), max_length=60)
    path = forms.ChoiceField(label=_("在哪里"))

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["path"]).choices = places


class GrantForm(forms.Form):
    """Who gets the discount, where and until when. It asks for no reason."""

    phone = forms.CharField(label=_("手机号"), max_length=20, help_text=_("要先登记过的居民"))
    home = forms.BooleanField(label=_("同住一户的都可以用"), required=False)
    path = forms.ChoiceField(label=_("由哪个社区给"))
    trades = forms.MultipleChoiceField(
        label=_("用在哪些行业"),
        choices=Trade.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选就是都可以"),
    )
    starts = Day(label=_("从哪天起"))
    ends = Day(label=_("到哪天止"))

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["path"]).choices = places


# ── commendations ─────

LONG = forms.Textarea(attrs={"rows": 4})


class RoundForm(forms.Form):
    """A round of commendations: for what, where, when, who decides, what is counted as priority."""

    title = forms.CharField(label=_("评选名称"), max_length=60)
    basis = forms.CharField(label=_("评什么样的，凭什么标准"), max_length=1000, widget=LONG)
    path = forms.ChoiceField(label=_("哪个地方"))
    seats = forms.IntegerField(label=_("名额"), min_value=1, max_value=MOST_SEATS)
    office = forms.ChoiceField(label=_("哪一级评定"), choices=Office.choices)
    committee = forms.CharField(label=_("评议组织的名称"), max_length=60, help_text=_("公告里写明由谁评定。"))
    nominate_from = Day(label=_("提名从哪天开始"))
    nominate_until = Day(label=_("提名到哪天（含）"))
    notice_days = forms.IntegerField(
        label=_("公示几天"), min_value=1, max_value=LONGEST_NOTICE, initial=NOTICE_DAYS
    )
    notice_clock = forms.ChoiceField(label=_("按什么算"), choices=NoticeClock.choices)
    counts = forms.MultipleChoiceField(
        label=_("优先依据统计哪些"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "只在评议认为几位不分上下时用。一件算一件，不看积分余额；互助和微心愿已经算的，积分里不再算。"
        ),
    )
    counted_from = Day(label=_("从哪天统计"))
    counted_until = Day(label=_("统计到哪天（含）"))

    def __init__(
        self, *args: Any, places: list[tuple[str, str]], sources: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["path"]).choices = places
        cast(forms.ChoiceField, self.fields["counts"]).choices = [
            (key, format_html('<span lang="zh-Hans">{}</span>', words) if key.startswith("rule:") else words)
            for key, words in sources
        ]


class AmendForm(RoundForm):
    """What may still be changed of a published round; why, and the version that lay before."""

    why = forms.CharField(
        label=_("为什么改"), max_length=200, help_text=_("和改动一起公布，候选人会收到通知。")
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, may: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            if name not in may:
                del self.fields[name]


class ConsentForm(forms.Form):
    """How somebody is named in public who agrees to stand."""

    shown = forms.ChoiceField(
        label=_("公开时怎么写名字"),
        choices=Shown.choices,
        initial=Shown.MASKED,
        widget=forms.RadioSelect,
        help_text=_("选上了要公示，大家可以提异议。不写名字的，公示里只写一个编号。"),
    )
    story_ok = forms.BooleanField(label=_("可以公开一句事迹（不写住址和家里情况）"), required=False)


class NominateForm(forms.Form):
    """Somebody else is proposed: who, why; in whose name where one works in a team."""

    kind = forms.ChoiceField(
        label=_("提名谁"), choices=NomineeKind.choices, initial=NomineeKind.PERSON, widget=forms.RadioSelect
    )
    who = forms.CharField(
        label=_("手机号，或单位、商户的全名"),
        max_length=80,
        help_text=_("个人和家庭写手机号（家庭写其中一位的），我们先问本人；没有在社区登记过的，收不到。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    why = forms.CharField(label=_("为什么提名"), max_length=MOST_WORDS, widget=LONG)
    evidence = forms.CharField(label=_("可以向谁、到哪里核实"), max_length=200, required=False)
    unit = forms.ChoiceField(label=_("以谁的名义"), required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units:
            cast(forms.ChoiceField, self.fields["unit"]).choices = [("", _("我个人")), *units]
        else:
            del self.fields["unit"]


class OneselfForm(ConsentForm):
    """Somebody proposes himself."""

    field_order = ("why", "evidence", "shown", "story_ok")
    why = forms.CharField(label=_("做了什么，为什么合适"), max_length=MOST_WORDS, widget=LONG)
    evidence = forms.CharField(label=_("可以向谁、到哪里核实"), max_length=200, required=False)


class ObjectForm(forms.Form):
    """What is wrong about a choice."""

    said = forms.CharField(
        label=_("哪里不对，您知道什么情况"),
        max_length=MOST_WORDS,
        widget=LONG,
        help_text=_("只给核实的工作人员看。被公示的人不会知道是您提的。"),
    )


class ReplyForm(forms.Form):
    """An objection is answered."""

    upheld = forms.TypedChoiceField(
        label=_("核实的结果"),
        choices=[("no", _("异议不成立，公示继续")), ("yes", _("异议成立，取消公示"))],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("核实了什么，理由"),
        max_length=MOST_WORDS,
        widget=LONG,
        help_text=_("提异议的人看得到；成立的，被公示的人也看得到。"),
    )


class NextForm(forms.Form):
    """A seat that fell vacant: who follows, or nobody."""

    who = forms.ChoiceField(label=_("递补给谁"), widget=forms.RadioSelect)
    reasons = forms.CharField(label=_("理由"), max_length=MOST_WORDS, widget=LONG)
    story = forms.CharField(label=_("公示时写的一句事迹"), max_length=200, required=False)

    def __init__(self, *args: Any, nominees: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["who"]).choices = [*nominees, ("", _("名额空着"))]
        self.fields["who"].required = False


class ReasonsForm(forms.Form):
    """Reasons that the awarded reads."""

    reasons = forms.CharField(label=_("理由"), max_length=MOST_WORDS, widget=LONG)


class DecideForm(forms.Form):
    """For each nominee, in neutral order: chosen, equal to others, or not; the reasons; a sentence for the notice."""

    PICKS: ClassVar = [("chosen", _("选定")), ("equal", _("和别人不分上下")), ("passed", _("这次不选"))]
    seen = forms.UUIDField(widget=forms.HiddenInput)
    stood = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, nominees: list[UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nominees = nominees
        self.fields["stood"].initial = self.standing = ",".join(key.hex for key in nominees)
        for key in nominees:
            self.fields[f"pick_{key.hex}"] = forms.ChoiceField(
                label=_("评定"), choices=self.PICKS, initial="passed", widget=forms.RadioSelect
            )
            self.fields[f"why_{key.hex}"] = forms.CharField(
                label=_("理由"), max_length=MOST_WORDS, required=False, widget=forms.Textarea(attrs={"rows": 2}),
                help_text=_("选定和不分上下的都要写。"),
            )  # fmt: skip
            self.fields[f"story_{key.hex}"] = forms.CharField(
                label=_("公示时写的一句事迹"), max_length=200, required=False,
                help_text=_("本人同意公开事迹的才显示；不写住址和家里情况。"),
            )  # fmt: skip

    def clean_stood(self) -> str:
        """Who stood on the page, refused where others do now."""
        if self.cleaned_data["stood"] != self.standing:
            raise forms.ValidationError(_("候选有变化，请看过再评定。"))
        return self.standing

    def part(self, key: UUID) -> list[Any]:
        """The three fields of a nominee, bound."""
        return [self[f"{name}_{key.hex}"] for name in ("pick", "why", "story")]

    def choices(self) -> dict[UUID, Choice]:
        """What was said of each."""
        said = self.cleaned_data
        return {
            key: Choice(said[f"pick_{key.hex}"], said[f"why_{key.hex}"], said[f"story_{key.hex}"])
            for key in self.nominees
        }
