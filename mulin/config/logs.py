"""Log lines: the number of the request on each, and no personal data on any. Loaded before Django's apps."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar

request: ContextVar[str] = ContextVar("mulin_request", default="-")
"""The number of the request that this thread answers."""

_PRIVATE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)|(?<=\d{6}-)[0-9A-Za-z]{9,21}(?![0-9A-Za-z])")


def redacted(text: str) -> str:
    """Without phone numbers and without what follows the county in receipts and public numbers."""
    return _PRIVATE.sub("***", text)


class RequestIdFilter(logging.Filter):
    """Puts the request's number on each line, and takes phone numbers and receipts off it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request.get()
        said = record.getMessage()
        if (clean := redacted(said)) != said:
            record.msg, record.args = clean, ()
        if record.exc_info and not record.exc_text:
            record.exc_text = redacted(logging.Formatter().formatException(record.exc_info))
        return True
