"""Input shapes of the pages about places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.ground.territory.models import DivisionKind, GridKind, OfficerRole
from mulin.ground.territory.rules import MOST_POSITIONS, weekday_names
from mulin.kernel.doors import Day

LARGEST_UPLOAD = 16 * 1024 * 1024
DATUM_CHOICES = (
    ("wgs84", _("WGS-84（GPS）")),
    ("cgcs2000", _("CGCS2000（天地图）")),
    ("gcj02", _("GCJ-02（高德、腾讯）")),
    ("bd09", _("BD-09（百度）")),
)


class Outline(forms.CharField):
    """A GeoJSON geometry (or one Feature) as text; cleaned to the geometry, None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}))
        super().__init__(max_length=60 * MOST_POSITIONS, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise ValidationError(gettext("这不是 GeoJSON 文本。")) from None
        if isinstance(found, dict) and found.get("type") == "FeatureCollection":
            features = found.get("features") or [{}]
            found = features[0] if len(features) == 1 else found
        if isinstance(found, dict) and found.get("type") == "Feature":
            found = found.get("geometry")
        if not found:
            raise ValidationError(gettext("这段 GeoJSON 里没有图形。"))
        return found


class NewDivision(forms.Form):
    kind = forms.ChoiceField(label=_("类型"))
    name = forms.CharField(label=_("名称"), max_length=120)
    name_en = forms.CharField(label=_("英文名称"), max_length=160, required=False)
    code = forms.CharField(
        label=_("已有编号"),
        max_length=40,
        required=False,
        help_text=_("别的台账里用的编号，以后导入时靠它认出来。"),
    )

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(kind.value, kind.label) for kind in DivisionKind if kind.value in kinds]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]


class DivisionNames(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=120)
    name_en = forms.CharField(label=_("英文名称"), max_length=160, required=False)


class NewGrid(forms.Form):
    name = forms.CharField(label=_("网格名称"), max_length=80)
    kind = forms.ChoiceField(label=_("类型"), choices=GridKind.choices)
    on = Day(label=_("从哪天起"))
    geometry = Outline(
        label=_("边界"),
        required=False,
        help_text=_("GeoJSON 的 Polygon 或 MultiPolygon；还没画好可以先空着。"),
    )
    datum = forms.ChoiceField(label=_("坐标系"), choices=DATUM_CHOICES)


class GridName(forms.Form):
    name = forms.CharField(label=_("网格名称"), max_length=80)


class GridOutline(forms.Form):
    geometry = Outline(label=_("新的边界"), help_text=_("GeoJSON 的 Polygon 或 MultiPolygon。"))
    datum = forms.ChoiceField(label=_("坐标系"), choices=DATUM_CHOICES)
    on = Day(label=_("从哪天起"))


class LastDay(forms.Form):
    on = Day(label=_("从哪天起撤销"))


class PlaceInGrid(forms.Form):
    grid = forms.ChoiceField(label=_("网格"))
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, grids: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grid"].choices = grids  # type: ignore[attr-defined]


# ── who serves ───────────────────────────────────────────────────────────────────────────────────────────


Choices = Sequence[tuple[str, Any]]


def _offer(form: forms.Form, field: str, choices: Choices, first: Any = None) -> None:
    form.fields[field].choices = [*([("", first)] if first else []), *choices]  # type: ignore[attr-defined]


class Who(forms.CharField):
    """A colleague, as people call him."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("谁"))
        kwargs.setdefault("help_text", _("对外称呼；有同名的，填工作电话。"))
        super().__init__(max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}), **kwargs)


class OnDay(forms.Form):
    on = Day(label=_("从哪天起"))


class LinkForm(forms.Form):
    organisation = forms.ChoiceField(label=_("部门"))
    leads = forms.BooleanField(label=_("由它牵头"), required=False)
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, departments: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "organisation", departments, _("请选择"))


class OfficerForm(forms.Form):
    """An officer of a team (``team:person``) in a grid."""

    person = forms.ChoiceField(label=_("队员"), help_text=_("先在队伍名册里登记人和执法证号。"))
    role = forms.ChoiceField(label=_("职责"), choices=OfficerRole.choices)
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, officers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "person", officers, _("请选择"))


class ChargeForm(forms.Form):
    organisation = forms.ChoiceField(label=_("负责的单位"))
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "organisation", units, _("请选择"))


class CountForm(forms.Form):
    households = forms.IntegerField(label=_("户数"), min_value=1)
    floor_area = forms.IntegerField(label=_("建筑面积（平方米）"), min_value=1, required=False)
    counted_on = Day(label=_("哪天的数"))
    source = forms.CharField(label=_("数字从哪里来"), max_length=80, help_text=_("如物业台账、社区普查。"))


class StationForm(forms.Form):
    name = forms.CharField(
        label=_("站点名称"), max_length=80, required=False, help_text=_("不填就用地方的名称。")
    )
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
    address = forms.CharField(label=_("地址"), max_length=120, required=False)


class NewStation(StationForm):
    on = Day(label=_("从哪天起"))


class Weekdays(forms.TypedMultipleChoiceField):
    """ISO weekdays; none is every working day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=[(day, name) for day, name in weekday_names().items()],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )


class PostingForm(forms.Form):
    person = Who()
    hours = forms.CharField(
        label=_("几点到几点"), max_length=60, required=False, help_text=_("如 9:00—11:30。不打卡。")
    )
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["weekdays"] = Weekdays(label=_("星期几"), help_text=_("不选就是每个工作日。"))
        self.order_fields(["person", "weekdays", "hours", "on"])


class VisitForm(forms.Form):
    person = forms.ChoiceField(label=_("谁"))
    day = Day(label=_("哪天"))
    done = forms.CharField(
        label=_("做了什么"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("事后写一句就行。"),
    )
    callers = forms.IntegerField(label=_("接待了多少人"), min_value=0, max_value=32767, required=False)

    def __init__(self, *args: Any, persons: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "person", persons)


class TeamForm(forms.Form):
    name = forms.CharField(label=_("队伍名称"), max_length=80)
    name_en = forms.CharField(label=_("英文名称"), max_length=120, required=False)
    home = forms.ChoiceField(label=_("归属单位"))
    duty_phone = forms.CharField(label=_("值班电话"), max_length=20, required=False)

    def __init__(self, *args: Any, homes: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "home", homes, _("请选择"))


class MemberForm(forms.Form):
    person = Who()
    post = forms.CharField(label=_("职务"), max_length=40, required=False)
    credential = forms.CharField(
        label=_("执法证号"), max_length=40, required=False, help_text=_("证上公开的号码；没有执法证的空着。")
    )


class HostForm(forms.Form):
    host = forms.ChoiceField(label=_("下沉到"))
    on = Day(label=_("从哪天起"))

    def __init__(self, *args: Any, hosts: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "host", hosts, _("请选择"))


class StaffTable(forms.Form):
    """A table of who serves where."""

    kind = forms.ChoiceField(label=_("这是什么表"))
    do = forms.ChoiceField(
        label=_("怎么处理"),
        choices=[("check", _("只核对，不写入")), ("import", _("导入"))],
        widget=forms.RadioSelect,
        initial="check",
    )
    file = forms.FileField(
        label=_("Excel 文件"), widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.csv,.tsv,.txt"})
    )

    def __init__(self, *args: Any, kinds: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "kind", kinds)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise ValidationError(gettext("文件超过 16 MB。"))
        return file


class GridFile(forms.Form):
    file = forms.FileField(
        label=_("GeoJSON 文件"),
        help_text=_("每个图形的 properties 里要有 name 和 community_code（12 位）；有 code 的按编码对应。"),
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json,application/json"}),
    )
    datum = forms.ChoiceField(label=_("文件的坐标系"), choices=DATUM_CHOICES)
    on = Day(label=_("从哪天起"))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise ValidationError(
                gettext("文件超过 16 MB，请分成几份，或请管理员用 mulin import-grids 导入。")
            )
        return file
