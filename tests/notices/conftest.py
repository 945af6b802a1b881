"""Settings of the ways out: nothing configured unless a test says so."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from mulin.kernel import hooks
from mulin.kernel.secrets import encrypt


@pytest.fixture(autouse=True)
def nothing_configured(settings: Any) -> Any:
    settings.SMS_URL = settings.SMS_TOKEN = settings.EMAIL_HOST = ""
    settings.WECHAT_APPID = settings.WECHAT_SECRET = settings.WECHAT_TEMPLATE = ""
    settings.SMS_TIMEOUT = 1
    settings.CSRF_TRUSTED_ORIGINS = []
    return settings


@pytest.fixture
def visits(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The subjects for which somebody has to call or visit."""
    asked: list[Any] = []
    monkeypatch.setitem(
        hooks.notice_failed, "case", lambda *, subject_id, notice_id, now: asked.append(subject_id)
    )
    return asked


def agree(person: Any, now: Any, **addresses: str) -> None:
    """The person agrees to messages and leaves addresses."""
    for name, value in addresses.items():
        setattr(person, f"{name}_sealed", encrypt(value, bound_to=f"person.{name}"))
    person.save()
    consent: Any = apps.get_model("people.Consent")
    consent.objects.create(person=person, purpose="messages", wording="…", given_at=now)
