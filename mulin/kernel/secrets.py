"""Secrets in rows: authenticated encryption, keyed hashes for look-up, masking for the eye.

The keys live outside the database (``MULIN_HOME/secret.json`` or ``MULIN_SECRET``). A stored value begins with the
name of its cipher, so that SM4 can stand beside AES and keys can be turned over.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets as _random
import unicodedata
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_AES = "a1"


def load_keys(home: Path) -> dict[str, str]:
    """The keys of this installation, made on first use in a file only its owner can read.

    Two processes starting together agree on one file: the second one finds the first one's.
    Raises OSError where the folder cannot be written.
    """
    path = home / "secret.json"
    if not path.exists():
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = {name: _random.token_hex(32) for name in ("django", "field", "hash")}
        draft = home / f".secret.{os.getpid()}.{_random.token_hex(4)}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            json.dump(fresh, handle)
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    keys: dict[str, str] = json.loads(path.read_text())
    return keys


@lru_cache(maxsize=1)
def _keys() -> tuple[bytes, bytes]:
    from django.conf import settings

    return bytes.fromhex(settings.MULIN_FIELD_KEY), bytes.fromhex(settings.MULIN_HASH_KEY)


def encrypt(plain: str, *, bound_to: str = "") -> str:
    """Ciphertext as ASCII; ``bound_to`` must be given again to decrypt (a value cannot move to another field)."""
    if not plain:
        return ""
    nonce = os.urandom(12)
    sealed = AESGCM(_keys()[0]).encrypt(nonce, plain.encode(), bound_to.encode())
    return f"{_AES}:{base64.b64encode(nonce + sealed).decode()}"


def decrypt(stored: str, *, bound_to: str = "") -> str:
    """Plain text. Raises cryptography.exceptions.InvalidTag when row or key is not ours."""
    if not stored:
        return ""
    cipher, _, body = stored.partition(":")
    if cipher != _AES:
        raise ValueError(f"unknown cipher {cipher!r}")
    raw = base64.b64decode(body)
    return AESGCM(_keys()[0]).decrypt(raw[:12], raw[12:], bound_to.encode()).decode()


def keyed_hash(value: str) -> str:
    """Hex HMAC-SHA-256 of a normalised value, for equality look-ups only. Empty stays empty."""
    return hmac.new(_keys()[1], value.encode(), hashlib.sha256).hexdigest() if value else ""


_DAY = re.compile(r"^(?:19|20)\d\d-\d\d?-\d\d?(?:\D|$)")
_PHONE = re.compile(r"^(?:1[3-9]\d{9}|0\d{9,11}|\d{7,8}|400\d{7})$")


def normal_phone(text: str) -> str:
    """Digits of a Chinese mobile or landline number, or '' if it cannot be one: a day is none. +86, spaces, full width
    forgiven."""
    plain = unicodedata.normalize("NFKC", text)
    if _DAY.match(plain.strip()):
        return ""
    digits = re.sub(r"[\s\-()]+", "", plain)
    digits = re.sub(r"^(?:\+?0{0,2}86)(?=1[3-9]\d{9}$)", "", digits)
    return digits if _PHONE.match(digits) else ""


def mask_phone(phone: str) -> str:
    """``138****5678``; a short number keeps its last two digits."""
    if len(phone) >= 11:
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if phone else ""


def mask_name(name: str) -> str:
    """``王**``: the surname and one star for each further character (two-character surnames are not guessed)."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""
