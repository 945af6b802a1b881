"""What the points bank fills in: passbooks, rules and budgets; its fairness, with clocks, to-dos and pages of its own."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel import hooks


def register() -> None:
    """Called once, by ``handlers.register``."""
    hooks.tick += [
        ("points.seal", points.seal),
        ("points.end_holds", points.end_holds),
        ("points.warn_due", points.warn_due),
        ("points.expire_due", points.expire_due),
        ("points.look_daily", points.look_daily),
        ("points.strip_openings", points.strip_openings),
        ("points.rise_due", points.rise_due),
    ]
    hooks.person_export += [points_read.export_fairness, points_read.export_person]
    hooks.person_erase += [points.erase_person]
    hooks.kind_words |= {
        "passbook": _("积分存折"),
        "points_rule": _("积分规则"),
        "points_opening": _("历史存折名单"),
        "points_review": _("积分复核"),
        "points_plea": _("积分申诉"),
        "points_question": _("积分疑问"),
        "points_callback": _("积分回访"),
        "points_waiting": _("积分的事过了时间"),
        "points_risen": _("积分的事转到上一级"),
    }
    hooks.subject_url |= {
        "passbook": lambda _actor, key: reverse("points:passbook", args=[key]),
        "points_opening": lambda _actor, key: reverse("points:opening", args=[key]),
        "points_review": lambda _actor, key: reverse("points:review", args=[key]),
        "points_plea": lambda _actor, key: reverse("points:plea", args=[key]),
        "points_question": lambda _actor, key: reverse("points:question", args=[key]),
        "points_callback": lambda _actor, key: reverse("points:callback", args=[key]),
        "points_waiting": lambda _actor, _key: reverse("points:waiting"),
        "points_risen": lambda _actor, _key: reverse("points:fair"),
    }
    hooks.copy_words["points_risen"] = _("逾期没有办，已转到上一级")
    hooks.work_words |= {
        "opening_review": _("核对历史存折名单，转入或退回（录的人以外的一位）"),
        "points_review": _("看一看这几笔积分，问一问再定"),
        "points_plea": _("复核积分申诉"),
        "points_question": _("答复：这笔积分对不对"),
        "points_callback": _("回访：被帮助的人说有没有这件事"),
        "points_late": _("县级也过了时间还没有办，请过问"),
        "points_vacant": _("请指定一位和这件事无关的窗口工作人员"),
    }
    hooks.verb_words |= {
        "passbook.issued": _("开积分存折"),
        "passbook.lost": _("挂失积分存折"),
        "passbook.replaced": _("补发积分存折"),
        "passbook.closed": _("积分存折销户"),
        "points.rule": _("公布积分规则"),
        "points.budget": _("下达积分预算"),
        "points.opening": _("录入历史存折"),
        "points.opening_approved": _("转入历史存折"),
        "points.opening_declined": _("退回历史存折名单"),
        "points.review_found": _("发现几笔积分要看一看"),
        "points.review_decided": _("看过几笔积分"),
        "points.plea_made": _("对积分复核提出申诉"),
        "points.plea_decided": _("复核积分申诉"),
        "points.asked": _("问一笔积分对不对"),
        "points.answered": _("答复一笔积分的疑问"),
        "points.called_back": _("回访一件好事"),
        "points.risen": _("逾期转上级"),
    }
