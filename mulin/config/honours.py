"""What the ground calls back about commendations: clocks, addresses, words, export and erasure."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _

from mulin.kernel import hooks
from mulin.services.exchange.actions import honour_notice
from mulin.services.exchange.queries import honours as read


def register() -> None:
    """Called once, by ``handlers.register``."""
    hooks.tick.append(("exchange.act_on_honours", honour_notice.act_on_honours))
    hooks.person_export.append(read.export_honours)
    hooks.person_erase.append(honour_notice.erase_honours)
    hooks.kind_words |= {"commendation": _("评优表彰"), "nomination": _("提名"), "objection": _("公示异议")}
    hooks.subject_url |= {
        kind: partial(read.address, kind) for kind in ("commendation", "nomination", "objection")
    }
    hooks.work_words |= {
        "honour_consent": _("等被提名的人答复；没有账号的请当面问一问，代为填写"),
        "honour_decide": _("提名截止，请评定"),
        "honour_next": _("公示中空出一个名额：递补或空着，写明理由"),
        "honour_late": _("评选过了时间还没有评定，请过问"),
        "honour_objection": _("核实公示异议，给出答复"),
        "honour_objection_late": _("公示异议过了时间还没有答复，请过问"),
    }
    hooks.verb_words |= {
        "commendation.held": _("公布评选"),
        "commendation.opened": _("开始提名"),
        "commendation.closed": _("提名截止，统计优先依据"),
        "commendation.recounted": _("重新统计优先依据"),
        "commendation.decided": _("评定"),
        "commendation.left_empty": _("名额空着"),
        "commendation.late": _("评定过了时间"),
        "commendation.passed_up": _("换一级评定"),
        "commendation.amended": _("改评选公告"),
        "commendation.done": _("评选结束"),
        "commendation.cancelled": _("取消评选"),
        "nomination.made": _("提名"),
        "nomination.agreed": _("同意提名"),
        "nomination.declined": _("不参加评选"),
        "nomination.chosen": _("选定，开始公示"),
        "nomination.awarded": _("公示期满，表彰"),
        "nomination.withdrawn": _("撤销表彰"),
        "nomination.names.viewed": _("查看候选人姓名"),
        "objection.made": _("提出公示异议"),
        "objection.upheld": _("公示异议成立"),
        "objection.dismissed": _("公示异议不成立"),
        "objection.name.viewed": _("查看提异议的人的姓名"),
        "objection.late": _("公示异议过了时间"),
    }
