"""Signature, back-off, and which addresses are of the public internet."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mulin.ground.webhooks import rules
from mulin.kernel.errors import Refused
from tests.conftest import NOW

# ── the signature ─────


def test_the_signature_is_that_of_the_standards_own_libraries() -> None:
    """The vector that the Standard Webhooks libraries test themselves with."""
    told = rules.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_32_fresh_bytes_and_nothing_else_signs() -> None:
    one, other = rules.new_secret(), rules.new_secret()
    assert one != other and one.startswith("whsec_") and len(one) == 6 + 44
    with pytest.raises(ValueError, match="whsec_"):
        rules.signature("secret", id="x", timestamp=1, body=b"")


# ── patience ─────


def test_waits_double_up_to_a_day_and_end_with_patience() -> None:
    waits = [(rules.next_try(NOW, attempts=n, happened=NOW, chance=0.5) or NOW) - NOW for n in range(1, 15)]
    assert waits[:4] == [timedelta(seconds=30 * 2**n) for n in range(4)]
    assert waits[-1] == timedelta(days=1) and waits == sorted(waits)
    assert rules.next_try(NOW, attempts=3, happened=NOW - rules.PATIENCE) is None


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True), st.integers(0, 5 * 24 * 60 - 1))
def test_no_wait_leads_beyond_patience_or_a_day_and_a_quarter(n: int, dice: float, minutes: int) -> None:
    happened = NOW - timedelta(minutes=minutes)
    again = rules.next_try(NOW, attempts=n, happened=happened, chance=dice)
    assert again is not None and NOW < again <= min(NOW + timedelta(hours=30), happened + rules.PATIENCE)


def test_a_silent_address_is_asked_every_quarter_of_an_hour_at_least() -> None:
    rests = [rules.rest(n) for n in range(1, 30)]
    assert rests[0] == timedelta(seconds=30) and rests[-1] == timedelta(minutes=15) and rests == sorted(rests)


def test_a_body_says_when_in_utc_to_the_millisecond() -> None:
    at = datetime.fromisoformat("2026-09-01T09:00:00.1239+08:00")
    told = rules.body(id=UUID(int=1), event="case.closed", at=at, data={"state": "closed"})
    assert told["timestamp"] == "2026-09-01T01:00:00.123Z" and told["data"] == {"state": "closed"}


# ── addresses ─────

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 169.254.0.23
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::127.0.0.1 ::10.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:10.0.0.1 64:ff9b::10.0.0.1
64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1
2002:a00:1:: 2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1
2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:127.0.0.1 4000::1 nonsense 1.2.3 0x7f.1 2130706433
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 93.184.216.34 100.63.255.255 100.128.0.1 114.114.114.114 126.255.255.255 128.0.0.1
172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 223.255.255.255 2606:4700:4700::1111 2400:3200::1 ::ffff:8.8.8.8
64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_nothing_is_sent_to_addresses_inside(address: str) -> None:
    assert not rules.public(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_the_public_internet_is_open(address: str) -> None:
    assert rules.public(address)


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_never_public(address: object) -> None:
    known = ipaddress.ip_address(str(address))
    if known.is_private or known.is_loopback or known.is_link_local or known.is_multicast:
        mapped = getattr(known, "ipv4_mapped", None)
        assert not rules.public(str(known)) or (mapped is not None and mapped.is_global)


REFUSED = """
http://example.cn/hook ftp://example.cn/ //example.cn/ example.cn javascript:alert(1) https:///hook https://
https://127.0.0.1/ https://10.0.0.1/ https://2130706433/ https://0x7f000001/ https://0x7f.0.0.1/ https://0177.0.0.1/
https://017700000001/ https://127.1/ https://127.0.1/ https://1.1.1.1/ https://[::1]/ https://[::ffff:127.0.0.1]/
https://[fe80::1%25eth0]/ https://[2606:4700:4700::1111]/ https://localhost/ https://localhost./ https://a.localhost/
https://printer.local/ https://metadata.google.internal/ https://intranet/ https://nas.lan/ https://x.home.arpa/
https://user@example.cn/ https://user:pw@example.cn/ https://example.cn@10.0.0.1/ https://example.cn:22/
https://example.cn:80/ https://example.cn:8080/ https://example.cn:99999/ https://example.cn:x/ https://example.cn/#part
https://exa_mple.cn/ https://-a.cn/ https://a..cn/ https://.cn/ https://例.cn/ https://１２７.0.0.1/
https://example.cn\\@10.0.0.1/ https://127.0.0.1.0x1/
"""


@pytest.mark.parametrize(
    "url", [*REFUSED.split(), "https://example.cn/a\tb", "https://a.cn/ b", "", "https://a.cn/" + "x" * 500]
)
def test_an_address_that_is_no_plain_https_name_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refused:
        rules.read_address(url)
    assert refused.value.field == "url" and refused.value.status == 422


def test_a_plain_https_name_is_taken_apart() -> None:
    told = rules.read_address(" https://Hooks.Example.cn:8443/a/b?c=1 ")
    assert (told.host, told.port, told.path) == ("hooks.example.cn", 8443, "/a/b?c=1")
    assert told.authority == "hooks.example.cn:8443"
    plain = rules.read_address("https://xn--fiqs8s.cn.")
    assert (plain.authority, plain.path) == ("xn--fiqs8s.cn", "/")


def test_a_developers_machine_is_only_open_by_its_setting() -> None:
    assert rules.read_address("http://127.0.0.1:9000/x", private=True).port == 9000
    with pytest.raises(Refused):
        rules.read_address("file:///etc/passwd", private=True)
