"""Fixtures for tests that need providers: rows in the database that lead to the simulated upstream."""

import pytest

from providers import ledger
from providers.models import AIModel, Provider, ProviderKey
from tests.upstream import Upstream


@pytest.fixture
def upstream():
    with Upstream() as server:
        yield server


@pytest.fixture
def connect(upstream, transactional_db):
    """Make a provider whose address is a place of the upstream; returns the row."""

    def make(name, *behaviours, keys=1, models=("small",), **fields):
        provider = Provider.objects.create(
            slug=name,
            name=name.title(),
            base_url=upstream.add(name, *behaviours),
            allow_private_address=True,
            **{"timeout_seconds": 2, "priority": 10 * (Provider.objects.count() + 1), **fields},
        )
        for model in models:
            AIModel.objects.create(provider=provider, model_id=model, capabilities=["text-generation"])
        for number in range(keys):
            key = ProviderKey(provider=provider)
            key.hold(f"sk-planted-{name}-{number}-0123456789")
            key.save()
        return provider

    yield make
    ledger.close()
