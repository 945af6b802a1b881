"""What the fairness of the points bank fills in: its clock, the words of its to-dos and deeds, where its pages are."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel import hooks


def register() -> None:
    """Called once, by ``handlers.register``."""
    hooks.tick += [("points.look_daily", points.look_daily), ("points.strip_openings", points.strip_openings)]
    hooks.person_export += [points_read.export_fairness]
    hooks.kind_words |= {
        "points_review": _("积分复核"),
        "points_question": _("积分疑问"),
        "points_callback": _("积分回访"),
    }
    hooks.subject_url |= {
        "points_review": lambda _actor, key: reverse("points:review", args=[key]),
        "points_question": lambda _actor, key: reverse("points:question", args=[key]),
        "points_callback": lambda _actor, key: reverse("points:callback", args=[key]),
    }
    hooks.work_words |= {
        "points_review": _("看一看这几笔积分，问一问再定"),
        "points_plea": _("复核积分申诉"),
        "points_question": _("答复：这笔积分对不对"),
        "points_callback": _("回访：被帮助的人说有没有这件事"),
    }
    hooks.verb_words |= {
        "points.review_found": _("发现几笔积分要看一看"),
        "points.review_decided": _("看过几笔积分"),
        "points.plea_made": _("对积分复核提出申诉"),
        "points.plea_decided": _("复核积分申诉"),
        "points.asked": _("问一笔积分对不对"),
        "points.answered": _("答复一笔积分的疑问"),
        "points.called_back": _("回访一件好事"),
    }
