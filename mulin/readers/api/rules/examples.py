"""One example of what each operation takes and gives: made up, in the shape that is really told (a test holds them)."""

from __future__ import annotations

from typing import Any, Final

_NUMBER: Final = "211322-7K3M9Q2TX"
_HERE: Final = "https://mulin.example.gov.cn/api/v1"
_UNIT: Final = {"id": "01928f3e-7a10-7c3e-9a51-5d0f6c1b2a01", "name": "县市场监督管理局"}
_PLACE: Final = {
    "path": "/001/003/", "name": "叶柏寿街道双虹社区", "code": "211322001003", "text": "3号楼东门",
    "lon": 119.645, "lat": 41.405,
}  # fmt: skip
_CASE: Final[dict[str, Any]] = {
    "number": _NUMBER,
    "window": "unit",
    "state": "assigned",
    "state_label": "待接单",
    "version": 3,
    "title": "早市占道",
    "matter": {"code": "CS03", "name": "占道经营", "category": "urban_environment", "version": 2},
    "level": "county",
    "urgency": "normal",
    "unit": _UNIT,
    "place": _PLACE,
    "reported_at": "2026-09-01T09:01:00+08:00",
    "due_at": "2026-09-08T09:01:00+08:00",
    "closed_at": None,
    "changed_at": "2026-09-01T10:20:00+08:00",
    "merged_into": None,
    "merged_state": None,
}
_STEP: Final = {
    "at": "2026-09-01T10:20:00+08:00", "action": "dispatch", "label": "派单", "state": "assigned",
    "who": "郑工（县级工作人员）", "text": "", "photos": [],
}  # fmt: skip
_LIMIT: Final = {"minutes": 480, "clock": "working", "words": "1 个工作日"}
_LIMITS: Final = {"accept": _LIMIT, "first_response": _LIMIT, "dispose": _LIMIT, "verify": _LIMIT}


def _done(state: str, label: str, version: int) -> dict[str, Any]:
    url = f"{_HERE}/cases/{_NUMBER}"
    return {"number": _NUMBER, "state": state, "state_label": label, "version": version, "url": url}


SENT: Final[dict[str, Any]] = {
    "report": {
        "text": "早市占了半条路，车过不去。", "matter": "CS03", "lon": 119.645, "lat": 41.405,
        "place_text": "3号楼东门", "phone": "13800000000",
    },
    "take_up": {"version": 3},
    "reply": {"version": 4, "text": "今天下午到现场，明天早上起劝导摊贩进市场。"},
    "ask": {"version": 4, "question": "是每天早上，还是只有集日？"},
    "visit": {"version": 4, "text": "到场时有 12 个摊位占道。"},
    "dispose": {"version": 5, "result": "摊贩已进市场，路口有人值守。"},
    "return_not_ours": {"version": 3, "code": "not_our_duty", "reason": "占道由城管局管，见三定方案第四条。"},
    "assist_report": {"version": 4, "text": "派两人协助劝导三天。"},
}  # fmt: skip
"""operationId → a body."""

TOLD: Final[dict[str, Any]] = {
    "me": {
        "name": "市场监管业务系统", "county": 211322, "county_name": "建平县", "scopes": ["system_read", "system_act"],
        "per_minute": 120, "unit": _UNIT, "acts": True,
    },
    "categories": {"items": [{"code": "urban_environment", "name": "市容环境"}]},
    "matters": {
        "items": [
            {
                "code": "CS03", "name": "占道经营", "name_en": "Stalls on the road",
                "category": {"code": "urban_environment", "name": "市容环境"}, "version": 2,
                "description": "在道路、广场摆摊设点。", "keywords": ["占道", "摆摊"], "level": "community",
                "level_label": "社区（村）", "lead_unit": None, "emergency": False, "evidence": "photo_after",
                "verification": "reporter", "limits": _LIMITS, "limits_in_emergency": _LIMITS,
            }
        ],
        "next": "",
    },
    "places": {
        "items": [
            {
                "path": "/001/003/", "name": "双虹社区", "full_name": "叶柏寿街道双虹社区", "kind": "community",
                "code": "211322001003",
            }
        ],
        "next": "",
    },
    "grids": {
        "items": [
            {
                "path": "/001/003/g1001/", "name": "双虹第一网格", "code": "2113220010031001",
                "community": "/001/003/",
            }
        ],
        "next": "",
    },
    "cases": {"items": [_CASE], "next": "YQotcmVwb3J0ZWRfYXQ"},
    "case": _CASE
    | {
        "text": "早市占了半条路，车过不去。",
        "result": None,
        "clocks": {
            "light": "green", "due_at": "2026-09-08T09:01:00+08:00", "step_due_at": "2026-09-03T09:01:00+08:00",
            "response_due_at": "2026-09-02T09:01:00+08:00", "first_response_at": None, "paused_since": None,
        },
        "photos": [],
        "reporters": [{"name": "王**", "phone": "138****0000", "by_message": False, "told": False}],
        "steps": [_STEP],
        "allowed_actions": [
            {
                "action": "reply", "label": "答复反映人", "method": "POST",
                "url": f"{_HERE}/cases/{_NUMBER}/actions/reply",
                "needs": [
                    {
                        "name": "text", "type": "string", "required": True, "max_length": 2000,
                        "label": "答复的内容，反映人看得到。", "choices": [],
                    }
                ],
            }
        ],
    },
    "contact": {"items": [{"name": "王秀英", "phone": "13800000000"}]},
    "report": _done("reported", "待受理", 1),
    "take_up": _done("in_hand", "处置中", 4),
    "reply": _done("in_hand", "处置中", 5),
    "ask": _done("asked", "等反映人补充", 5),
    "visit": _done("in_hand", "处置中", 5),
    "dispose": _done("disposed", "已处置，待评价", 6),
    "return_not_ours": _done("returned", "待改派", 4),
    "assist_report": _done("in_hand", "处置中", 5),
    "indicators": {
        "from": "2026-09-01",
        "to": "2026-10-01",
        "path": "/",
        "place": "建平县",
        "items": [
            {
                "code": "cases_closed", "name": "结案件数", "value": 128.0, "unit": "件", "numerator": 128,
                "denominator": None, "small": False,
                "split": {"people": {"value": 96.0, "numerator": 96.0, "denominator": None}},
                "definition": "在期间内结案且目前仍为结案状态的案件。",
                "rows": "https://mulin.example.gov.cn/desk/figures/cases_closed/?from=2026-09-01&to=2026-10-01",
            }
        ],
    },
}  # fmt: skip
"""operationId → an answer."""

FAILED: Final[dict[int, dict[str, Any]]] = {
    400: {"code": "bad_cursor", "message": "cursor 只能用上一页给的 next，并且筛选条件不变。", "fields": {}},
    401: {"code": "bad_key", "message": "没有密钥，或者密钥不对、已经停用。", "fields": {}},
    403: {"code": "no_scope", "message": "这个密钥不能做这件事。", "fields": {}},
    404: {"code": "no_such_case", "message": "没有这个编号，或者这个密钥看不到它。", "fields": {}},
    409: {
        "code": "stale", "message": "在您填写期间，这件事已经被别人更新。请看最新情况，您写的内容还在。",
        "fields": {}, "version": 5, "given": {"text": "今天下午到现场。"},
    },
    411: {"code": "no_length", "message": "请求要有 Content-Length。", "fields": {}},
    413: {"code": "too_big", "message": "请求内容最多 12 MB。", "fields": {}},
    415: {"code": "not_json", "message": "请用 Content-Type: application/json。", "fields": {}},
    422: {"code": "bad_fields", "message": "有 1 项不对。", "fields": {"text": "请写这一项。"}},
    429: {"code": "too_many", "message": "请 40 秒后再试。", "fields": {}},
}  # fmt: skip
"""status → a refusal, but for its request_id."""
