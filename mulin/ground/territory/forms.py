"""Input shapes of the pages about places."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.ground.territory.models import DivisionKind, GridKind
from mulin.ground.territory.rules import MOST_POSITIONS

LARGEST_UPLOAD = 16 * 1024 * 1024
DATUM_CHOICES = (
    ("wgs84", _("WGS-84（GPS）")),
    ("cgcs2000", _("CGCS2000（天地图）")),
    ("gcj02", _("GCJ-02（高德、腾讯）")),
    ("bd09", _("BD-09（百度）")),
)


class Day(forms.DateField):
    """A day, chosen on the phone's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        super().__init__(**kwargs)


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
