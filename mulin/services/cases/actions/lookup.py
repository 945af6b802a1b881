"""Asking after a case without its receipt: number and last four digits, behind a lock of its own."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from mulin.ground.access import actions as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.ids import read_public
from mulin.services.cases import queries
from mulin.services.cases.rules import LOOK_UP_MINUTES, LOOK_UP_TRIES


def look_up(*, number: str, digits: str, address: str, by: Actor, now: datetime) -> str:
    """The receipt of the reporter whose number ends in ``digits``. Not atomic: a refused try stays counted.

    Refuses an unknown number and a wrong pair with the same words after the same statements, and both with 429 once
    the number (known or not) or the visitor's network ``address`` has been tried too often.
    """
    known = read_public(number)
    key = known[1] if known else " ".join(number.split()).upper()[:60]
    access.count_attempt(
        key=f"progress.address:{address}", limit=LOOK_UP_TRIES * 5, minutes=LOOK_UP_MINUTES, now=now
    )
    access.count_attempt(
        key=f"progress.number:{by.county}:{key}", limit=LOOK_UP_TRIES, minutes=LOOK_UP_MINUTES, now=now
    )
    found = queries.by_number_and_digits(key, digits)
    if found is None:
        raise Refused(
            "no_such_pair", _("请核对编号和手机号后四位；报事时没留手机的，请用回执上的链接或二维码。")
        )
    return found.receipt
