"""A provider's state, judged by real calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from providers.models import AIModel, Circuit, Provider, ProviderKey
from providers.monitoring import health
from tests.connecting import connect, upstream
from tests.monitoring.conftest import Make

__all__ = ["connect", "upstream"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def one(connect: Any) -> Provider:
    made: Provider = connect("groq")
    return made


def state() -> health.ProviderState:
    (found,) = health.provider_states()
    return found


def test_one_that_was_not_asked_lately_is_idle_and_can_answer(one: Provider) -> None:
    assert (state().state, state().can_answer, state().success_rate) == ("idle", True, None)
    assert health.overall(health.provider_states()) == "ok"


def test_good_answers_make_it_well(one: Provider, attempt: Make) -> None:
    attempt(started_at=timezone.now())
    found = state()
    assert (found.state, found.success_rate, found.attempts_last_hour) == ("ok", 1.0, 1)
    assert found.latency_p50_ms == pytest.approx(800, rel=0.02)


def test_bad_answers_make_it_failing(one: Provider, failed: Make) -> None:
    for _ in range(6):
        failed(started_at=timezone.now())
    assert state().state == "failing"
    assert health.overall(health.provider_states()) == "degraded"


def test_an_open_circuit_rests_until_it_says(one: Provider) -> None:
    until = timezone.now() + timedelta(minutes=5)
    Circuit.objects.create(provider=one, open_until=until, reason="Unavailable")
    found = state()
    assert (found.state, found.reason, found.until) == ("resting", "Unavailable", until)
    assert health.overall(health.provider_states()) == "down"


def test_keys_that_all_rest_rest_the_provider(one: Provider) -> None:
    until = timezone.now() + timedelta(minutes=5)
    ProviderKey.objects.update(blocked_until=until)
    assert (state().state, state().until) == ("resting", until)


def test_refused_keys_missing_models_and_the_switch_are_three_things(one: Provider) -> None:
    ProviderKey.objects.update(invalid_since=timezone.now())
    assert state().state == "no_key"
    AIModel.objects.update(enabled=False)
    assert state().state == "no_model"
    Provider.objects.update(enabled=False)
    assert state().state == "off"
