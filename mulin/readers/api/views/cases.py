"""Operations on cases: the list, one of them, a report, the acts of a system for its unit."""

from typing import Any, TypedDict
from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext_noop as _
from ninja import Query

from mulin.ground.systems.queries import ACT, CONTACT, REPORT
from mulin.kernel import clock
from mulin.kernel.doors import asking
from mulin.kernel.errors import NotFound
from mulin.readers.api import actions, queries
from mulin.readers.api.rules import told
from mulin.readers.api.rules.acts import ACTS, Act, Report
from mulin.readers.api.rules.asked import CasesAsked
from mulin.readers.api.views.door import route
from mulin.services.cases.queries.connected import Wanted

# no "from __future__ import annotations" here: django-ninja reads the types of the parameters as they stand


class Where(TypedDict):
    """Where in a list a page begins, and how long it is."""

    cursor: str
    limit: int


CASES, WORK = _("案件"), _("办理")


@route(
    "/cases", name="cases", answer=told.Cases, tag=CASES, summary=_("案件列表"),
    words=_(
        "这个密钥看得到的：自己上报的；能办理的，还有本单位主办、协办的；能查看的，还有全县的（没有文字和位置）。"
        "新上报的在前；写了 changed_since 的，按进展从早到晚。"
    ),
)  # fmt: skip
def list_cases(request: HttpRequest, asked: Query[CasesAsked]) -> Any:
    wanted = Wanted(
        state=asked.state or "", since=asked.reported_from, until=asked.reported_before, matter=asked.matter,
        path=asked.path, unit=asked.unit,
    )  # fmt: skip
    actor, where = asking(request), Where(cursor=asked.cursor, limit=asked.limit)
    if asked.changed_since is not None:
        return queries.changes(actor, wanted, asked.changed_since, clock.now(), **where)
    return queries.list_cases(actor, wanted, **where)


@route(
    "/cases", name="report", method="POST", status=201, answer=told.Done, tag=CASES, summary=_("上报一件事"),
    scope=REPORT,
    words=_("替人上报，和居民自己报的一样办。地点至少写一种：lon 和 lat，place，place_text。姓名、电话加密保存。"),
)  # fmt: skip
def report(request: HttpRequest, body: Report) -> Any:
    answer, request.replayed = actions.report(  # type: ignore[attr-defined]
        told=body, sent=_sent(request), by=asking(request), now=clock.now()
    )
    return answer


@route(
    "/cases/{number}", name="case", answer=told.CaseWhole, tag=CASES, summary=_("一件案件"),
    words=_("状态、时限、经过，和这个密钥现在能办什么、每一步要什么。反映人的姓名、电话是遮住的。"),
)  # fmt: skip
def case(request: HttpRequest, number: str) -> Any:
    return queries.case(asking(request), number, clock.now(), request.build_absolute_uri)


@route(
    "/cases/{number}/photos/{photo}", name="photo", answer=None, tag=CASES, summary=_("一张照片"),
    words=_("案件里的照片；自己上报的和本单位办理的才有。"), media=("image/jpeg", "image/png"),
)  # fmt: skip
def photo(request: HttpRequest, number: str, photo: UUID) -> Any:
    path, media = queries.photo(asking(request), number, photo)
    try:
        content = path.open("rb")
    except FileNotFoundError as gone:
        raise NotFound(_("没有这张照片，或者这个密钥看不到它。"), code="no_such_photo") from gone
    response = FileResponse(content, content_type=media)
    response["X-Content-Type-Options"] = "nosniff"
    return response


@route(
    "/cases/{number}/contact", name="contact", answer=told.Contacts, tag=WORK, scope=CONTACT,
    summary=_("反映人的姓名和电话"),
    words=_("本单位办理的案件才有；每看一次，都在留痕里记到每位反映人名下。"),
)  # fmt: skip
def contact(request: HttpRequest, number: str) -> Any:
    return actions.contact(number=number, by=asking(request), now=clock.now())


def _sent(request: HttpRequest) -> actions.Sent:
    return actions.Sent(
        key=request.headers.get("Idempotency-Key", "").strip(),
        body=f"{request.path_info}\n{request.body.decode()}",
        absolute=request.build_absolute_uri,
    )


ACT_WORDS = {
    "take_up": (_("接单"), _("派给本单位的，从这里开始办；经办人是接入时登记的责任人。")),
    "reply": (_("答复反映人"), _("有内容的答复，算第一次响应。")),
    "ask": (_("请反映人补充"), _("问清楚再办；等他补充期间不计时，最多 10 天。")),
    "visit": (_("记录到场"), _("到现场看到什么、做了什么。")),
    "dispose": (_("填写处置结果"), _("办完了：反映人会收到结果，由别人核查、结案。")),
    "return_not_ours": (_("退单：不归我们"), _("写明依据；总的期限不会因为退单变长。")),
    "assist_report": (_("填写协办情况"), _("本单位只是协办的，写做了什么。")),
}


def _declare(action: str, shape: type[Act]) -> None:
    summary, words = ACT_WORDS[action]

    def act(request: HttpRequest, number: str, body: shape) -> Any:  # type: ignore[valid-type]
        answer, request.replayed = actions.act(  # type: ignore[attr-defined]
            action=action, number=number, told=body, sent=_sent(request), by=asking(request), now=clock.now()
        )
        return answer

    address = f"/cases/{{number}}/actions/{action}"
    route(
        address,
        name=action,
        method="POST",
        answer=told.Done,
        tag=WORK,
        summary=summary,
        words=words,
        scope=ACT,
    )(act)


for one, taken in ACTS.items():
    _declare(one, taken)
