"""What ``tick``, notices, files and erasure call back: the one list of who answers for which subject."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from mulin.config import acceptance, asks, honours, merchants, points, reserve, till
from mulin.ground.access import actions as access
from mulin.ground.access import queries as access_read
from mulin.ground.calendar import actions as calendar
from mulin.ground.files import actions as files
from mulin.ground.files import queries as files_read
from mulin.ground.modes import actions as modes
from mulin.ground.modes import queries as modes_read
from mulin.ground.notices import actions as notices
from mulin.ground.notices import queries as notices_read
from mulin.ground.people import queries as people
from mulin.ground.runs import actions as runs
from mulin.ground.runs import queries as runs_read
from mulin.ground.systems import actions as systems
from mulin.ground.systems import queries as systems_read
from mulin.ground.territory import actions as territory
from mulin.ground.territory import queries as territory_read
from mulin.ground.trail import actions as trail
from mulin.ground.trail import queries as trail_read
from mulin.ground.webhooks import actions as webhooks
from mulin.ground.webhooks import queries as webhooks_read
from mulin.ground.worklist import queries as worklist_read
from mulin.kernel import clock, hooks
from mulin.readers.indicators import actions as indicators
from mulin.readers.indicators import queries as indicators_read
from mulin.services.cases import actions as cases
from mulin.services.cases import queries as cases_read
from mulin.services.cases.actions import batches as case_batches
from mulin.services.cases.actions import exports as case_exports
from mulin.services.cases.actions import feeds as case_feeds
from mulin.services.cases.actions import ledgers as case_tables
from mulin.services.cases.actions import recounting as case_recounts
from mulin.services.cases.actions import saved as case_views
from mulin.services.cases.actions import sheets as case_sheets
from mulin.services.cases.actions import undo as case_undo
from mulin.services.cases.queries import batches as case_batches_read
from mulin.services.cases.queries import dues as case_dues
from mulin.services.cases.queries import saved as case_views_read
from mulin.services.cases.queries import sharing as case_sharing_read
from mulin.services.cases.queries import table as case_rules
from mulin.services.cases.queries.ledgers import KIND as CASE_TABLES
from mulin.services.cases.rules import EVENT_WORDS
from mulin.services.catalogue import actions as catalogue
from mulin.services.catalogue import queries as catalogue_read
from mulin.services.exchange import actions as exchange
from mulin.services.exchange import queries as exchange_read
from mulin.services.patrols import actions as patrols
from mulin.services.patrols import queries as patrols_read


def register() -> None:
    """Fill the kernel's hooks. Runs once per process."""
    hooks.tick += [
        ("trail.seal", trail.seal),
        ("notices.send_due", notices.send_due),
        ("files.sweep", files.sweep),
        ("access.purge_attempts", access.purge_attempts),
        ("cases.tend_tables", case_tables.tend_tables),
        ("cases.tend_batches", case_batches.tend_batches),
        ("cases.forget_before", case_batches.forget_before),
        ("calendar.seed_missing", calendar.seed_missing),
        ("runs.tend", runs.tend),
        ("systems.tend", systems.tend),
        ("modes.expire_due", modes.expire_due),
    ]
    _people()
    hooks.public_names += [people.public_names]
    hooks.kind_words |= {
        "case": _("案件"),
        "place_code": _("报事标牌"),
        "dues_feed": _("到期日历的订阅地址"),
        "case_unit": _("协办"),
        "case_officer": _("指定经办"),
        "case_batch": _("批量办理"),
        "routing_rule": _("派单规则"),
        "person": _("人员"),
        "organisation": _("单位"),
        "household": _("家庭"),
        "account": _("账号"),
        "grant": _("权限"),
        "division": _("辖区"),
        "grid": _("网格"),
        "station": _("站点"),
        "leave": _("请假"),
        "import": _("导入"),
        "calendar": _("工作日历"),
        "run": _("导出或导入"),
        "system": _("其他系统"),
        "matter": _("事项"),
        "matter_category": _("事项大类"),
        "admission": _("准入申请"),
        "mandate": _("街道职责清单"),
        "emergency_mode": _("平急状态"),
    }
    hooks.person_export += [trail_read.export, worklist_read.export, notices_read.export, files_read.export]
    hooks.person_export += [runs_read.export, systems_read.export_person]
    hooks.subject_url["system"] = lambda _actor, key: reverse("systems:system", args=[key])
    # The details of the trail are emptied by people.actions.erase itself, last of all.
    hooks.person_erase += [notices.erase_person, files.erase_person, runs.erase_person]
    hooks.verb_words |= {
        "work.reassigned": _("改派待办"),
        "run.asked": _("要求导出或导入"),
        "run.handed_out": _("下载导出的文件"),
        "system.opened": _("接入其他系统"),
        "system.closed": _("停用其他系统的密钥"),
        "trail.details_erased": _("清除个人信息明细"),
        "example.made": _("造好示例县"),
        "import.kept": _("上传台账"),
        "import.asked": _("要求导入留言表"),
        "case.import": _("导入案件"),
        "case.list_exported": _("导出案件列表"),
    }
    points.register()
    _territory()
    _calendar()
    _catalogue()
    _modes()
    _cases()
    _patrols()
    asks.register()
    _exchange()
    _indicators()
    _webhooks()


def _people() -> None:
    hooks.person_export += [access_read.export_person]
    hooks.overseen += [access_read.overseen]
    # First of all: whoever holds an office cannot be erased.
    hooks.person_erase += [access.erase_person]
    hooks.subject_url |= {
        "person": lambda _actor, key: reverse("people:person", args=[key]),
        "organisation": lambda _actor, key: reverse("people:unit", args=[key]),
    }
    hooks.verb_words |= {
        "person.added": _("登记人员"),
        "person.changed": _("更正个人信息"),
        "person.viewed": _("按号码查找"),
        "person.revealed": _("查看联系方式"),
        "person.exported": _("导出个人信息"),
        "person.erased": _("删除个人信息"),
        "consent.given": _("同意一项用途"),
        "consent.withdrawn": _("撤回一项同意"),
        "household.added": _("登记一户"),
        "household.joined": _("迁入一户"),
        "household.left": _("迁出一户"),
        "organisation.added": _("登记单位"),
        "organisation.changed": _("更正单位"),
        "organisation.ended": _("撤销单位"),
        "organisation.joined": _("登记任职"),
        "organisation.left": _("登记离任"),
        "team.leader_named": _("指定队长"),
        "team.seconded": _("队伍下沉"),
        "team.recalled": _("召回队伍"),
        "leave.entered": _("登记请假"),
        "leave.stand_in_changed": _("更换代办人"),
        "leave.ended": _("结束请假"),
        "account.opened": _("开通账号"),
        "account.signed_in": _("登录"),
        "account.sign_in_failed": _("登录密码不对"),
        "account.password_changed": _("修改密码"),
        "account.password_reset": _("重设密码"),
        "account.second_factor_removed": _("解除动态口令"),
        "account.closed": _("停用账号"),
        "account.reopened": _("恢复账号"),
        "grant.given": _("授予权限"),
        "grant.ended": _("收回权限"),
    }


def _territory() -> None:
    hooks.person_export += [territory_read.export_person]
    hooks.person_erase += [territory.erase_person]
    hooks.duties_end += [territory.end_duties]
    hooks.subject_url |= {
        "division": lambda _actor, key: reverse("territory:division", args=[key]),
        "grid": lambda _actor, key: reverse("territory:grid", args=[key]),
        "station": lambda _actor, key: reverse("territory:station", args=[key]),
        "leave": lambda _actor, _key: reverse("people:leaves"),
    }
    hooks.subject_reach |= {"division": territory_read.division_reach, "grid": territory_read.grid_reach}
    hooks.verb_words |= {
        "territory.open_county": _("开通县或更新区划"),
        "territory.add_division": _("添加地方"),
        "territory.rename_division": _("改地方名称"),
        "territory.outline_division": _("画地方边界"),
        "territory.end_division": _("撤销地方"),
        "territory.put_in_charge": _("登记负责单位"),
        "territory.relieve": _("取消负责单位"),
        "territory.settle": _("登记住处"),
        "territory.draw_grid": _("划网格"),
        "territory.redraw_grid": _("重画网格边界"),
        "territory.rename_grid": _("改网格名称"),
        "territory.end_grid": _("撤销网格"),
        "territory.put_in_grid": _("归入网格"),
        "territory.post_to_grid": _("安排网格员"),
        "territory.end_posting": _("网格员离岗"),
        "territory.import_grids": _("导入网格边界"),
        "territory.link_department": _("登记部门包联"),
        "territory.lead_department": _("指定牵头部门"),
        "territory.end_department_link": _("结束部门包联"),
        "territory.assign_officer": _("执法人员编入网格"),
        "territory.end_officer": _("执法人员离开网格"),
        "territory.add_station": _("设站点"),
        "territory.change_station": _("更正站点"),
        "territory.close_station": _("撤销站点"),
        "territory.post_to_station": _("安排常驻"),
        "territory.end_station_posting": _("结束常驻"),
        "territory.write_visit": _("记录站点工作"),
        "territory.withdraw_visit": _("撤回站点记录"),
        "territory.count_households": _("登记户数"),
    }


def _calendar() -> None:
    hooks.county_opened += [calendar.seed]
    hooks.subject_url |= {"calendar": lambda _actor, _key: reverse("calendar:year")}
    hooks.verb_words |= {
        "calendar.seed": _("写入已公布的放假安排"),
        "calendar.import": _("导入放假通知"),
        "calendar.set_day": _("改一天的休或班"),
        "calendar.set_hours": _("改作息时间"),
    }


def _catalogue() -> None:
    hooks.county_opened += [catalogue.install_categories]
    hooks.person_export += [catalogue_read.export_person]
    hooks.subject_url |= {
        "matter": lambda _actor, key: reverse("catalogue:matter", args=[key]),
        "admission": catalogue_read.admission_address,
        "mandate": lambda _actor, key: reverse("catalogue:mandate", args=[key]),
    }
    hooks.subject_reach["admission"] = catalogue_read.admission_reach
    hooks.work_words["admission"] = _("审核准入申请，给出理由")
    hooks.verb_words |= {
        "catalogue.category_added": _("添加事项大类"),
        "catalogue.category_changed": _("修改事项大类"),
        "catalogue.category_ended": _("停用事项大类"),
        "catalogue.drafted": _("起草事项"),
        "catalogue.edited": _("修改事项草稿"),
        "catalogue.published": _("发布事项"),
        "catalogue.retired": _("停用事项"),
        "catalogue.discarded": _("丢弃事项草稿"),
        "catalogue.imported": _("导入事项清单"),
        "admission.submitted": _("申请准入"),
        "admission.reviewing": _("开始审核准入"),
        "admission.admitted": _("准入"),
        "admission.refused": _("不予准入"),
        "admission.withdrawn": _("撤回准入申请"),
        "admission.revoked": _("撤销准入"),
        "mandate.drafted": _("起草街道职责清单"),
        "mandate.edited": _("修改街道职责草稿"),
        "mandate.published": _("发布街道职责清单"),
        "mandate.discarded": _("丢弃街道职责草稿"),
    }


def _modes() -> None:
    hooks.person_export += [modes_read.export_person]
    hooks.settlements += [territory_read.settlements]
    hooks.subject_url |= {"emergency_mode": lambda _actor, key: reverse("modes:mode", args=[key])}
    hooks.verb_words |= {
        "modes.declare": _("宣布预警或应急"),
        "modes.move": _("调整应急阶段"),
        "modes.extend": _("延长应急"),
        "modes.close": _("转为平时"),
        "modes.expire": _("应急到期，自动转为平时"),
    }


def _cases() -> None:
    hooks.tick += [
        ("cases.ask_expired", partial(cases.ask_expired, clock=clock.now)),
        ("cases.act_on_due", partial(cases.act_on_due, clock=clock.now)),
        ("cases.recount", partial(case_recounts.recount_due, clock=clock.now)),
    ]
    hooks.calendar_changed += [case_recounts.calendar_changed]
    hooks.subject_url["case"] = cases_read.address
    hooks.subject_url["routing_rule"] = case_rules.rule_address
    hooks.subject_url |= {kind: cases_read.part_address(kind) for kind in ("case_unit", "case_officer")}
    hooks.subject_url["case_batch"] = lambda _actor, key: reverse("cases:batch", args=[key])
    hooks.subject_url["place_code"] = lambda _actor, key: reverse("cases:place_code", args=[key])
    hooks.subject_visible["case"] = cases_read.visible
    hooks.subject_reach["case"] = cases_read.reach
    hooks.notice_failed["case"] = cases.message_failed
    hooks.person_export += [cases_read.export_reporter, case_views_read.export_views]
    hooks.person_export += [case_batches_read.export_batches]
    hooks.person_export += [case_sharing_read.export_supports]
    hooks.person_erase += [cases.erase_supports]
    hooks.person_erase += [cases.erase_reporter, case_views.erase_views, case_batches.erase_batches]
    hooks.person_erase += [case_feeds.erase_feeds]
    hooks.person_export += [case_dues.export_feed]
    hooks.run_kinds |= {
        case_exports.KIND: case_exports.make_list,
        case_batches.KIND: case_batches.make_batch,
        CASE_TABLES: case_tables.bring_in,
        case_sheets.KIND: case_sheets.make_sheet,
        case_undo.KIND: case_undo.make_undo,
    }
    hooks.run_url |= {
        kind: lambda facts: reverse("cases:batch", args=[facts["batch"]])
        for kind in (case_batches.KIND, case_undo.KIND)
    }
    hooks.run_url[case_sheets.KIND] = lambda _facts: reverse("cases:hotline")
    hooks.run_url[CASE_TABLES] = lambda facts: (
        reverse("cases:import_table", args=[facts["table"]]) if "table" in facts else ""
    )
    hooks.person_export += [case_rules.export_officer]
    _case_work()
    _case_deeds()


def _case_work() -> None:
    hooks.work_words |= {
        "screen": _("甄别：受理、派单或说明去向"),
        "handle": _("接单、办理"),
        "call_or_visit": _("打电话或上门告知"),
        "answer_hotline": _("把答复交给 12345（平台取走或交回单）"),
        "dissatisfied": _("居民不满意，请跟进"),
        "unanswered": _("反映人没有补充：决定怎么办"),
        "listen": _("听录音，写下说了什么"),
        "appeal": _("复核不予受理"),
        "close": _("看结果、结案"),
        "assist": _("协办：填写情况"),
        "officer": _("您被指定经办"),
        "verify": _("核查处置结果"),
        "arbitrate": _("裁定由谁主办"),
        "check": _("抽查即查即办"),
        "hard": _("难点问题：签认已解决"),
        "exclusion": _("审批剔除"),
        "decide": _("审批延期、等待或挂账"),
        "supervised": _("督办：按期答复"),
        "supervision": _("看督办的答复，销号或退回"),
        "supervision_late": _("督办到期没有答复，请过问"),
        "respond": _("还没有答复反映人，请答复"),
        "overdue": _("已超期：请过问，催办或改派"),
    }
    hooks.copy_words |= {
        "deferral_granted": _("您申请的延期或挂账已批准"),
        "deferral_declined": _("您申请的延期或挂账没有批准"),
        "answered": _("反映人已补充情况"),
        "withdrawn": _("反映人已撤回，不用办了"),
        "merged": _("并到别的案件一起办了"),
    }


def _case_deeds() -> None:
    hooks.verb_words |= {
        "case.report": _("上报"),
        "case.found_and_fixed": _("发现并当场解决"),
        "case.accept": _("受理派单"),
        "case.ask": _("请反映人补充"),
        "case.answer": _("补充情况"),
        "case.ask_expired": _("到期没有补充"),
        "case.go_on": _("不再等补充"),
        "case.transcribe": _("听写录音"),
        "case.refuse": _("不予受理"),
        "case.appeal": _("申请复核"),
        "case.decide_appeal": _("复核不予受理"),
        "case.withdraw": _("反映人撤回"),
        "case.reclassify": _("改事项类型"),
        "case.relocate": _("改地点"),
        "case.split": _("分成两件"),
        "case.merge_into": _("并案"),
        "case.merged_here": _("并入了另一份反映"),
        "case.unmerge": _("解除并案"),
        "case.unmerged_here": _("一份反映改为单独办理"),
        "case.share": _("向邻居公开"),
        "case.unshare": _("不再公开"),
        "case.support": _("邻居也遇到"),
        "case.learned": _("重新学习事项建议"),
        "place_code.made": _("做报事标牌"),
        "place_code.ended": _("停用报事标牌"),
        "dues_feed.made": _("开通到期日历的订阅地址"),
        "dues_feed.ended": _("停用到期日历的订阅地址"),
        "case.dispatch": _("派单"),
        "case.name_officers": _("指定经办人"),
        "case.visit": _("记录到场"),
        "case.assist_report": _("填写协办情况"),
        "case.return_not_ours": _("退单"),
        "case.arbitrate": _("裁定主办、协办"),
        "case.escalate": _("升级到上一级"),
        "case.take_up": _("接单"),
        "case.reply": _("答复反映人"),
        "case.dispose": _("填写处置结果"),
        "case.inform": _("记录电话或上门告知"),
        "case.rate": _("评价"),
        "case.follow_up": _("跟进不满意评价"),
        "case.verify_pass": _("核查通过"),
        "case.verify_fail": _("核查不通过"),
        "case.check_pass": _("抽查属实"),
        "case.check_fail": _("抽查不属实"),
        "case.sign_off_hard": _("签认难点问题"),
        "case.exclude": _("申请剔除"),
        "case.decide_exclusion": _("审批剔除"),
        "case.defer": _("申请延期、等待或挂账"),
        "case.decide_deferral": _("审批延期、等待或挂账"),
        "case.resume": _("恢复办理"),
        "case.urge": _("催办"),
        "case.overdue": _("超过时限"),
        "case.due_changed": _("到期时间按工作日历重算"),
        "case.supervise": _("督办"),
        "case.answer_supervision": _("答复督办"),
        "case.sign_off_supervision": _("督办销号"),
        "case.close": _("结案"),
        "case.reopen": _("重新办理"),
        "case.batch": _("批量办理"),
        "case.batch_undone": _("撤回批量办理"),
        "case.undo": _("撤回误操作"),
        "hotline.sheet_handed": _("回单表已交 12345"),
        "case.hotline_amended": _("12345 改了工单"),
        "case.return_taken": _("12345 同意退单"),
        "case.erase": _("清除反映人信息"),
        "case.message_failed": _("消息没有送达"),
        "case.contact.viewed": _("查看反映人联系方式"),
        "case.import": _("导入案件"),
        "routing.added": _("添加派单规则"),
        "routing.changed": _("修改派单规则"),
        "routing.ended": _("停用派单规则"),
    }


def _patrols() -> None:
    hooks.tick += [
        ("patrols.arrange", patrols.arrange_due),
        ("patrols.tell", patrols.tell_due),
        ("patrols.ask", patrols.ask_due),
    ]
    hooks.kind_words |= {
        "patrol_plan": _("巡查计划"),
        "patrol_task": _("巡查"),
        "patrol_turn": _("巡查"),
    }
    hooks.subject_url |= {
        "patrol_plan": patrols_read.plan_address,
        "patrol_task": patrols_read.address,
        "patrol_turn": patrols_read.turn_address,
    }
    hooks.subject_reach["patrol_task"] = patrols_read.reach
    hooks.person_export += [patrols_read.export_person]
    hooks.person_erase += [patrols.erase_person]
    hooks.work_words |= {
        "patrol": _("去走一趟，没问题点一下就行"),
        "patrol_reason": _("没走？说明原因；走过了请补记"),
    }
    hooks.verb_words |= {
        "patrol.plan_added": _("建巡查计划"),
        "patrol.plan_changed": _("改巡查计划"),
        "patrol.plan_activated": _("启用巡查计划"),
        "patrol.plan_ended": _("结束巡查计划"),
        "patrol.arranged": _("安排以后几天的巡查"),
        "patrol.asked": _("巡查过了时间，请说明原因"),
        "patrol.withdrawn": _("巡查不用走了"),
        "patrol.started": _("开始巡查"),
        "patrol.finding": _("巡查中发现问题"),
        "patrol.finished": _("巡查走完"),
        "patrol.missed": _("说明没走的原因"),
    }


def _webhooks() -> None:
    hooks.happened += [webhooks.hear]
    # Last of all: what they wait for is somebody else's machine.
    hooks.tick += [("webhooks.tend", webhooks.tend), ("webhooks.send_due", webhooks.send_due)]
    hooks.event_words |= EVENT_WORDS
    hooks.outside_url["case"] = _outside_case
    hooks.person_export += [webhooks_read.export_person]
    hooks.kind_words["webhook"] = _("推送")
    hooks.work_words["webhook_failed"] = _("有推送没有送到：请和对方联系，修好以后再发")
    hooks.subject_url["webhook"] = lambda _actor, key: reverse("webhooks:subscription", args=[key])
    hooks.verb_words |= {
        "webhook.opened": _("添加推送"),
        "webhook.secret_changed": _("换推送的签名密钥"),
        "webhook.paused": _("暂停推送"),
        "webhook.resumed": _("恢复推送"),
        "webhook.ended": _("停止推送"),
        "webhook.resent": _("再发没有送到的推送"),
    }


def _outside_case(number: str, scopes: Collection[str]) -> str:
    """Where a connected system reads a case: at the JSON API what may do there what Open311 does not know."""
    if systems_read.OF_API.intersection(scopes):
        return reverse("api:case", args=[number])
    return reverse("open311:request", args=[number, "json"])


def _exchange() -> None:
    for parts in (acceptance, honours, merchants, reserve, till):
        parts.register()
    hooks.tick += [("exchange.expire_due", exchange.expire_due)]
    hooks.books.append(exchange_read.wrong)
    hooks.person_export += [exchange_read.export_person]
    # First: a redemption is locked before its passbook (ground.points.actions.ledger).
    hooks.person_erase[:0] = [exchange.erase_person]
    hooks.kind_words |= {"redemption": _("兑换"), "shop": _("文明超市"), "good": _("商品")}
    hooks.subject_url |= {
        "redemption": exchange_read.address,
        "shop": lambda _actor, key: reverse("exchange:shop_desk", args=[key]),
        "good": lambda _actor, key: reverse("exchange:shelf", args=[key]),
    }
    hooks.verb_words |= {
        "shop.opened": _("设立文明超市"),
        "shop.closed": _("关闭文明超市"),
        "shop.keeper_named": _("指定柜台管理员"),
        "shop.keeper_ended": _("取消柜台管理员"),
        "shop.good_added": _("添商品"),
        "shop.good_changed": _("改商品"),
        "shop.good_ended": _("商品不再兑换"),
        "shop.received": _("进货"),
        "shop.handed": _("出货"),
        "shop.counted": _("盘点"),
        "redemption.reserved": _("预留兑换"),
        "redemption.collected": _("交货、扣积分"),
        "redemption.cancelled": _("取消兑换"),
        "redemption.expired": _("兑换过期"),
        "redemption.faulted": _("给不了货，退回积分"),
    }


def _indicators() -> None:
    hooks.tick += [
        ("indicators.arrange_months", indicators.arrange_months),
        ("indicators.keep_tallies", indicators.keep_tallies),
    ]
    hooks.run_kinds |= {
        indicators.KIND_ROUND: indicators.make_round,
        indicators.KIND_ONE: indicators.make_month,
    }
    hooks.person_export += [indicators_read.export_person]
    hooks.kind_words |= {"brief": _("简报"), "baseline": _("基期")}
    hooks.copy_words["brief"] = _("下级上报的简报")
    hooks.subject_url |= {
        "brief": indicators_read.brief_address,
        "baseline": lambda _actor, _key: reverse("indicators:baselines"),
    }
    hooks.subject_reach["brief"] = indicators_read.brief_reach
    hooks.verb_words |= {
        "brief.sent": _("上报简报"),
        "months.made": _("生成月报表"),
        "baseline.set": _("设定基期"),
        "baseline.ended": _("停用基期"),
    }
