"""Access in Django's admin: read-only. The admin is for the installation's own accounts, signed in
like everybody.
"""

from __future__ import annotations

from importlib import import_module

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.access.models import Account, AccountCounty, Grant


def _for_superusers(request: HttpRequest) -> bool:
    user = request.user
    return bool(user.is_active and getattr(user, "is_superuser", False))


# No second way to sign in: the admin's own form knows neither lockout nor second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.has_permission = _for_superusers  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = "睦邻"


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["username", "is_active", "is_staff", "must_change_password", "last_login", "created_at"]
    fields = ["id", "username", "is_active", "is_staff", "must_change_password", "last_login", "created_at"]
    ordering = ["-id"]


@admin.register(AccountCounty)
class AccountCountyAdmin(ReadOnlyAdmin):
    list_display = ["account_id", "county_code", "person_id"]
    ordering = ["-id"]


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    list_display = ["role", "path", "unit_id", "person_id", "started_on", "ended_on"]
    ordering = ["-id"]


def hide_others() -> None:
    """Forms of other packages that would write: groups, e-mail addresses, authenticators.

    Their admin modules are imported first: autodiscovery comes to them only after ours, and would register them again.
    """
    for module in ("allauth.account.admin", "allauth.mfa.admin", "django.contrib.auth.admin"):
        import_module(module)
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    for model in (Group, EmailAddress, Authenticator):
        if admin.site.is_registered(model):
            admin.site.unregister(model)


hide_others()
