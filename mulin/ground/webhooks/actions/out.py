"""One delivery over the network: to a name whose addresses were looked up and found public, and to none but those.

The socket is opened to the checked address itself, so that no second look-up can lead elsewhere; the certificate is
checked against the name. No proxy, no redirect, no more than a few kB of the answer, and TIMEOUT seconds in all.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import urllib3
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_match_hostname import CertificateError

from mulin.ground.webhooks.rules import TIMEOUT, Failure, Target, public
from mulin.kernel.errors import Refused

ANSWER_BYTES: Final = 4096
"""So much of an answer is read, and thrown away."""
MOST_ADDRESSES: Final = 4


@dataclass(frozen=True)
class Answer:
    """How it went. ``failure``: '' where it was accepted; ``status``: of the answer, None without one."""

    failure: str = ""
    status: int | None = None
    wait: int = 0


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def check_target(*, target: Target) -> None:
    """Refused where the name does not resolve, or any of its addresses is none of the public internet."""
    words = {
        Failure.NO_NAME: _("找不到这个域名，请核对。"),
        Failure.PRIVATE: _("这个域名指向内部网络，不能往那里推送。"),
    }
    try:
        _addresses(target)
    except _Failed as failed:
        raise Refused("webhook_url", words[failed.failure], field="url") from failed


def deliver(*, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST it once. Never raises for what the other side does."""
    ends = time.monotonic() + TIMEOUT
    try:
        return _post(_connected(target, _addresses(target), ends), target, body, headers, ends)
    except _Failed as failed:
        return Answer(failed.failure)


def _addresses(target: Target) -> list[str]:
    """The addresses of a name, all of them public."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as wrong:
        raise _Failed(Failure.NO_NAME) from wrong
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not settings.WEBHOOKS_PRIVATE and not all(public(one) for one in addresses):
        raise _Failed(Failure.PRIVATE)
    return addresses[:MOST_ADDRESSES]


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise _Failed(Failure.TIMEOUT)
    return left


def _connected(target: Target, addresses: list[str], ends: float) -> HTTPConnection:
    """A connection to the first address that takes one."""
    failed = Failure.NO_CONNECTION
    for address in addresses:
        made: Any = {"port": target.port, "timeout": _left(ends)}
        if target.scheme == "https":
            made |= {
                "server_hostname": target.host,
                "assert_hostname": target.host,
                "ssl_context": _context(),
            }
            connection: HTTPConnection = HTTPSConnection(address, **made)
        else:
            connection = HTTPConnection(address, **made)
        try:
            connection.connect()
        except (ssl.SSLError, urllib3.exceptions.SSLError, CertificateError):
            failed = Failure.CERTIFICATE
        except urllib3.exceptions.NewConnectionError:  # a TimeoutError to urllib3, though refused at once
            failed = Failure.NO_CONNECTION
        except (TimeoutError, urllib3.exceptions.TimeoutError):
            failed = Failure.TIMEOUT
        except (OSError, urllib3.exceptions.HTTPError):
            failed = Failure.NO_CONNECTION
        else:
            return connection
        connection.close()
    raise _Failed(failed)


def _context() -> ssl.SSLContext:
    """The machine's own trusted roots."""
    return ssl.create_default_context()


def _post(
    connection: HTTPConnection, target: Target, body: bytes, headers: Mapping[str, str], ends: float
) -> Answer:
    """The request and its answer. A watch cuts the line when time is up: an answer that trickles ends too."""
    late = threading.Event()
    line = connection.sock

    def cut() -> None:
        late.set()
        try:
            line.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended already

    watch = threading.Timer(_left(ends), cut)
    watch.daemon = True
    watch.start()
    try:
        told = {
            "Host": target.authority,
            "User-Agent": "mulin-webhooks/1",
            "Accept": "*/*",
            "Connection": "close",
        }
        connection.request("POST", target.path, body, {**told, **headers}, preload_content=False)
        answer = connection.getresponse()
        status, wait = answer.status, answer.headers.get("Retry-After", "")
        with suppress(ConnectionError, urllib3.exceptions.ProtocolError, urllib3.exceptions.DecodeError):
            answer.read(ANSWER_BYTES, decode_content=False)  # its status has been said
    except TimeoutError:
        return Answer(Failure.TIMEOUT)
    except (OSError, ValueError, http.client.HTTPException, urllib3.exceptions.HTTPError) as wrong:
        timed = late.is_set() or isinstance(wrong, urllib3.exceptions.TimeoutError)
        return Answer(Failure.TIMEOUT if timed else Failure.BROKEN)
    finally:
        watch.cancel()
        connection.close()
    if late.is_set():
        return Answer(Failure.TIMEOUT)
    return _judged(status, wait)


def _judged(status: int, wait: str) -> Answer:
    if 200 <= status < 300:
        return Answer(status=status)
    if 300 <= status < 400:
        return Answer(Failure.REDIRECT, status)
    if status == 410:
        return Answer(Failure.GONE, status)
    seconds = int(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else 0
    return Answer(Failure.STATUS, status, seconds if status in (429, 503) else 0)
