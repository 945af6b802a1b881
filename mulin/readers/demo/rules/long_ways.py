"""Cases of the example county that went a long way: several units, disputes, questions, appeals, orders. All invented.

Each is a script of turns; ``stories`` makes plans of them and ``actions.cases`` plays them with the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CITY, WORKS, LAND, POWER, GAS = (
    "县城市管理综合执法局", "县住房和城乡建设局", "县自然资源局", "县供电公司", "县燃气公司",
)  # fmt: skip
TRAFFIC = "县公安局交通警察大队"


@dataclass(frozen=True)
class Turn:
    """What somebody does so many hours before now.

    ``who``: ``reporter``, ``hotline``, ``worker``, ``clerk`` (of the community), ``street``, ``county``, ``second`` (the
    county clerk's colleague), ``leader``, ``property``, or a unit's name. ``told``: the act's arguments; ``unit`` and
    ``assists`` by name, ``matter`` True for the story's own matter type, ``until`` and ``due_at`` in hours from the turn.
    """

    hours: float
    act: str
    who: str = ""
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LongWay:
    """A story of ``matters`` by its title with its turns, in the grid so far along from the home grid."""

    title: str
    turns: tuple[Turn, ...]
    block: int = 0
    by: str = "neighbour"
    source: str = "resident"
    key: str = ""
    at: str = ""
    """The key of a story that happens at the same spot."""
    text: str = ""
    """In words of one's own; '' are the matter's."""
    result: str = ""
    street: bool = False
    """On the street, in no compound."""
    urgent: bool = False
    """Nobody waits for the morning."""


def said(hours: float, who: str, text: str) -> Turn:
    """A reply by telephone."""
    return Turn(hours, "reply", who, {"text": text, "way": "phone"})


def _rated(hours: float, score: str = "satisfied", comment: str = "") -> Turn:
    return Turn(hours, "rate", "reporter", {"score": score, "comment": comment})


LONG_WAYS: tuple[LongWay, ...] = (
    # a hard problem: three units worked on it, another person saw it, a leader vouches for it
    LongWay(
        "违建又盖起来了",
        (
            Turn(1010, "report"),
            Turn(1006, "accept", "clerk", {"matter": True}),
            Turn(1003, "take_up", CITY),
            said(1002, CITY, "明天上午和自然资源局一起到现场，先责令停工。"),
            Turn(980, "visit", CITY, {"text": "彩钢房约十二平方米，无手续，已当场下达停工通知。"}),
            Turn(930, "assist_report", LAND, {"text": "已核查用地和规划，出具认定意见：未取得许可。"}),
            Turn(925, "assist_report", WORKS, {"text": "已核对小区竣工图，该处为公共绿地。"}),
            Turn(800, "dispose", CITY, {"result": "当事人在期限内自行拆除，绿地由物业补种，三家单位到场确认。"}),
            Turn(799, "inform", CITY, {"outcome": "reached"}),
            Turn(778, "verify_pass", "clerk", {"note": "到现场看过，已拆净，绿地已平整。"}),
            _rated(770, comment="拆得彻底，谢谢。"),
            Turn(750, "sign_off_hard", "leader", {"note": "三家单位合力办成，住户没有再反映。"}),
        ),
        block=1,
    ),
    LongWay(
        "下水井往外冒水",
        (
            Turn(640, "report"),
            Turn(639, "accept", "clerk", {"matter": True}),
            Turn(638.6, "take_up", WORKS),
            said(638, WORKS, "抢修车已出发，先抽水再查堵点。"),
            Turn(636, "assist_report", CITY, {"text": "已联系早餐摊清掏隔油池，责令不得直排。"}),
            Turn(631, "dispose", WORKS, {"result": "疏通主管三十米，清出油垢，更换井圈，路面已冲洗。"}),
            Turn(630, "inform", WORKS, {"outcome": "reached"}),
            Turn(613, "verify_pass", "clerk", {"note": "两天后去看，没有再冒水。"}),
            _rated(604, "mostly_satisfied"),
            Turn(590, "sign_off_hard", "street", {"note": "执法和住建一起办，油污源头也断了。"}),
        ),
        block=2,
    ),
    # nobody's lamp: three units send it back, the county decides who leads
    LongWay(
        "路灯一排都不亮",
        (
            Turn(500, "report"),
            Turn(498, "accept", "clerk", {"matter": True}),
            Turn(494, "return_not_ours", WORKS,
                 {"code": "not_our_duty", "reason": "这段路灯没有移交给住建局，产权在供电公司。"}),
            Turn(488, "dispatch", "county", {"level": "county", "unit": POWER}),
            Turn(470, "return_not_ours", POWER,
                 {"code": "not_our_duty", "reason": "供电到配电箱为止，灯杆和线路由住建局管护。"}),
            Turn(466, "dispatch", "county", {"level": "street"}),
            Turn(450, "return_not_ours", "street",
                 {"code": "needs_lead", "reason": "街道没有路灯检修能力，请县里明确主办。"}),
            Turn(430, "arbitrate", "county",
                 {"level": "county", "unit": WORKS, "assists": [POWER],
                  "reason": "按照城市照明管理规定，由住建局主办；供电公司查配电箱。"}),
            Turn(428, "take_up", WORKS),
            said(427, WORKS, "今晚先查线路，明天换灯头。"),
            Turn(410, "assist_report", POWER, {"text": "更换配电箱空气开关一只，送电正常。"}),
            Turn(404, "dispose", WORKS, {"result": "更换五盏灯头和一段电缆，晚上查看全部亮灯。"}),
            Turn(403, "inform", WORKS, {"outcome": "reached"}),
            _rated(390, "mostly_satisfied", "修好了，就是等得久。"),
            Turn(380, "sign_off_hard", "leader", {"note": "住建和供电合力修好，责任已写清。"}),
        ),
        block=3,
    ),
    # asked, answered, done; and one that waits for its reporter
    LongWay(
        "高龄津贴停发了",
        (
            Turn(360, "report"),
            Turn(356, "take_up", "worker"),
            Turn(355, "ask", "worker", {"question": "老人今年做过生存认证吗？卡是哪家银行的？"}),
            Turn(318, "answer", "reporter", {"text": "没做过认证，不会用手机。是信用社的存折。"}),
            said(316, "worker", "下午上门帮老人做认证。"),
            Turn(310, "dispose", "worker", {"result": "已上门协助完成认证，民政局确认下月补发。"}),
            Turn(309, "inform", "worker", {"outcome": "reached"}),
            _rated(300, comment="上门来办，省了跑腿。"),
        ),
    ),
    LongWay(
        "物业收费不公开",
        (
            Turn(70, "report"),
            Turn(68, "accept", "clerk", {"matter": True}),
            Turn(65, "take_up", "street"),
            said(64, "street", "已约物业明天来街道，带上收支明细。"),
            Turn(45, "ask", "street", {"question": "涨价通知是哪天贴的？有照片请传一张。"}),
        ),
        block=1,
    ),
    # not admitted, looked at again by another person, admitted after all; and one that still waits
    LongWay(
        "退订家教班不给退费",
        (
            Turn(300, "report"),
            Turn(292, "refuse", "clerk",
                 {"code": "private", "reason": "属于合同纠纷，建议双方协商。", "where": "县消费者协会"}),
            Turn(270, "appeal", "reporter", {"reason": "好几家都退不了，机构要关门了，不只是我一家的事。"}),
            Turn(250, "decide_appeal", "street",
                 {"granted": True, "decision": "涉及多户预付费，应当受理，由市场监管局协助。"}),
            Turn(249, "inform", "clerk", {"outcome": "reached"}),
            Turn(248, "accept", "clerk", {"matter": True}),
            Turn(240, "take_up", "县市场监督管理局"),
            said(239, "县市场监督管理局", "已约机构和三家家长周四来局里调解。"),
            Turn(60, "dispose", "县市场监督管理局", {"result": "五家签了退款协议，首批款已到账，余款分两个月退。"}),
            Turn(58, "inform", "县市场监督管理局", {"outcome": "reached"}),
        ),
        block=2,
    ),
    LongWay(
        "孩子上学划片不清楚",
        (
            Turn(80, "report"),
            Turn(72, "refuse", "clerk",
                 {"code": "elsewhere", "reason": "划片由县教育局统一公布。", "where": "县教育局招生办"}),
            Turn(71.5, "inform", "clerk", {"outcome": "reached"}),
            Turn(24, "appeal", "reporter", {"reason": "招生办让我找社区开证明，两边推。"}),
        ),
        block=1,
    ),
    # more time: granted; and one that waits for a decision
    LongWay(
        "屋顶漏雨",
        (
            Turn(700, "report"),
            Turn(695, "accept", "clerk", {"matter": True}),
            Turn(690, "take_up", "clerk"),
            said(689, "clerk", "已约物业和业主代表后天看现场。"),
            Turn(640, "defer", "clerk",
                 {"kind": "extension", "until": 720, "basis": "《住宅专项维修资金管理办法》",
                  "reason": "要用维修资金，业主表决公示还差七天。"}),
            Turn(620, "decide_deferral", "street", {"granted": True, "decision": "表决程序属实，同意延期。"}),
            Turn(300, "dispose", "clerk", {"result": "业主表决通过，屋面防水已重做，雨后查看不漏。"}),
            Turn(299, "inform", "clerk", {"outcome": "reached"}),
            Turn(280, "verify_pass", "street", {"note": "上屋顶看过，接缝处理到位。"}),
            _rated(275, comment="下了一场雨，真不漏了。"),
        ),
        block=2,
    ),
    LongWay(
        "烧烤油烟往屋里灌",
        (
            Turn(170, "report"),
            Turn(166, "dispatch", "clerk", {"level": "county", "unit": CITY}),
            Turn(160, "take_up", CITY),
            said(159, CITY, "今晚营业时间去看。"),
            Turn(140, "visit", CITY, {"text": "烟道朝向居民窗户，净化器没有开，已责令整改。"}),
            Turn(122, "defer", CITY,
                 {"kind": "extension", "until": 240, "reason": "店主已订购净化设备，到货安装还要五天。"}),
        ),
    ),
    # shelved: a court has to decide first
    LongWay(
        "种的菜占了公共绿地",
        (
            Turn(600, "report"),
            Turn(595, "take_up", "clerk"),
            said(594, "clerk", "明天和物业一起找当事人谈。"),
            Turn(500, "defer", "clerk",
                 {"kind": "shelve", "until": 1700, "basis": "《中华人民共和国民法典》第二百八十六条",
                  "document": "建平民初示例 118 号", "reason": "物业已起诉返还绿地，等判决。"}),
            Turn(495, "decide_deferral", "street", {"granted": True, "decision": "已核对立案通知。"}),
        ),
        block=3,
    ),
    # an order from above, answered and signed off; and one that is open
    LongWay(
        "消防通道又被堵了",
        (
            Turn(240, "report"),
            Turn(239, "dispatch", "clerk", {"level": "county", "unit": TRAFFIC}),
            Turn(238, "take_up", TRAFFIC),
            said(237.5, TRAFFIC, "马上派人挪车。"),
            Turn(230, "urge", "reporter", {"note": "又堵上了，救护车进不来。"}),
            Turn(228, "supervise", "leader",
                 {"text": "三天内划线立牌、夜间有人巡，结果书面报我。", "due_at": 72}),
            Turn(180, "answer_supervision", TRAFFIC,
                 {"answer": "已划黄线四十米、立牌两块，物业夜间每两小时巡一次。"}),
            Turn(178, "sign_off_supervision", "leader", {"passed": True, "note": "照片和巡查表已看。"}),
            Turn(176, "dispose", TRAFFIC, {"result": "通道已划线立牌，违停车辆全部挪走，物业接手夜巡。"}),
            Turn(175, "inform", TRAFFIC, {"outcome": "reached"}),
            Turn(150, "close", "street", {"note": "连看两晚，没有再堵。"}),
            _rated(140, "mostly_satisfied", "晚上好多了。"),
        ),
        block=1,
    ),
    LongWay(
        "电梯老是卡住",
        (
            Turn(60, "report"),
            Turn(59.5, "dispatch", "clerk", {"level": "county", "unit": WORKS}),
            Turn(59, "take_up", WORKS),
            said(58.5, WORKS, "维保单位今天到场检查，先停用一部。"),
            Turn(30, "supervise", "leader",
                 {"text": "查清卡住的原因，没修好前不得投用；说明更换部件的日期。", "due_at": 54}),
        ),
    ),
    # fresh on the desk of the property company
    LongWay(
        "院里坑洼绊人",
        (Turn(7, "report"), Turn(4, "accept", "clerk", {"matter": True})),
        urgent=True,
    ),
    # three neighbours about one thing: one case, three receipts
    LongWay(
        "地下室返潮进水",
        (
            Turn(58, "report"),
            Turn(53, "take_up", "worker"),
            said(52, "worker", "已叫物业来看，先把电源断开。"),
        ),
        block=1,
        key="cellar",
        urgent=True,
    ),
    LongWay(
        "地下室返潮进水",
        (
            Turn(56.5, "report"),
            Turn(54, "merge_into", "clerk", {"into": "cellar"}),
        ),
        block=1,
        at="cellar",
        urgent=True,
        text="楼下地下室的水漫到第一级台阶了，我家小房里放的米面都泡了。",
    ),
    LongWay(
        "地下室返潮进水",
        (
            Turn(55.5, "report"),
            Turn(53.8, "merge_into", "clerk", {"into": "cellar"}),
        ),
        block=1,
        by="",
        at="cellar",
        urgent=True,
        text="单元门进去往下走全是水，电闸就在旁边，怕漏电。",
    ),
    # taken back
    LongWay(
        "楼下棋牌室通宵",
        (
            Turn(130, "report"),
            Turn(126, "take_up", "worker"),
            said(125, "worker", "今晚和民警一起去。"),
            Turn(101, "withdraw", "reporter", {"reason": "老板来道歉了，十点就关门。"}),
        ),
        block=2,
    ),
    # an emergency: straight to whoever can stop it
    LongWay(
        "闻到煤气味",
        (
            Turn(210, "report"),
            Turn(209.95, "accept", "county", {"matter": True, "urgency": "emergency"}),
            Turn(209.9, "take_up", GAS),
            said(209.85, GAS, "抢修人员二十分钟到，请开窗、不要开灯。"),
            Turn(209, "dispose", GAS, {"result": "更换一处老化接头，复测无泄漏，逐户提醒。"}),
            Turn(208.8, "inform", GAS, {"outcome": "reached"}),
            Turn(206, "verify_pass", "clerk", {"note": "到楼道闻过，没有气味，住户已恢复用气。"}),
            _rated(200, comment="来得真快。"),
        ),
        urgent=True,
    ),
    # looked at by another person and not done; done again
    LongWay(
        "建筑垃圾没人管",
        (
            Turn(420, "report"),
            Turn(418, "dispatch", "clerk", {"level": "county", "unit": CITY}),
            Turn(416, "take_up", CITY),
            said(415, CITY, "今天调车清运，同时查倾倒人。"),
            Turn(392, "dispose", CITY, {"result": "已清运两车。"}),
            Turn(391, "inform", CITY, {"outcome": "reached"}),
            Turn(388, "verify_fail", "clerk", {"reason": "人行道上还剩一堆砖块，没有清完。"}),
            Turn(370, "dispose", CITY, {"result": "余下的砖块已清走，地面冲洗，查到倾倒人并处罚。"}),
            Turn(369, "inform", CITY, {"outcome": "reached"}),
            Turn(366, "verify_pass", "clerk", {"note": "人行道已通畅。"}),
        ),
        block=3,
    ),
    # not resolved for a reason that somebody else has to weigh
    LongWay(
        "公交站没有座椅",
        (
            Turn(560, "report"),
            Turn(556, "take_up", "clerk"),
            said(555, "clerk", "已向交通运输局转达，明年站点改造时一并考虑。"),
            Turn(540, "dispose", "clerk", {"result": "今年没有改造计划，已列入明年站点改造的建议清单。"}),
            Turn(539, "inform", "clerk", {"outcome": "reached"}),
            Turn(530, "close", "street", {"note": "已说明"}),
            Turn(500, "exclude", "clerk", {"code": "policy", "reason": "站点改造由县里统一立项，社区无权安装。"}),
            Turn(480, "decide_exclusion", "street", {"granted": True, "decision": "情况属实，已列入建议清单。"}),
        ),
        block=1,
    ),
)  # fmt: skip

STALL = "桥头卖糖葫芦的三轮车又占着便道，轮椅和婴儿车过不去。"
MOVED_ON = "劝到便民市场里去了，便道已经让出来。"


def _stall(days: int, *, first: bool = False) -> LongWay:
    """The same stall once more: the grid worker sends it on, and a while later it is back."""
    turns = (Turn(days * 24, "found_and_fixed"), Turn(days * 24 - 30, "check", "clerk"))
    return LongWay(
        "流动摊贩占道", turns, by="", source="patrol", key="stall" if first else "", at="" if first else "stall",
        text=STALL, result=MOVED_ON, street=True,
    )  # fmt: skip


SAME_STALL: tuple[LongWay, ...] = (
    *(_stall(days, first=days == 70) for days in (70, 55, 41, 26, 12)),
    LongWay("流动摊贩占道", (Turn(3, "report"),), at="stall", text=STALL, street=True),
)
"""What the history of a place is for: five times sent on, and the sixth time a neighbour writes."""
