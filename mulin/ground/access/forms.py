"""Input shapes of sign-in."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth as mulin uses it: accounts are opened by the county's staff or at the counter, never by sign-up."""

    def is_open_for_signup(self, request: object) -> bool:
        return False
