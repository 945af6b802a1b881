"""Writes of access: tries counted, accounts opened and reset, roles given and ended."""

from __future__ import annotations

from mulin.ground.access.actions.accounts import (
    close_account,
    erase_person,
    first_admin,
    open_account,
    remove_second_factor,
    reopen_account,
    reset_password,
    set_password,
    sign_in_failed,
    signed_in,
)
from mulin.ground.access.actions.attempts import (
    clear_attempts,
    count_attempt,
    forgive_attempt,
    purge_attempts,
)
from mulin.ground.access.actions.grants import end_grant, grant

__all__ = [
    "clear_attempts",
    "close_account",
    "count_attempt",
    "end_grant",
    "erase_person",
    "first_admin",
    "forgive_attempt",
    "grant",
    "open_account",
    "purge_attempts",
    "remove_second_factor",
    "reopen_account",
    "reset_password",
    "set_password",
    "sign_in_failed",
    "signed_in",
]
