"""A table comes in from a page: kept, its headers matched with our fields, checked, written in the background."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mulin.ground.runs import actions as runs
from mulin.ground.trail import actions as trail
from mulin.kernel.actor import Actor, system
from mulin.kernel.errors import NotAllowed, Refused
from mulin.kernel.tables import open_table, write_refused
from mulin.services.cases.actions.imports import Outcome
from mulin.services.cases.actions.orders import importer
from mulin.services.cases.models import ImportFile, ImportMapping
from mulin.services.cases.permissions import may_import
from mulin.services.cases.queries.ledgers import KIND, columns_of, head_of, import_file, path_of

_ENDINGS = (".xlsx", ".xlsm", ".xls", ".csv", ".txt", ".tsv")
""".xls is let in so that whoever reads it can say what to do with it."""


def keep_table(
    *, upload: runs.Upload, by: Actor, now: datetime, source: str = "import", live: bool = False
) -> ImportFile:
    """Keep a table that somebody brought, to be matched and checked. It is read as far as its head.

    Refused for whoever is not the county's clerk or administrator, for other kinds of files, above 200 MB, without a
    source's name, and for what is no table.
    """
    if not may_import(by):
        raise NotAllowed(_("导入由县级工作人员或管理员进行。"))
    name = Path(upload.name or "").name
    if Path(name).suffix.lower() not in _ENDINGS:
        raise Refused("import_kind", _("请选择 .xlsx 或 .csv 文件。"), field="file")
    if (upload.size or 0) > runs.MOST_BYTES:
        raise Refused("import_size", _("文件超过 200 MB，请分成几个文件。"), field="file")
    plain = " ".join(source.split())[:40]
    if not plain:
        raise Refused("no_source", _("请写这个台账从哪里来。"), field="source")
    table = ImportFile(file_name=name[-200:], source=plain, live=live, by_id=by.person, created_at=now)
    with os.fdopen(os.open(path_of(table), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        for chunk in upload.chunks():
            handle.write(chunk)
        handle.flush()
        os.fsync(handle.fileno())
    try:
        head_of(table)
    except Refused as refused:
        path_of(table).unlink(missing_ok=True)
        raise Refused(refused.code, str(refused.message), field="file") from refused
    with transaction.atomic():
        table.save(force_insert=True)
        trail.record(
            by=by, now=now, verb="import.kept", subject_kind="import", subject_id=table.id,
            facts={"live": live, "source": plain},
        )  # fmt: skip
    return table


@transaction.atomic
def ask_for_import(
    *, table: UUID, mapping: Mapping[str, str], by: Actor, now: datetime, dry_run: bool
) -> Any:
    """Check a table (``dry_run``) or write it, with field → header as chosen; the source's next table begins with it.

    The run is done in the background, batch by batch; begun anew, rows that are there change nothing. Refused where a
    field that is needed has no header, a header is named for two fields, or is not in the file.
    """
    row = import_file(by, table)
    fields = {column.name: column for column in columns_of(row.source)}
    chosen = {name: header for name, header in mapping.items() if header and name in fields}
    head = head_of(row)
    for name, column in fields.items():
        if column.required and name not in chosen:
            message = _("请选择哪一列是“%(field)s”。") % {"field": column.title}
            raise Refused("no_column", message, field=name)
    for name, header in chosen.items():
        if header not in head.header:
            raise Refused(
                "no_such_column", _("文件里没有“%(header)s”这一列。") % {"header": header}, field=name
            )
    for header, times in Counter(chosen.values()).items():
        if times > 1:
            message = _("“%(header)s”这一列选了不止一次。") % {"header": header}
            raise Refused(
                "column_twice", message, field=next(n for n, one in chosen.items() if one == header)
            )
    row.mapping, row.written_at = chosen, row.written_at if dry_run else now
    row.save(update_fields=["mapping", "written_at"])
    _save_mapping(row.source, chosen, now)
    title = _("核对：%(file)s") if dry_run else _("导入：%(file)s")
    facts = {"table": str(row.id), "dry_run": dry_run, "live": row.live, "source": row.source}
    return runs.ask(
        kind=KIND,
        title=title % {"file": row.file_name},
        by=by,
        now=now,
        facts=facts,
        result_name=_("未采用的行") + ".xlsx",
        told=facts,
    )


def _save_mapping(source: str, chosen: Mapping[str, str], now: datetime) -> None:
    if not ImportMapping.objects.filter(source=source).update(mapping=dict(chosen), saved_at=now):
        ImportMapping.objects.create(source=source, mapping=dict(chosen), saved_at=now)


def bring_in(*, job: runs.Job) -> None:
    """What the background does: read the table with its headers, write it (or not), keep the rows that could not stand."""
    facts = job.run.facts
    table = ImportFile.objects.filter(pk=UUID(facts["table"])).first()
    if table is None or not path_of(table).exists():
        raise Refused("import_gone", _("文件已不在，请重新上传。"))
    fields = {column.name: column for column in columns_of(table.source)}
    columns = [replace(fields[name], title=header, aliases=()) for name, header in table.mapping.items()]

    def show(outcome: Outcome) -> None:
        job.show(
            outcome.read, imported=outcome.imported, updated=outcome.updated, unchanged=outcome.unchanged,
            refused=len(outcome.refused),
        )  # fmt: skip

    bring = importer(source=table.source, live=table.live)
    with open_table(path_of(table), name=table.file_name, columns=columns, mapping=table.mapping) as opened:
        outcome = bring(
            rows=opened, by=system(job.by.county, "import"), clock=job.clock, source=table.source, live=table.live,
            dry_run=bool(facts["dry_run"]), progress=show,
        )  # fmt: skip
        show(outcome)
        if outcome.refused:
            lines = [(number, raw, reason) for number, reason, raw in outcome.refused]
            write_refused(job.result, opened.header, lines)
    job.write(
        reasons=[[number, reason] for number, reason, _raw in outcome.refused[: runs.SHOWN]],
        facts=facts | ({"changed": outcome.changed[: runs.SHOWN]} if outcome.changed else {}),
    )


def tend_tables(*, now: datetime) -> int:
    """Part of ``tick``: delete tables that are a week old. How many. Twice is as once."""
    old = ImportFile.objects.filter(created_at__lt=now - runs.KEPT, expired_at__isnull=True)
    gone = 0
    for table in old.order_by("id"):
        path_of(table).unlink(missing_ok=True)
        gone += ImportFile.objects.filter(pk=table.pk, expired_at__isnull=True).update(expired_at=now)
    return gone
