"""Where an event may be sent: https to a name, on a port of https, and only to addresses of the public internet. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from mulin.kernel.errors import Refused

PORTS: Final = (443, 4443, 8443, 9443)
LONGEST: Final = 500

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLAIN = re.compile(r"[\x21-\x7e]+")

_NEVER: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # what a cloud answers its own machines from
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48",
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
"""IANA's special-purpose registries, multicast, and tunnels (6to4, Teredo) whose end nobody can tell."""
_MAPPED: Final = ipaddress.ip_network("::ffff:0:0/96")
_TRANSLATED: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::ffff:0:0:0/96"))
"""NAT64 and its stateless kin: the last four bytes are an IPv4 address."""
_GLOBAL: Final = ipaddress.ip_network("2000::/3")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True)
class Target:
    """An address, taken apart. ``path`` with the question behind it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the Host header says them."""
        usual = {"https": 443, "http": 80}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def public(address: str) -> bool:
    """Whether an IP address, as a resolver gives it, is one of the public internet. False for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in net for net in _NEVER if net.version == 4)
    if found.scope_id is not None:
        return False
    embedded = str(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    if found in _MAPPED or any(found in net for net in _TRANSLATED):
        return public(embedded)
    if int(found) >> 32 & 0xFFFFFFFF in _ISATAP and not public(embedded):
        return False
    return found in _GLOBAL and not any(found in net for net in _NEVER if net.version == 6)


def read_address(text: str, *, private: bool = False) -> Target:
    """An address that somebody typed, taken apart. Refused unless it is https to a name, on one of PORTS, without user,
    password and fragment. ``private``: on a developer's machine also http, any port, and numbers for names."""
    plain = text.strip()
    if not plain or len(plain) > LONGEST or not _PLAIN.fullmatch(plain) or "\\" in plain:
        raise _refused(_("请写完整的网址，最多 %(most)d 个字符，不要有空格和中文。") % {"most": LONGEST})
    try:
        parts = urlsplit(plain)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as wrong:
        raise _refused(_("这个网址读不懂，请核对。")) from wrong
    if parts.scheme not in (("https", "http") if private else ("https",)):
        raise _refused(_("网址要以 https:// 开头。"))
    if parts.username is not None or parts.password is not None:
        raise _refused(_("网址里不要写用户名和密码。"))
    if parts.fragment:
        raise _refused(_("网址里不要有 # 和后面的部分。"))
    port = port or {"https": 443, "http": 80}[parts.scheme]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not private:
        if port not in PORTS:
            told = "、".join(str(one) for one in PORTS)
            raise _refused(_("端口只能是 %(ports)s。") % {"ports": told})
        if not _a_name(host):
            raise _refused(_("请写完整的域名，不能写 IP 地址或内部名称。"))
    return Target(parts.scheme, host, port, path)


def _a_name(host: str) -> bool:
    """A domain name of the internet: labels, and at the end no number, in whatever notation, that a resolver would read as
    an IPv4 address."""
    labels = host.split(".")
    named = len(host) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(one) for one in labels)
    inside = labels[-1] in (
        "localhost",
        "local",
        "internal",
        "localdomain",
        "lan",
        "home",
        "corp",
        "intranet",
    )
    return named and not _NUMBER.fullmatch(labels[-1]) and not inside and not host.endswith(".home.arpa")


def _refused(words: str) -> Refused:
    return Refused("webhook_url", words, field="url")
