"""Tables brought in: which there are, what stands in their heads, which header is likely which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mulin.ground.runs import queries as runs
from mulin.kernel.actor import Actor
from mulin.kernel.county import current_county
from mulin.kernel.errors import NotFound
from mulin.kernel.tables import Column, Kind, open_table
from mulin.services.cases.models import ImportFile, ImportMapping
from mulin.services.cases.permissions import may_import
from mulin.services.cases.rules.hotline import is_hotline

KIND: Final = "cases.import"
COLUMNS: Final = (
    Column("number", "留言编号", ("编号", "工单编号", "案件编号", "工单号", "number"), True, Kind.IDENTIFIER),
    Column("user", "留言用户", ("用户", "反映人", "留言人", "user"), False, Kind.IDENTIFIER),
    Column(
        "phone", "联系电话", ("电话", "手机号", "反映人电话", "来电号码", "phone"), False, Kind.IDENTIFIER
    ),
    Column("subject", "留言主题", ("主题", "标题", "subject", "title"), False),
    Column("reported_at", "留言时间", ("反映时间", "上报时间", "来电时间", "time"), True, Kind.DATETIME),
    Column("text", "留言详情", ("详情", "留言内容", "内容", "诉求内容", "text"), True),
    Column("place", "详细位置", ("地点", "地址", "位置", "事发地点", "place"), False),
    Column("reply", "答复意见", ("答复内容", "答复", "回复意见", "回复内容", "reply"), False),
    Column("replied_at", "答复时间", ("回复时间", "办结时间", "reply time"), False, Kind.DATETIME),
    Column("category", "一级分类", ("一级标签", "分类", "category"), False),
)
"""The fields known, each with the other headers it goes by."""


def _named(place: int, title: str, *aliases: str) -> Column:
    """A column of COLUMNS as the hotline calls it."""
    one = COLUMNS[place]
    return replace(one, title=title, aliases=(*aliases, one.title, *one.aliases))


ORDER_COLUMNS: Final = (
    _named(0, "工单编号", "受理编号", "来电编号", "流水号"),
    _named(1, "来电人", "来电人姓名", "诉求人", "姓名", "市民姓名", "联系人"),
    _named(2, "来电号码", "来电电话", "联系方式", "电话号码", "主叫号码"),
    _named(3, "诉求标题", "工单标题", "诉求主题"),
    _named(4, "受理时间", "登记时间", "诉求时间", "创建时间"),
    _named(5, "诉求内容", "工单内容", "诉求描述", "事件描述", "问题描述", "诉求详情"),
    _named(6, "事发地址", "诉求地址", "详细地址", "事件地址"),
    _named(7, "答复内容", "办理结果", "处理结果"),
    _named(8, "办结时间"),
    _named(9, "诉求分类", "问题分类", "归口类别"),
    Column("appeal", "诉求类型", ("工单类别", "诉求类别", "来电类型")),
    Column("order_type", "工单类型", ("工单性质", "派单类型")),
    Column(
        "related", "原工单编号", ("关联工单", "关联工单编号", "主工单编号", "原编号"), kind=Kind.IDENTIFIER
    ),
    Column("unit", "承办单位", ("主办单位", "责任单位", "派往单位")),
    Column(
        "due_at",
        "办理时限",
        ("截止时间", "办结时限", "办理期限", "到期时间", "要求办结时间"),
        kind=Kind.DATETIME,
    ),
    Column("urgency", "紧急程度", ("紧急等级", "缓急程度")),
    Column("confidential", "是否保密", ("保密", "是否匿名", "信息保密")),
)
"""Those of a hotline's table of orders. Headers differ by city; what is chosen once is remembered."""
SHOWN: Final = 5
"""Rows of a table that its page shows."""


def columns_of(source: str) -> tuple[Column, ...]:
    """The fields known of a source's tables."""
    return ORDER_COLUMNS if is_hotline(source) else COLUMNS


def import_files(actor: Actor) -> QuerySet[ImportFile]:
    """The tables brought into the county, for whoever may import."""
    return ImportFile.objects.all() if may_import(actor) else ImportFile.objects.none()


def not_written(actor: Actor) -> QuerySet[ImportFile]:
    """The newest tables that were brought and not written yet."""
    rows = import_files(actor).filter(written_at__isnull=True, expired_at__isnull=True)
    return rows.order_by("-created_at", "-id")[:SHOWN]


def import_file(actor: Actor, key: UUID) -> ImportFile:
    """One of them. Raises NotFound for everybody else."""
    found = import_files(actor).filter(pk=key).first()
    if found is None:
        raise NotFound(_("没有这个文件。"))
    return found


def import_runs(actor: Actor) -> QuerySet[Any]:
    """The imports and checks of the county, newest first, for whoever may import."""
    return runs.of_kind(KIND) if may_import(actor) else runs.of_kind("")


def path_of(table: ImportFile) -> Path:
    """Where the table lies; nobody else on the machine reads it."""
    folder: Path = settings.HOME / "imports" / f"{current_county():06d}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{table.id}{Path(table.file_name).suffix.lower()}"


@dataclass(frozen=True)
class Head:
    """What stands in the head of a table and in its first rows."""

    header: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    likely: Mapping[str, str]


def head_of(table: ImportFile) -> Head:
    """Read the head of a table that is there. Refuses (``table_*``) what is no table; NotFound once it is gone."""
    path = path_of(table)
    if not path.exists():
        raise NotFound(_("这个文件已过期，请重新上传。"))
    with open_table(path, name=table.file_name, columns=columns_of(table.source), any_header=True) as opened:
        rows = [row.raw for row in islice(opened, SHOWN)]
        return Head(opened.header, rows, opened.matched)


def mapping_for(table: ImportFile, head: Head) -> dict[str, str]:
    """Field → header: as chosen for this table, as saved for its source, else by the headers' names. One statement."""
    if table.mapping:
        return dict(table.mapping)
    saved = ImportMapping.objects.filter(source=table.source).values_list("mapping", flat=True).first()
    kept = {name: header for name, header in (saved or {}).items() if header in head.header}
    return dict(head.likely) | kept


def sources() -> list[str]:
    """The sources whose columns are known, by name. One statement."""
    return list(ImportMapping.objects.order_by("source").values_list("source", flat=True))
