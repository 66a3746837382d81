"""Decisions that were stored are taken again, as they were and under another policy."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from providers.ledger import remembering
from providers.models import ConfigurationSnapshot, Provider, Rating, RoutingDecision, RoutingPolicy
from providers.orchestrator import Exhausted, Task, complete
from providers.replaying import decision_of
from tests.providers.test_capacity import REQUEST
from tests.upstream import answers


def ask(count=1, **task):
    async def one():
        return await complete(Task("test", deadline_seconds=2.0, **task), REQUEST, check=lambda text, _last: text)

    return [asyncio.run(one()) for _ in range(count)]


def told(*arguments):
    out = StringIO()
    call_command("replay_routing", *arguments, stdout=out)
    return out.getvalue()


def decided(request_id):
    decision = decision_of(request_id)
    assert decision
    return decision


def rate(provider, score, count):
    for number in range(count):
        Rating.objects.create(
            subject=f"{provider}{number}", provider_slug=provider, model_id="small", feature="test", score=score
        )


def test_every_request_leaves_one_decision_and_the_settings_are_stored_once(connect):
    connect("one", answers("Hello"))
    ask(3)
    assert (RoutingDecision.objects.count(), ConfigurationSnapshot.objects.count()) == (3, 1)


def test_a_decision_that_finds_nobody_is_stored_too(connect):
    Provider.objects.filter(pk=connect("one", answers("Hello")).pk).update(trains_on_data=True)
    with pytest.raises(Exhausted):
        ask(confidential=True)
    assert not decided(RoutingDecision.objects.get().request_id).plan().places


def test_a_stored_decision_names_the_place_that_was_called(connect):
    connect("one", answers("Hello"))
    connect("two", answers("Hello"))
    (answer,) = ask()
    assert decided(answer.request_id).plan().places[0].candidate.provider == answer.provider


def test_the_table_says_what_another_policy_would_have_asked(connect):
    connect("one", answers("Hello"), priority=1)
    connect("two", answers("Hello"), priority=1)
    rate("one", 1.0, 60)
    rate("two", 0.0, 60)
    RoutingPolicy(pk=1, exploration=0.0).save()
    ask(24)  # between equals each request draws: that none of them draws the other is a chance of 2 to the -24
    same, other = told(), told("--set", "rating=0")
    assert "24 decisions, 0 (0.0%) would begin elsewhere." in same
    assert "24 of 24 first calls went to a place that the stored decision names." in same
    assert "two/small" in other
    assert "two/small" not in same


def test_a_policy_holds_in_every_process_at_once(connect):
    connect("one", answers("Hello"))
    ask()
    RoutingPolicy(pk=1, interactive_reserve=0.5).save()
    (answer,) = ask()
    assert decided(answer.request_id).world.policy.interactive_reserve == 0.5


def test_older_decisions_are_left_out_and_forgotten_after_a_month(connect):
    connect("one", answers("Hello"))
    ask()
    RoutingDecision.objects.update(decided_at=timezone.now() - timedelta(days=40))
    assert "No decisions" in told()
    assert (remembering.forget_old(), RoutingDecision.objects.count()) == (1, 0)


@pytest.mark.parametrize("setting", ["speed=1", "rating=much", "exploration=2"])
def test_a_setting_that_cannot_be_is_named(db, setting):
    with pytest.raises(CommandError, match=setting.partition("=")[0]):
        told("--set", setting)


def test_what_another_version_wrote_is_counted_and_left_out(connect):
    connect("one", answers("Hello"))
    ask(2)
    RoutingDecision.objects.filter(pk=min(RoutingDecision.objects.values_list("pk", flat=True))).update(packed=b"x")
    assert "1 decisions of another version could not be read." in told()
