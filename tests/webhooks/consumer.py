"""Somebody else's program that takes webhooks: a real server that goes down and comes back, and checks by code of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.raw)
        return told


@dataclass
class Consumer:
    """``answer(handler, received)`` writes the answer itself; without one everything is taken with 204."""

    answer: Callable[[BaseHTTPRequestHandler, Received], object] | None = None
    context: ssl.SSLContext | None = None
    port: int = 0
    received: list[Received] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=mulin"

    def up(self) -> None:
        consumer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                told = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, raw)
                consumer.received.append(told)
                if consumer.answer is not None:
                    consumer.answer(self, told)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *args: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def consumer(**told: Any) -> Iterator[Consumer]:
    """A consumer that is up."""
    made = Consumer(**told)
    made.up()
    try:
        yield made
    finally:
        made.down()


def says(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler, Received], None]:
    """An answer without a body."""

    def answer(handler: BaseHTTPRequestHandler, _told: Received) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def genuine(told: Received, secret: str) -> bool:
    """Whether one of the signatures is by this secret, as the Standard Webhooks say to check it."""
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{told.headers['webhook-id']}.{told.headers['webhook-timestamp']}.".encode() + told.raw
    mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [one.split(",", 1) for one in told.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(value, mine) for version, value in given)
