"""Django's admin looks and does not touch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from mulin.ground.trail import actions
from mulin.kernel.ids import uuid7
from tests.conftest import as_owner
from tests.personas import Scene

MODELS = ["trail/auditentry", "trail/seal", "worklist/workitem", "notices/notice", "files/storedfile"]


@pytest.fixture
def root(county: Scene, client: Client, now: datetime, settings: Any, tmp_path: Any) -> Client:
    settings.STAFF_NEED_MFA, settings.HEADS_ROOT = False, tmp_path
    account: Any = apps.get_model("access.Account")
    with as_owner():
        account.objects.filter(pk=county.accounts["admin"].pk).update(is_superuser=True, is_staff=True)
        superuser = account.objects.get(pk=county.accounts["admin"].pk)
    actions.record(by=county.admin, now=now, verb="x", subject_kind="case", subject_id=uuid7())
    actions.seal(now=now)
    client.force_login(superuser, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("model", MODELS)
def test_tenant_rows_are_shown_and_never_changed(root: Client, model: str) -> None:
    assert root.get(f"/admin/{model}/").status_code == 200
    assert root.get(f"/admin/{model}/add/").status_code == 403
    assert root.post(f"/admin/{model}/", {"action": "delete_selected"}).status_code in (200, 302, 403)


def test_an_entry_is_shown_in_full_and_cannot_be_saved_or_deleted(root: Client) -> None:
    entry: Any = apps.get_model("trail.AuditEntry").objects.first()
    url = f"/admin/trail/auditentry/{entry.pk}"
    assert root.get(f"{url}/change/").status_code == 200
    assert root.post(f"{url}/change/", {"verb": "y"}).status_code == 403
    assert root.post(f"{url}/delete/", {"post": "yes"}).status_code == 403
