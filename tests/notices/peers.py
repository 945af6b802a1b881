"""Local peers that speak the protocols of the ways out, on real sockets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


@dataclass
class HttpPeer:
    """Records JSON requests and answers as told; ``answer`` returning None hangs until the test ends."""

    answer: Callable[[dict[str, Any]], Answer | None]
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)


@contextmanager
def http_peer(answer: Callable[[dict[str, Any]], Answer | None]) -> Iterator[HttpPeer]:
    peer = HttpPeer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path, _, query = self.path.partition("?")
            asked = {"path": path, "query": query, "headers": dict(self.headers), "body": json.loads(body)}
            peer.asked.append(asked)
            peer.arrived.set()
            told = peer.answer(asked)
            if told is None:
                peer.ended.wait(30)
                return
            raw = told[1] if isinstance(told[1], bytes) else json.dumps(told[1]).encode()
            self.send_response(told[0])
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    peer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class SmtpPeer:
    """A mail server: replies by command, ``None`` hangs. ``mails`` holds what it accepted."""

    replies: dict[str, str | None]
    port: int = 0
    mails: list[tuple[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Event = field(default_factory=threading.Event)

    def talk(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as lines:
            to, said, content = "", "greeting", ""
            while True:
                reply = self.replies.get(
                    said, {"greeting": "220 peer", "DATA": "354 go on", "QUIT": "221 bye"}.get(said, "250 ok")
                )
                if reply is None:
                    self.ended.wait(30)
                    return
                if said == "content" and reply.startswith("250"):
                    self.mails.append((to, content))
                client.sendall(reply.encode() + b"\r\n")
                if said == "DATA" and reply.startswith("354"):
                    content = b"".join(iter(lines.readline, b".\r\n")).decode()
                    said = "content"
                    self.arrived.set()
                    continue
                line = lines.readline().decode().strip()
                if not line or said == "QUIT":
                    return
                said = line.split()[0].upper().split(":")[0]
                to = line if said == "RCPT" else to


@contextmanager
def smtp_peer(**replies: str | None) -> Iterator[SmtpPeer]:
    peer = SmtpPeer(replies)
    listening = socket.create_server(("127.0.0.1", 0))
    peer.port = listening.getsockname()[1]
    talks: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                client, _address = listening.accept()
            except OSError:
                return
            talks.append(threading.Thread(target=peer.talk, args=(client,), daemon=True))
            talks[-1].start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        peer.ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for one in [thread, *talks]:
            one.join(5)
