"""People in Django's admin: read-only, and nothing personal."""

from __future__ import annotations

from django.contrib import admin

from mulin.citus.admin import ReadOnlyAdmin
from mulin.ground.people.models import Consent, Membership, Organisation, Person


@admin.register(Person)
class PersonAdmin(ReadOnlyAdmin):
    list_display = ["id", "public_name", "created_at", "erased_at"]
    fields = ["id", "public_name", "work_phone", "language", "large_print", "created_at", "erased_at"]
    ordering = ["-id"]


@admin.register(Organisation)
class OrganisationAdmin(ReadOnlyAdmin):
    list_display = ["name", "kind", "started_on", "ended_on"]
    ordering = ["sort_key"]


@admin.register(Membership)
class MembershipAdmin(ReadOnlyAdmin):
    list_display = ["organisation_id", "person_id", "post", "started_on", "ended_on"]
    ordering = ["-id"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["person_id", "purpose", "given_at", "withdrawn_at"]
    ordering = ["-id"]
