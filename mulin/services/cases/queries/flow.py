"""What a matter type and the county add to the state table for its flowchart (row 10), and how far a case has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mulin.ground.people import queries as people
from mulin.services.cases.models import Case, CaseStep
from mulin.services.cases.queries.limits import UNTYPED
from mulin.services.cases.rules import (
    ANSWER_DAYS,
    APPEAL_DAYS,
    CLERKS,
    COMMUNITY,
    COMPOUND,
    COUNTY,
    GRID,
    LEVEL_WORDS,
    LIMITS,
    REOPEN_DAYS,
    RETURNS_BEFORE_ARBITRATION,
    STREET,
    UPPER,
    State,
    Words,
    level_of_role,
)
from mulin.services.cases.rules.flow import START, Chart, Facts, Walked, chart
from mulin.services.catalogue import queries as catalogue

BY_PLACE: Final[dict[str, Words]] = {
    GRID: gettext_lazy("那里的网格员"),
    COMPOUND: gettext_lazy("那里的物业企业，没有的由社区办"),
    COMMUNITY: gettext_lazy("那里的社区（村）"),
    STREET: gettext_lazy("那里的街道（乡镇）"),
    COUNTY: gettext_lazy("由县级派给部门"),
}
"""Who leads at a level where the matter type names no unit."""


@dataclass(frozen=True)
class Asked:
    """Whose chart: a version of a matter type at a level in a mode (``version`` None: no matter type known yet)."""

    version: Any
    level: str
    mode: str
    lead: str = ""
    """The unit that leads a case; '' = as the version says."""


def chart_of(asked: Asked, case: Case | None = None) -> Chart:
    """The chart of a version; of a case, with the way that it has gone. Four statements at most."""
    limits = _limits(asked)
    lead, assists = _units(asked)
    notes = {
        START: (_("群众反映、巡查发现、热线转来"),),
        State.REPORTED: (_roles(CLERKS), _("%(span)s内受理") % {"span": limits["accept"]}),
        State.ASSIGNED: (lead, _("%(span)s内首次联系") % {"span": limits["first_response"]}),
        State.IN_HAND: (
            _("主办：%(unit)s") % {"unit": lead},
            *((_("协办：%(units)s") % {"units": "、".join(assists)},) if assists else ()),
            _("%(span)s内处置") % {"span": limits["dispose"]},
            *((_("要附：%(what)s") % {"what": _evidence(asked)},) if _evidence(asked) else ()),
        ),
        State.RETURNED: (_roles(CLERKS), _("写明退单理由")),
        State.DISPUTED: (
            _("退单满 %(n)s 次以后") % {"n": RETURNS_BEFORE_ARBITRATION},
            _("%(who)s，%(span)s内") % {"who": _roles(UPPER), "span": _span(LIMITS.arbitrate)},
        ),
        State.ASKED: (_("%(n)s 天内补充，期间不计时") % {"n": ANSWER_DAYS},),
        State.WAITING: (_("有法定依据，另一人审批"),),
        State.SHELVED: (_("有文书、有期限，另一人审批"),),
        State.DISPOSED: (
            *((str(asked.version.get_verification_display()),) if asked.version is not None else ()),
            _("%(span)s内核查、评价") % {"span": limits["verify"]},
            _("结果告知每一位反映人"),
        ),
        State.VERIFIED: (_("由经办人以外的人结案"),),
        State.CLOSED: (_("%(n)s 天内可以要求重新办理") % {"n": REOPEN_DAYS},),
        State.NOT_ADMITTED: (_("写明理由和去向"), _("%(n)s 天内可以申请复核一次") % {"n": APPEAL_DAYS}),
        State.APPEALED: (_("由作出决定以外的人复核"), _("%(span)s内") % {"span": _span(LIMITS.appeal)}),
        State.MERGED: (_("各自凭回执看结果"),),
    }
    title = _("标准处置流程")
    if asked.version is not None:
        title = _("%(matter)s：标准处置流程") % {"matter": asked.version.label}
    verification = (case.verification if case is not None else "") or (
        asked.version.verification if asked.version is not None else ""
    )
    words = {str(key): lines for key, lines in notes.items()}
    return chart(
        Facts(title, words, verification),
        walked(case) if case is not None else None,
    )


def asked_of(case: Case) -> Asked:
    """The chart under which a case is handled: the version, level, mode and lead that it has."""
    level = case.level or (case.matter.level if case.matter is not None else GRID)
    return Asked(case.matter, level, case.mode or "routine", case.unit.name if case.unit is not None else "")


def walked(case: Case) -> Walked:
    """The states that a case has been in and the moves that it made. One statement."""
    since = {State.REPORTED.value: _when(case.reported_at), START: _when(case.reported_at)}
    moves = {(START, State.REPORTED.value)}
    steps = CaseStep.objects.filter(case=case).order_by("at", "id")
    for before, after, at in steps.values_list("from_state", "to_state", "at"):
        if before and after and before != after:
            moves.add((before, after))
            since[after] = _when(at)
    return Walked(case.state, since, frozenset(moves))


def _when(at: Any) -> str:
    return date_format(localtime(at), "m-d H:i")


def _limits(asked: Asked) -> dict[str, str]:
    """Step → its limit in words."""
    known = asked.version is not None
    found = catalogue.limits(asked.version, asked.level, asked.mode) if known else UNTYPED
    steps = ("accept", "first_response", "dispose", "verify")
    return {step: catalogue.limit_words(getattr(found, step)) for step in steps}


def _span(span: Any) -> str:
    return catalogue.limit_words(catalogue.Limit(span))


def _units(asked: Asked) -> tuple[str, list[str]]:
    """(who leads, who helps) in words."""
    if asked.version is None:
        return asked.lead or str(BY_PLACE[asked.level]), []
    content = catalogue.content_of(asked.version)
    names = people.organisation_names(content.assists)
    own = asked.version.lead_unit.name if asked.version.lead_unit is not None else ""
    first = own if asked.level == asked.version.level else ""
    return asked.lead or first or str(BY_PLACE[asked.level]), [
        names[one] for one in content.assists if one in names
    ]


def _evidence(asked: Asked) -> str:
    if asked.version is None or asked.version.evidence_needed == "none":
        return ""
    return str(asked.version.get_evidence_needed_display())


def _roles(roles: Iterable[str]) -> str:
    """The levels on which clerks of these roles work."""
    return "、".join(str(LEVEL_WORDS[level_of_role(role)]) for role in roles)
