"""What every way out has in common: a message in, a reference out, and three ways to fail."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

ANSWER_BYTES = 65_536


@dataclass(frozen=True)
class Message:
    """One notice on its way. ``id`` is the idempotency key; ``link`` is absolute or ''."""

    id: UUID
    to: str
    title: str
    text: str
    number: str
    link: str
    at: datetime


class Failed(Exception):
    """Not delivered. ``code`` is short, stable and free of anything the provider said about the person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code[:200]


class Later(Failed):
    """Certainly not accepted this time: worth another try."""


class Silent(Failed):
    """No answer: it may or may not have been accepted."""


class Never(Failed):
    """Refused for good: trying again is useless."""


class Door(Protocol):
    """Hands a message to a provider and returns the provider's reference. Raises Later, Silent or Never."""

    def __call__(self, *, message: Message) -> str: ...


def plain_code(*, prefix: str, told: object) -> str:
    """A provider's error code in a form that can hold no phone number: no more than six digits in a row."""
    text = re.sub(r"[^A-Za-z0-9_.\-]+", "", str(told))[:40]
    return f"{prefix} {re.sub(r'[0-9]{7,}', '#', text)}".strip()


def post_json(
    *, url: str, body: Mapping[str, Any], headers: Mapping[str, str], timeout: float
) -> tuple[int, dict[str, Any]]:
    """POST a JSON object, answer (status, JSON object or {}). No redirect is followed and no proxy used.

    ``timeout`` in seconds, for each step. Raises Later where no connection came about, Silent where one
    did and then nothing (usable) came back.
    """
    parts = urlsplit(url)
    host, target = parts.hostname or "", parts.path + (f"?{parts.query}" if parts.query else "")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
    try:
        try:
            connection.connect()
        except OSError:
            raise Later("no_connection")
        try:
            content = json.dumps(body, ensure_ascii=False).encode()
            connection.request("POST", target, content, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            raw = answer.read(ANSWER_BYTES)
        except (OSError, http.client.HTTPException):
            raise Silent("no_answer")
    finally:
        connection.close()
    try:
        told = json.loads(raw)
    except ValueError:
        told = {}
    return answer.status, told if isinstance(told, dict) else {}
