"""Identifiers: UUIDv7 inside, short public numbers outside.

A public number is ``CCCCCC-XXXXXXXXK``: the county, eight random base-32 characters, one check character.
It routes to its county, cannot be guessed from another one and needs no counter row. A token (receipt, QR)
is the same with 20 random characters, because whoever holds it is let in.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that it survives a telephone call."""

_LOOKS_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_SHAPE = re.compile(rf"^([0-9]{{6}})-?([{ALPHABET}]{{7,24}})([{ALPHABET}])$")
NUMBER_LENGTH = 8
TOKEN_LENGTH = 20


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562)."""
    return _uuid7()


def earlier(span: timedelta) -> UUID:
    """A mark below every UUIDv7 that was made within the span before now, and above those made earlier."""
    return UUID(int=_uuid7().int - (round(span.total_seconds() * 1000) << 80))


def check_character(county: int, body: str) -> str:
    """The check character: a weighted sum modulo 31 (only the pair 0 and Z is not told apart)."""
    digits = f"{county:06d}{body}"
    total = sum((place + 1) * ALPHABET.index(char) for place, char in enumerate(digits))
    return ALPHABET[total % 31]


def public_number(county: int) -> str:
    """A new random public number of this county, e.g. ``211322-7K3M9Q2TX``."""
    return _compose(county, NUMBER_LENGTH)


def token(county: int) -> str:
    """A new unguessable token (100 random bits) that begins with its county."""
    return _compose(county, TOKEN_LENGTH)


def _compose(county: int, length: int) -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return f"{county:06d}-{body}{check_character(county, body)}"


def read_public(text: str) -> tuple[int, str] | None:
    """(county, canonical form) of what a person typed or scanned, or None if it cannot be one.

    Lower case, full-width characters, spaces, missing hyphen and look-alikes (O for 0, I and L for 1) are forgiven.
    """
    import unicodedata

    typed = unicodedata.normalize("NFKC", text).upper()
    typed = re.sub(r"[\s\-‐-―−_.]+", "", typed).translate(_LOOKS_LIKE)
    match = _SHAPE.match(typed)
    if match is None or len(match[2]) not in (NUMBER_LENGTH, TOKEN_LENGTH):
        return None
    county = int(match[1])
    if check_character(county, match[2]) != match[3]:
        return None
    return county, f"{match[1]}-{match[2]}{match[3]}"


def is_token(canonical: str) -> bool:
    """Whether a canonical public form is a token (lets its holder in) rather than a number."""
    return len(canonical) == 6 + 1 + TOKEN_LENGTH + 1


def uuid7_floor(key: UUID, back: timedelta) -> UUID:
    """The smallest UUIDv7 of the moment ``back`` before the one in which ``key`` was made."""
    moment = max((key.int >> 80) - int(back / timedelta(milliseconds=1)), 0)
    return UUID(int=moment << 80)
