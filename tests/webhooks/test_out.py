"""The way out itself: pinned to what was checked, certificate by name, no redirect, no endless answer."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mulin.ground.webhooks.actions import out
from mulin.ground.webhooks.rules import Failure, Target
from mulin.kernel.errors import Refused
from tests.webhooks.consumer import Consumer, Received, consumer, says

Resolve = Callable[..., list[str]]
_real = socket.getaddrinfo


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, list[list[str]]], list[str]]:
    """Names and what they resolve to, one list per look-up, the last for ever; and the look-ups that there were."""
    known: dict[str, list[list[str]]] = {}
    asked: list[str] = []

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            asked.append(host)
            if host not in known:
                raise socket.gaierror(-2, "Name or service not known") from None
            turns = known[host]
            found = turns.pop(0) if len(turns) > 1 else turns[0]
            return [one for address in found for one in _real(address, port, *args, **kwargs)]
        return _real(host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return known, asked


def post(target: Target) -> out.Answer:
    return out.deliver(target=target, body=b"{}", headers={"Content-Type": "application/json"})


def plain(peer: Consumer) -> Target:
    return Target("http", "127.0.0.1", peer.port, "/hook")


# ── never inside ─────


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
        ["::1"],
        ["169.254.169.254"],
        ["::ffff:127.0.0.1"],
        ["100.100.100.200"],
    ],
)
def test_a_name_that_leads_inside_is_refused_when_written_and_when_sent(found: list[str], names: Any) -> None:
    names[0]["hooks.example.cn"] = [found]
    target = Target("https", "hooks.example.cn", 443, "/")
    with pytest.raises(Refused) as refused:
        out.check_target(target=target)
    assert "内部网络" in str(refused.value.message) and refused.value.field == "url"
    assert post(target) == out.Answer(Failure.PRIVATE)


def test_a_name_that_nobody_knows_is_refused(names: Any) -> None:
    with pytest.raises(Refused, match="找不到"):
        out.check_target(target=Target("https", "nowhere.example.cn", 443, "/"))
    assert post(Target("https", "nowhere.example.cn", 443, "/")) == out.Answer(Failure.NO_NAME)


def test_a_name_that_is_turned_inside_after_it_was_checked_gets_nothing(names: Any) -> None:
    """Rebinding between writing it down and sending."""
    with consumer() as inside:
        names[0]["hooks.example.cn"] = [["93.184.216.34"], ["127.0.0.1"]]
        target = Target("https", "hooks.example.cn", inside.port, "/")
        out.check_target(target=target)
        assert post(target).failure == Failure.PRIVATE and inside.received == []


def test_the_connection_goes_to_the_checked_address_and_the_name_is_looked_up_once(
    names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding between check and connection: the second answer of the resolver is never asked for."""
    monkeypatch.setattr(out, "public", lambda address: address == "127.0.0.1")
    with consumer() as checked:
        names[0]["hooks.example.cn"] = [["127.0.0.1"], ["10.0.0.1"]]
        answer = post(Target("http", "hooks.example.cn", checked.port, "/a?b=1"))
    assert answer == out.Answer(status=204) and names[1] == ["hooks.example.cn"]
    assert checked.received[0].headers["host"] == f"hooks.example.cn:{checked.port}"
    assert checked.received[0].path == "/a?b=1"


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True
    with consumer() as proxy, consumer() as peer:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert post(plain(peer)).status == 204
    assert len(peer.received) == 1 and proxy.received == []


# ── the certificate ─────


@pytest.fixture
def served(tmp_path: Path, names: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``served(name)``: a TLS server with a certificate for that name, by an authority that the client trusts."""
    monkeypatch.setattr(out, "public", lambda address: address == "127.0.0.1")

    def make(name: str) -> ssl.SSLContext:
        key, path = ec.generate_private_key(ec.SECP256R1()), tmp_path / f"{name}.pem"
        who, at = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now().astimezone()
        made = (
            x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = made.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(pem + secret)
        trusted = ssl.create_default_context(cadata=pem.decode())
        monkeypatch.setattr(out, "_context", lambda: trusted)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    return make


def test_the_certificate_is_checked_against_the_name_though_an_address_is_called(
    served: Any, names: Any
) -> None:
    names[0].update({"hooks.example.cn": [["127.0.0.1"]], "other.example.cn": [["127.0.0.1"]]})
    with consumer(context=served("hooks.example.cn")) as peer:
        assert post(Target("https", "hooks.example.cn", peer.port, "/")) == out.Answer(status=204)
        assert post(Target("https", "other.example.cn", peer.port, "/")) == out.Answer(Failure.CERTIFICATE)
        assert len(peer.received) == 1 and peer.received[0].headers["host"] == f"hooks.example.cn:{peer.port}"


def test_an_authority_that_nobody_trusts_is_refused(
    served: Any, names: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names[0]["hooks.example.cn"] = [["127.0.0.1"]]
    with consumer(context=served("hooks.example.cn")) as peer:
        monkeypatch.setattr(out, "_context", ssl.create_default_context)
        assert post(Target("https", "hooks.example.cn", peer.port, "/")) == out.Answer(Failure.CERTIFICATE)
        assert peer.received == []


# ── answers ─────


@pytest.fixture
def open_house(settings: Any) -> None:
    settings.WEBHOOKS_PRIVATE = True


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int, open_house: None) -> None:
    with consumer() as elsewhere, consumer(answer=says(status, Location=elsewhere.url)) as peer:
        assert post(plain(peer)) == out.Answer(Failure.REDIRECT, status)
    assert elsewhere.received == [] and len(peer.received) == 1


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, out.Answer(status=200)), (204, out.Answer(status=204)), (299, out.Answer(status=299)),
        (400, out.Answer(Failure.STATUS, 400)), (404, out.Answer(Failure.STATUS, 404)),
        (410, out.Answer(Failure.GONE, 410)), (500, out.Answer(Failure.STATUS, 500)),
    ],
)  # fmt: skip
def test_what_the_status_means(status: int, answer: out.Answer, open_house: None) -> None:
    with consumer(answer=says(status)) as peer:
        assert post(plain(peer)) == answer


@pytest.mark.parametrize(
    ("said", "wait"),
    [("90", 90), ("-1", 0), ("soon", 0), ("9999999", 0), ("²", 0), ("Wed, 21 Oct 2026 07:28:00 GMT", 0)],
)
def test_how_long_somebody_wants_to_be_left_alone(said: str, wait: int) -> None:
    assert out._judged(503, said).wait == wait and out._judged(500, said).wait == 0


def test_nobody_there(open_house: None) -> None:
    with consumer() as peer:
        target = plain(peer)
    assert post(target) == out.Answer(Failure.NO_CONNECTION)


@pytest.mark.parametrize("slow", ["silent", "head trickles", "body trickles"])
def test_a_slow_answer_ends_when_time_is_up(
    slow: str, open_house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the whole does not: time is counted for all of it."""
    monkeypatch.setattr(out, "TIMEOUT", 0.6)

    def answer(handler: Any, _told: Received) -> None:
        if slow == "silent":
            time.sleep(3)
            return
        first = b"HTTP/1.1 200 OK\r\n" + (b"" if slow == "head trickles" else b"Content-Length: 1000\r\n\r\n")
        handler.wfile.write(first)
        try:
            for n in range(100):
                handler.wfile.write(b"X-%d: y\r\n" % n if slow == "head trickles" else b"x")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    with consumer(answer=answer) as peer:
        began = time.monotonic()
        assert post(plain(peer)) == out.Answer(Failure.TIMEOUT)
        assert time.monotonic() - began < 2.5


def test_an_endless_answer_is_not_read_to_its_end(open_house: None) -> None:
    written = {"bytes": 0}

    def answer(handler: Any, _told: Received) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                written["bytes"] += handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    with consumer(answer=answer) as peer:
        assert post(plain(peer)) == out.Answer(status=200)
        time.sleep(0.2)
    assert written["bytes"] < 20_000_000


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300],
)
def test_what_is_no_answer_is_none(nonsense: bytes, open_house: None) -> None:
    def answer(handler: Any, _told: Received) -> None:
        handler.wfile.write(nonsense)

    with consumer(answer=answer) as peer:
        assert post(plain(peer)).failure == Failure.BROKEN


def test_a_bomb_is_not_unpacked(open_house: None) -> None:
    import gzip

    packed = gzip.compress(b"0" * 50_000_000)

    def answer(handler: Any, _told: Received) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        handler.wfile.write(head + packed)

    with consumer(answer=answer) as peer:
        began = time.process_time()
        assert post(plain(peer)) == out.Answer(status=200)
        assert time.process_time() - began < 2
