"""Forms of acts that name a place, a matter type, a level, a unit or persons: their choices are the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from mulin.services.cases.forms.acts import ActionForm, words
from mulin.services.cases.rules import EscalationReason, ReturnReason, Urgency

Choices = Any
"""[(value, words)] or grouped [(group, [(value, words)])]."""


def offer(form: forms.Form, field: str, choices: Choices, first: Any = None) -> None:
    cast(forms.ChoiceField, form.fields[field]).choices = [*([("", first)] if first else []), *choices]


def offer_matters(form: forms.Form, matters: Choices, hints: Any, first: Any) -> None:
    """The matters on offer, those that the words speak for once more at the top. ``hints``: of ``queries.lessons.hints``;
    None where nothing was learned. Nothing is chosen beforehand."""
    field = form.fields["matter"]
    named = [(str(one.matter), one.words()) for one in hints or ()]
    offer(form, "matter", [*([(_("看文字像是"), named)] if named else []), *matters], first)
    if hints is None:
        return
    said = _("看文字像是：%(matters)s。请您定。") if named else _("看文字说不准是哪一类，请您定。")
    told = {"matters": _("；").join(words for _key, words in named)} if named else {}
    field.help_text = f"{field.help_text} {said % told}".strip()


def destination(chosen: str) -> dict[str, Any]:
    """``grid`` and ``place`` of a choice: ``g:`` + grid id or ``d:`` + division id; '' = neither."""
    kind, _colon, key = chosen.partition(":")
    return {"grid": UUID(key) if kind == "g" else None, "place": UUID(key) if kind == "d" else None}


class Ids(forms.MultipleChoiceField):
    """Some of the persons or units on offer, as ids."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: Any) -> list[UUID]:
        return [UUID(one) for one in super().clean(value)]


class AcceptForm(ActionForm):
    """What it is and which grid; the choices are the clerk's own (``to``: ``g:`` + grid id or ``d:`` + division id; '' =
    as reported). ``many``: one form for several cases, each of which keeps its own where nothing is chosen."""

    matter = forms.ChoiceField(
        label=_("是什么事项"), required=False, help_text=_("选了事项，就按清单派单、计时；拿不准可以先不选。")
    )
    to = forms.ChoiceField(label=_("派到哪里"), required=False)
    urgency = forms.ChoiceField(
        label=_("急不急"), choices=Urgency.choices, initial=Urgency.NORMAL, required=False
    )

    def __init__(
        self,
        *args: Any,
        to: Choices = (),
        stays: bool = False,
        matters: Choices = (),
        many: bool = False,
        hints: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].required = not stays
        as_it_is = _("各件照旧")
        if many:
            self.fields["urgency"].initial = ""
            offer(self, "urgency", Urgency.choices, as_it_is)
        offer(self, "to", to, _("就在原来的网格") if stays else _("请选择"))
        offer_matters(self, matters, hints, as_it_is if many else _("先不选"))
        if not matters:
            del self.fields["matter"]

    def told(self) -> dict[str, Any]:
        """``grid``, ``place``, ``matter`` and ``urgency`` for the action."""
        matter = self.cleaned_data.get("matter")
        return destination(self.cleaned_data["to"]) | {
            "matter": UUID(matter) if matter else None,
            "urgency": self.cleaned_data["urgency"],
        }


MOST_NAMED = 6


def by_letters(asked: str, choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The choice called so, with or without the 县 before it; else those whose name contains what was asked; else those
    that have its letters in this order: 住建局 is 住房和城乡建设局. What stands in brackets is no name."""
    wanted = asked.strip().casefold().removeprefix("县")
    names = [(one, str(one[1]).partition("（")[0].casefold().removeprefix("县")) for one in choices]
    same = [one for one, name in names if name == wanted]
    plain = same or [one for one, name in names if wanted in name]
    return plain or [one for one, name in names if _in_order(wanted, name)]


def _in_order(letters: str, words: str) -> bool:
    left = iter(words)
    return all(letter in left for letter in letters)


class _Holder(ActionForm):
    """Who is to hold it: ``l:`` + level (by territory) or ``u:`` + unit id (on the county's or the unit's own level)."""

    holder = forms.ChoiceField(label=_("由谁主办"))
    called = forms.CharField(
        label=_("或者写单位的名称"),
        required=False,
        max_length=80,
        help_text=_("写简称也行，比如“住建局”。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    assists = Ids(label=_("协办单位"))

    def __init__(self, *args: Any, holders: Choices = (), units: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "holder", holders, _("请选择"))
        self.fields["holder"].required = not self.data.get("called")
        offer(self, "assists", units)
        if not units:
            del self.fields["assists"]

    def clean(self) -> dict[str, Any]:
        """Who was chosen, else the one whose name has these letters in this order."""
        said = super().clean() or {}
        if said.get("holder") or "holder" in self.errors or not said.get("called"):
            return said
        offered = [one for _group, rows in self.fields["holder"].choices[1:] for one in rows]  # type: ignore[attr-defined]
        found = by_letters(said["called"], [(key, words) for key, words in offered if key.startswith("u:")])
        if len(found) == 1:
            said["holder"] = found[0][0]
        elif found:
            names = "、".join(str(words).partition("（")[0] for _key, words in found[:MOST_NAMED])
            self.add_error("called", _("不止一家单位像这个名称：%(names)s。请写全一点。") % {"names": names})
        else:
            self.add_error("called", _("可以派的单位里没有像这个名称的。"))
        return said

    def told(self) -> dict[str, Any]:
        """``level``, ``unit`` and ``assists`` for the action."""
        kind, level, *key = self.cleaned_data["holder"].split(":")
        return {
            "level": level,
            "unit": UUID(key[0]) if kind == "u" else None,
            "assists": self.cleaned_data.get("assists", []),
        }


WHY_THIS_ORDER = _("在岗的、离得近的、手上少的在前。数字是现在的，只供参考，不留存；由您决定。")


class DispatchForm(_Holder):
    persons = Ids(label=_("指定经办人（可选几位）"), help_text=WHY_THIS_ORDER)
    note = words(_("交代的话"), rows=2, most=500, required=False)
    field_order = ("version", "holder", "called", "persons", "note", "assists")

    def __init__(self, *args: Any, persons: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "persons", persons)
        if not persons:
            del self.fields["persons"]

    def told(self) -> dict[str, Any]:
        """And ``persons``, ``note``."""
        said = self.cleaned_data
        return super().told() | {"persons": said.get("persons", []), "note": said["note"]}


class ArbitrateForm(_Holder):
    """``helping``: the units that help now; whoever stays ticked goes on helping."""

    reason = words(_("裁定的理由"), most=1000, help_text=_("各单位都看得到；裁定后不能再退。"))

    def __init__(self, *args: Any, helping: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["assists"] = list(helping)

    def told(self) -> dict[str, Any]:
        """And ``reason``."""
        return super().told() | {"reason": self.cleaned_data["reason"]}


class NameOfficersForm(ActionForm):
    persons = Ids(label=_("经办人（可选几位）"), help_text=WHY_THIS_ORDER)

    def __init__(self, *args: Any, persons: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "persons", persons)


class VisitForm(ActionForm):
    text = words(_("到现场看到什么、做了什么"), most=1000, help_text=_("只给工作人员看。"))


class AssistReportForm(ActionForm):
    text = words(_("协办的情况"), most=1000, help_text=_("写您单位做了什么；主办单位看得到。"))


class ReturnForm(ActionForm):
    code = forms.ChoiceField(label=_("退单的理由"), choices=ReturnReason.choices)
    reason = words(_("依据什么说不归你们、应当归谁"), most=1000, help_text=_("总的期限不会因为退单变长。"))


class EscalateForm(ActionForm):
    code = forms.ChoiceField(
        label=_("为什么要升级"),
        choices=[one for one in EscalationReason.choices if one[0] != EscalationReason.OVERDUE],
    )
    reason = words(_("本级办不了的情况"), most=1000)
    level = forms.ChoiceField(
        label=_("紧急的可以越级"),
        required=False,
        choices=[
            ("", _("上一级")),
            ("community", _("社区（村）")),
            ("street", _("街道（乡镇）")),
            ("county", _("县级部门")),
        ],
    )


class ReclassifyForm(ActionForm):
    matter = forms.ChoiceField(label=_("其实是什么事项"))
    reason = words(
        _("为什么改"),
        rows=2,
        most=1000,
        help_text=_("总的期限按新事项从受理时重算；还由现在的人办，需要时再派单。"),
    )

    def __init__(self, *args: Any, matters: Choices = (), hints: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_matters(self, matters, hints, _("请选择"))

    def told(self) -> dict[str, Any]:
        """``matter`` and ``reason`` for the action."""
        return {"matter": UUID(self.cleaned_data["matter"]), "reason": self.cleaned_data["reason"]}


class RelocateForm(ActionForm):
    to = forms.ChoiceField(label=_("其实在哪里"))
    reason = words(_("为什么改"), rows=2, most=1000, help_text=_("反映人看得到。会转给管那里的人。"))

    def __init__(self, *args: Any, to: Choices = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", to, _("请选择"))

    def told(self) -> dict[str, Any]:
        """``grid``, ``place`` and ``reason`` for the action."""
        return destination(self.cleaned_data["to"]) | {"reason": self.cleaned_data["reason"]}
