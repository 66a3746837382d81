"""Models that end: who is warned, when, and that nothing is sent to them afterwards."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from providers.lifetimes import warnings
from providers.models import AIModel, GoneReason, Provider
from providers.orchestrator import Exhausted, Task, complete
from providers.types import ChatRequest, Message, Role
from tests.connecting import connect, upstream
from tests.upstream import Upstream, answers

__all__ = ["connect", "upstream"]

TODAY = datetime.now(UTC).date()


def model(name: str = "small", *, ends_in: int | None = None, **fields: Any) -> AIModel:
    provider, _ = Provider.objects.get_or_create(slug="one", defaults={"name": "One"})
    last = TODAY + timedelta(days=ends_in) if ends_in is not None else None
    return AIModel.objects.create(provider=provider, model_id=name, shutdown_on=last, **fields)


def told() -> list[str]:
    with translation.override("en"):
        return [str(one) for one in warnings()]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "warned"), [(31, False), (30, True), (1, True), (0, True)])
def test_a_model_is_warned_about_thirty_days_before_its_end(days: int, warned: bool) -> None:  # noqa: FBT001 - a table
    model(ends_in=days)
    assert bool(told()) == warned


@pytest.mark.django_db
def test_a_warning_names_the_day_and_how_many_are_left() -> None:
    last = model(ends_in=3).shutdown_on
    assert last
    (words,) = told()
    assert words.startswith("small ends on ")
    assert str(last.year) in words
    assert words.endswith("in 3 days.")


@pytest.mark.django_db
def test_what_is_not_in_use_is_nobodys_trouble() -> None:
    model("off", ends_in=3, enabled=False)
    assert told() == []
    model("on", ends_in=3)
    Provider.objects.update(enabled=False)
    assert told() == []


@pytest.mark.django_db
def test_a_model_that_the_vendor_took_away_is_told_for_two_weeks() -> None:
    one = model(gone_since=timezone.now(), gone_reason=GoneReason.VANISHED)
    assert told()[0].startswith("small is gone since ")
    AIModel.objects.filter(pk=one.pk).update(gone_since=timezone.now() - timedelta(days=15))
    assert told() == []


@pytest.mark.django_db
def test_what_is_gone_comes_before_what_ends_and_the_nearest_end_first() -> None:
    model("later", ends_in=20)
    model("sooner", ends_in=2)
    model("gone", gone_since=timezone.now(), gone_reason=GoneReason.RETIRED)
    assert [one.model_id for one in warnings()] == ["gone", "sooner", "later"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["admin:index", "start"])
@pytest.mark.parametrize(("administrator", "warned"), [(True, True), (False, False)])
def test_the_first_pages_warn_administrators_and_nobody_else(page: str, administrator: bool, warned: bool) -> None:  # noqa: FBT001 - a table
    model(ends_in=3)
    client = Client(headers={"accept-language": "en"})
    person = User.objects.create_user("somebody", is_staff=administrator, is_superuser=administrator)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(reverse(page))
    shown = answer.status_code == 200 and "small ends on" in answer.content.decode()
    assert shown == warned


def ask() -> str:
    request = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
    answer = asyncio.run(complete(Task("test"), request, check=lambda text, _last: text))
    return answer.result.model_id


def test_nothing_is_sent_to_a_model_whose_last_day_has_come(connect: Any, upstream: Upstream) -> None:
    connect("one", answers("Hello"), models=("dying",))
    AIModel.objects.update(shutdown_on=TODAY + timedelta(days=1))
    assert ask() == "dying"
    AIModel.objects.update(shutdown_on=TODAY)
    with pytest.raises(Exhausted):
        ask()
    assert len(upstream.requests("one")) == 1


def test_the_last_day_counts_in_universal_time() -> None:
    assert AIModel(shutdown_on=date(2000, 1, 1)).has_ended
    assert not AIModel(shutdown_on=None).has_ended
    assert not AIModel(shutdown_on=TODAY + timedelta(days=1)).has_ended
