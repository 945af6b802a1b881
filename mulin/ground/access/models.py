"""Accounts (local: they belong to no county), who they are in a county, and the grants they hold there."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.db import models

from mulin.citus.fields import CountyForeignKey
from mulin.citus.models import CountyScoped, Local
from mulin.kernel.ids import uuid7


class Account(AbstractBaseUser, PermissionsMixin, Local):
    """What somebody signs in with. Names and phone numbers live in people.Person, never here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(max_length=60, unique=True)
    email = models.EmailField(blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="may open the read-only administration")
    must_change_password = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()


class AccountCounty(Local):
    """Who an account is in a county. Plain UUIDs: a local table never points at a tenant table."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="counties")
    county_code = models.IntegerField()
    person_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "county_code"], name="account_county_once"),
            models.UniqueConstraint(fields=["county_code", "person_id"], name="account_county_person"),
        ]


class Attempt(Local):
    """Counts tries per key (a keyed hash) within a window: lockouts shared by every process."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="attempt_expiry")]


class Grant(CountyScoped):
    """A role held by a person: over a division or grid (and all below it), or within a unit. Dated,
    never deleted.
    """

    person = CountyForeignKey("people.Person", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=30)
    division = CountyForeignKey("territory.Division", on_delete=models.PROTECT, null=True, related_name="+")
    grid = CountyForeignKey("territory.Grid", on_delete=models.PROTECT, null=True, related_name="+")
    unit = CountyForeignKey("people.Organisation", on_delete=models.PROTECT, null=True, related_name="+")
    path = models.CharField(
        max_length=200, blank=True, default="", db_collation="C", help_text="of division or grid"
    )
    granted_by = models.UUIDField(null=True)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["county", "person", "role", "path", "unit"],
                name="grant_once",
                condition=models.Q(ended_on__isnull=True),
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["county", "role", "path"], name="grant_role_path")]
