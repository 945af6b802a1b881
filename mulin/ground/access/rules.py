"""Roles, as code, with the policy in words beside them."""

from __future__ import annotations


class MixedCharacters:
    """Placeholder until the access room is written."""
