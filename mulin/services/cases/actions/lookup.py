"""Asking after a case without its receipt: number and last four digits, behind a lock of its own."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from mulin.ground.access import actions as access
from mulin.kernel.actor import Actor
from mulin.kernel.errors import Refused
from mulin.kernel.ids import read_public
from mulin.services.cases import queries
from mulin.services.cases.rules import LOOK_UP_NUMBERS


def look_up(*, number: str, digits: str, address: str, by: Actor, now: datetime) -> str:
    """The receipt of the reporter whose number ends in ``digits``. Not atomic: a refused try stays counted.

    Refuses an unknown number and a wrong pair with the same words after the same statements, and both with 429 once
    the number (known or not) or the visitor's network ``address`` has been tried too often. A right pair does not
    count: who looks every hour is not locked out.
    """
    known = read_public(number)
    key = known[1] if known else " ".join(number.split()).upper()[:60]
    most, minutes = settings.LOCKOUT_ATTEMPTS, settings.LOCKOUT_MINUTES
    of_address, of_number = f"progress.address:{address}", f"progress.number:{by.county}:{key}"
    access.count_attempt(key=of_address, limit=most * LOOK_UP_NUMBERS, minutes=minutes, now=now)
    access.count_attempt(key=of_number, limit=most, minutes=minutes, now=now)
    found = queries.by_number_and_digits(key, unicodedata.normalize("NFKC", digits))
    if found is None:
        raise Refused(
            "no_such_pair", _("请核对编号和手机号后四位；报事时没留手机的，请用回执上的链接或二维码。")
        )
    access.forgive_attempt(key=of_address, also=of_number)
    return found.receipt
