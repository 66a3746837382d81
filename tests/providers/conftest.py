"""Providers in the database: leading to the simulated upstream, or as an administrator sees them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.catalogue import vendor
from providers.configuration import add_vendor
from providers.models import Provider
from tests.connecting import connect, upstream
from tests.providers.admin_pages import SECRET

__all__ = ["admin", "connect", "groq", "upstream"]


@pytest.fixture
def admin() -> Client:
    client = Client(headers={"accept-language": "en"})
    boss = User.objects.create_superuser("boss")
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def groq(monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    add_vendor(vendor("groq"), secret=SECRET)
    return Provider.objects.get()
