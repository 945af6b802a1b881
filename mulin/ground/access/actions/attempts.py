"""Counting tries: one statement each, shared by every process, keyed by a hash that tells nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest

from mulin.ground.access.models import Attempt
from mulin.ground.access.rules import wait_words
from mulin.kernel.errors import Refused
from mulin.kernel.secrets import keyed_hash

_UPSERT = """
INSERT INTO access_attempt AS a (key, count, expires_at) VALUES (%(key)s, 1, %(until)s)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN a.expires_at <= %(now)s THEN 1 ELSE LEAST(a.count, 1000000) + 1 END,
  expires_at = CASE WHEN a.expires_at <= %(now)s THEN excluded.expires_at ELSE a.expires_at END
RETURNING count, expires_at
"""


def count_attempt(*, key: str, limit: int, minutes: int, now: datetime) -> None:
    """Count one try of ``key``, before the try itself. Of parallel tries exactly ``limit`` pass per window.

    A window begins with its first try and lasts ``minutes``. Refuses ("too_many", 429) beyond the limit,
    with the time that remains. Call it outside a transaction that may be rolled back: the count would be
    lost with it.
    """
    told: dict[str, str | datetime] = {
        "key": keyed_hash(key),
        "now": now,
        "until": now + timedelta(minutes=minutes),
    }
    with connection.cursor() as cursor:  # sql: one atomic UPSERT with RETURNING on a local table
        cursor.execute(_UPSERT, told)
        count, until = cursor.fetchone()
    if count > limit:
        left = max(1, ceil((until - now).total_seconds()))
        raise Refused("too_many", wait_words(until - now), status=429, wait=left)


def forgive_attempt(*, key: str, also: str = "") -> None:
    """Take one try back: a right password does not count against an office's shared address. ``also``: of another key
    by the same statement."""
    keys = [keyed_hash(one) for one in (key, also) if one]
    Attempt.objects.filter(key__in=keys).update(count=Greatest(F("count") - 1, 0))


def clear_attempts(*, key: str) -> None:
    """Forget the tries of a key: it succeeded, or an administrator unlocked it."""
    Attempt.objects.filter(key=keyed_hash(key)).delete()


def purge_attempts(*, now: datetime) -> int:
    """Delete windows that are over. Part of ``tick``; returns how many went."""
    deleted, _rows = Attempt.objects.filter(expires_at__lt=now).delete()
    return deleted
