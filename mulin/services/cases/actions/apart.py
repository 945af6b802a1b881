"""One case of many that ``tick`` goes through: it stands in nobody's way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from mulin.services.cases.models import Case

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = timedelta(minutes=5), timedelta(hours=6)


def apart(*, row: Case, deed: Callable[[datetime], int], now: datetime) -> int:
    """Do the deed at this moment, in a savepoint of its own within the caller's transaction. Returns what it returns; 0
    where it failed: that is logged, and tried again later and later."""
    try:
        with transaction.atomic():
            return deed(now)
    except Exception:  # noqa: BLE001, RUF100 (logged and tried again: the others must still be looked at)
        log.exception("case %s: what is due could not be done, attempt %d", row.pk, row.check_tries + 1)
        again = min(FIRST_RETRY * 2 ** min(row.check_tries, 10), LAST_RETRY)
        Case.objects.filter(pk=row.pk).update(check_tries=F("check_tries") + 1, next_check_at=now + again)
        return 0
