"""What the engine of orders calls back: who stands on which rung of the ladder, and the points of what was confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mulin.ground.access import queries as access_read
from mulin.ground.orders import actions as orders
from mulin.ground.orders import queries as orders_read
from mulin.ground.orders.queries import figures as orders_figures
from mulin.ground.points import actions as points
from mulin.ground.points import queries as points_read
from mulin.ground.territory import queries as territory_read
from mulin.kernel import hooks
from mulin.kernel.actor import Actor
from mulin.kernel.clock import local_day
from mulin.services.mutual_aid import actions as mutual_aid
from mulin.services.mutual_aid import queries as mutual_aid_read
from mulin.services.volunteering import queries as volunteering_read


def earn(*, order: Any, claim: Any, by: Actor, now: datetime) -> tuple[int, str] | None:
    """Both sides said that it is done: the points of the kind's rule, where the county has one in force; and why there are
    none; nothing for what a unit did. The story names nobody."""
    kind = orders_read.kind_of(order.kind)
    day = local_day(claim.served_at or now)
    confirmer = claim.confirmed_by_id
    if (
        claim.person_id is None
        or claim.unit_id
        or confirmer is None
        or kind.points not in points_read.points_on(day)
    ):
        return None
    with translation.override("zh-hans"):  # what is kept reads the same, whoever confirmed
        story = gettext("帮邻居：%(what)s") % {"what": kind.name}
    earned = points.earn(
        by=by, now=now, rule_code=kind.points, key=f"{orders_figures.EARNED}{claim.pk}", done_on=day,
        subject=("order", order.pk),
        story=story, person=claim.person_id,
        community_path=territory_read.community_path(order.path), confirmed_by=confirmer,
        evidence={"number": order.number}, whoever=True,
    )  # fmt: skip
    return earned.points, earned.reason_if_zero


def team(path: str, grid_path: str) -> dict[str, str] | None:
    """Who is at hand in the grid: its worker, else its head."""
    for role in ("grid_worker", "grid_head"):
        if grid_path and access_read.holders(role, path=grid_path):
            return {"role": role, "path": grid_path}
    return None


def office(path: str, _grid_path: str) -> dict[str, str]:
    """The nearest office in which somebody works."""
    return orders_read.office(path)


def street(path: str, _grid_path: str) -> dict[str, str] | None:
    """The one above it."""
    return orders_read.office_above(path, orders_read.office(path)["path"])


def register() -> None:
    """Kinds, guards, rungs, words and clocks of orders. Called once, by ``handlers.register``."""
    hooks.tick += [
        ("orders.act_on_due", orders.act_on_due),
        ("orders.return_barred", orders.return_barred),
        ("orders.earn_late", orders.earn_late),
    ]
    hooks.passbook_issued.append(orders.earn_for)
    hooks.order_customers |= {
        mutual_aid_read.CUSTOMER: mutual_aid_read.HELP,
        volunteering_read.CUSTOMER: volunteering_read.WISHES,
    }
    hooks.order_kinds |= {one.code: one for one in (*mutual_aid_read.KINDS, *volunteering_read.KINDS)}
    for customer in hooks.order_customers:
        hooks.order_guards[customer] = mutual_aid_read.barred
    hooks.order_points.append(points_read.points_on)
    for customer in hooks.order_customers:
        hooks.order_confirmed[customer] = earn
    hooks.order_rungs |= {"team": team, "office": office, "street": street}
    hooks.kind_words |= {"order": _("邻里求助"), "vetting": _("看护核查")}
    hooks.subject_url |= {
        "order": orders_read.address,
        "vetting": lambda _actor, _key: reverse("mutual_aid:vettings"),
    }
    hooks.subject_reach["order"] = orders_read.reach
    hooks.person_export += [orders_read.export_person, mutual_aid_read.export_person]
    hooks.person_erase += [orders.erase_person, mutual_aid.erase_person]
    hooks.work_words |= {
        "order_review": _("审核求助：能不能发出去"),
        "order_review_late": _("求助过了时间还没有审核，请过问"),
        "order_find": _("还没有人接：请人来帮，或自己帮"),
        "order_offer": _("社区请你们来帮，答应或婉拒"),
        "order_confirm": _("问一问求助的人，帮完了就代为确认"),
        "order_overdue": _("县级也过了时间还没有办，请过问"),
        "order_answer": _("答复求助的人：没有人接，或不满意"),
    }
    hooks.verb_words |= {
        "order.ask": _("提出求助"),
        "order.approve": _("求助审核通过"),
        "order.refuse": _("求助审核不通过"),
        "order.join": _("也要这一件求助"),
        "order.leave": _("不要这一件求助了"),
        "order.merge_into": _("求助并到同一件"),
        "order.take_in": _("同样的求助并了进来"),
        "order.unmerge": _("求助分开办"),
        "order.hush": _("谢谢的话不再念出来"),
        "order.claim": _("认领求助"),
        "order.dispatch": _("求助派单"),
        "order.accept": _("答应来帮"),
        "order.decline": _("婉拒来帮"),
        "order.give_back": _("退回求助"),
        "order.lapse": _("求助过了时间，退回"),
        "order.raise_up": _("求助请上一级来办"),
        "order.oversee": _("求助逾期，请领导过问"),
        "order.climb": _("求助请下一级找人"),
        "order.serve": _("说帮完了"),
        "order.confirm": _("确认帮完了"),
        "order.not_done": _("说还没有帮完"),
        "order.rate": _("评价互助"),
        "order.review_late": _("求助审核过了时间"),
        "order.confirm_late": _("求助还没有确认"),
        "order.withdraw": _("撤回求助"),
        "order.expire": _("求助到期"),
        "order.erase": _("求助人的信息已删除"),
        "order.answer": _("答复求助的人"),
        "order.reopen": _("重新提出求助"),
        "order.willing": _("登记愿意帮什么"),
        "order.contact.viewed": _("查看求助人的姓名和门牌"),
        "vetting.checked": _("登记看护核查"),
        "vetting.ended": _("停用看护核查"),
    }
