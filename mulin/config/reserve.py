"""What the reserve behind the points calls back, and its words: pledges, covers, the rule that slows issuing."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.kernel import hooks
from mulin.services.exchange.queries import reserve as shelves


def register() -> None:
    """Clocks, shelves, words. Called once, by ``handlers.register``."""
    hooks.tick.append(("points.measure_covers", points.measure_covers))
    hooks.points_backing.append(shelves.backing)
    hooks.order_paced.append(points_read.paced_on)
    hooks.kind_words |= {
        "pledge": _("兑付承诺"),
        "points_cover": _("积分储备"),
        "pace_rule": _("储备不够时慢发"),
    }
    hooks.subject_url |= {
        "pledge": lambda _actor, _key: reverse("points:reserve"),
        "points_cover": lambda _actor, _key: reverse("points:reserve"),
        "pace_rule": lambda _actor, _key: reverse("points:pace"),
    }
    hooks.verb_words |= {
        "points.pledged": _("登记兑付承诺"),
        "points.pledge_ended": _("提前结束兑付承诺"),
        "points.pace_rule": _("公布慢发规则"),
        "points.pace": _("公布积分发放比例"),
    }
