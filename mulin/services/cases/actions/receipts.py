"""What a receipt lets its holder do: it says whose it is and which case he follows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from mulin.kernel.errors import NotFound, Stale
from mulin.services.cases.actions import steps, telling
from mulin.services.cases.models import Case, CaseReporter


def begin(
    *, receipt: str, action: str, version: int | None = None, orders: bool = False
) -> tuple[CaseReporter, Case]:
    """``steps.begin`` for whoever holds a receipt: whose it is, and the case that he follows, locked.

    Raises NotFound (no such receipt, or taken back), Stale, Refused ``not_now``. Two statements; one more with ``orders``,
    which are held before the case (``telling.hold_orders``).
    """
    held, row = followed(receipt=receipt, orders=orders)
    if version is not None and version != row.version:
        raise Stale(_("在您填写期间，这件事已经被别人更新。请看最新情况，您写的内容还在。"))
    steps.in_state(case=row, action=action)
    return held, row


def followed(*, receipt: str, orders: bool = False) -> tuple[CaseReporter, Case]:
    """Whose receipt it is, and the case that he follows, locked: what his own was merged into, else his own. Two
    statements. Raises NotFound for an unknown receipt and for one of a report that was taken back."""
    held = (
        CaseReporter.objects.filter(receipt=receipt, withdrawn_at__isnull=True).select_related("case").first()
    )
    if held is None:
        raise NotFound(_("没有这张回执。"))
    key = held.case.merged_into_id or held.case_id
    if orders:
        telling.hold_orders(case=key)
    row = steps.locked(case=key)
    if row is None:
        raise NotFound(_("没有这张回执。"))
    return held, row


def by_whom(*, held: CaseReporter | None) -> dict[str, Any]:
    """The facts of a step that a reporter made himself: his words are his and staff's to read, not another reporter's."""
    return {"reporter": str(held.id)} if held is not None else {}
