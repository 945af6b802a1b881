"""Read-only administration of the ledger: every write is an action."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.points.models import Account, Passbook, RuleVersion, Transfer


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("kind", "path", "balance", "held", "opened_at", "closed_at")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ("kind", "amount", "at", "program", "key")
    list_filter = ("kind",)
    ordering = ("-id",)


@admin.register(RuleVersion)
class RuleVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "number", "points", "effective_on", "announced_on", "ended")
    ordering = ("-effective_on", "-id")


@admin.register(Passbook)
class PassbookAdmin(ReadOnlyAdmin):
    list_display = ("number", "state", "first", "issued_at")
    ordering = ("-issued_at", "-id")
