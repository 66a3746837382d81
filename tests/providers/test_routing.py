"""Routing is a pure function: what goes in decides what comes out."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from providers.routing import Candidate, KeyState, Limit, Skip, Task, plan
from providers.types import Capability, ChatRequest, Message, Quirks, Role

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)
TASK = Task("test")
REQUEST = ChatRequest((Message(Role.USER, "Napisz post"),), max_tokens=200)

MINUTE_OF_TOKENS = Limit("b", "tokens", "minute", "sliding", 100)


def candidate(provider_id=1, **changes):
    base = Candidate(
        provider_id=provider_id,
        provider=f"p{provider_id}",
        provider_name=f"P{provider_id}",
        protocol="openai",
        base_url="https://api.example.com/v1",
        priority=10,
        weight=1,
        trains_on_data=False,
        timeout_seconds=30,
        allow_private_address=False,
        quirks=Quirks(),
        model_id="small",
        capabilities=frozenset({Capability.TEXT_GENERATION}),
        context_tokens=8000,
        max_output_tokens=2000,
        tokens_per_request=None,
        quality=2,
        json_schema=True,
        keys=(KeyState(provider_id),),
    )
    return replace(base, **changes)


def order(candidates, task=TASK, seed=1):
    return [place.candidate.provider_id for place in plan(candidates, task, REQUEST, now=NOW, seed=seed).places]


def test_lower_priority_is_asked_first():
    assert order([candidate(1, priority=20), candidate(2, priority=5)]) == [2, 1]


def test_the_better_model_of_a_provider_is_asked_first():
    models = [candidate(model_id="weak", quality=1), candidate(model_id="strong", quality=4)]
    places = plan(models, Task("test"), REQUEST, now=NOW, seed=1).places
    assert [place.candidate.model_id for place in places] == ["strong", "weak"]


def test_weight_is_the_share_among_equal_priorities():
    rivals = [candidate(1, weight=3), candidate(2, weight=1)]
    first = Counter(order(rivals, seed=seed)[0] for seed in range(2000))
    assert 0.70 < first[1] / 2000 < 0.80


def test_the_same_seed_gives_the_same_plan():
    rivals = [candidate(number) for number in range(1, 7)]
    assert order(rivals, seed=7) == order(list(reversed(rivals)), seed=7)


def test_the_keys_of_a_provider_take_turns():
    keys = (KeyState(1), KeyState(2))
    first = {plan([candidate(keys=keys)], Task("t"), REQUEST, now=NOW, seed=s).places[0].key_id for s in (0, 1)}
    assert first == {1, 2}


@pytest.mark.parametrize(
    ("changes", "task", "why"),
    [
        ({"capabilities": frozenset({Capability.EMBEDDINGS})}, Task("t"), Skip.CAPABILITY),
        ({"trains_on_data": True}, Task("t", confidential=True), Skip.CONFIDENTIAL),
        ({"quality": 1}, Task("t", least_quality=2), Skip.QUALITY),
        ({"context_tokens": 100}, Task("t"), Skip.TOO_LARGE),
        ({"tokens_per_request": 100}, Task("t"), Skip.TOO_LARGE),
        ({"open_until": LATER}, Task("t"), Skip.RESTING),
        ({"keys": (KeyState(1, blocked_until=LATER),)}, Task("t"), Skip.KEY_RESTING),
        ({"keys": (KeyState(1, refused=True),)}, Task("t"), Skip.KEY_REFUSED),
        ({"keys": (KeyState(1, full_until=LATER),)}, Task("t"), Skip.SPENT),
        ({"open_until": NOW - timedelta(seconds=1), "probe_until": LATER}, Task("t"), Skip.RESTING),
        ({"keys": (KeyState(1, limits=(MINUTE_OF_TOKENS,)),)}, Task("t"), Skip.TOO_LARGE),
        ({"keys": ()}, Task("t"), Skip.NO_KEY),
        ({"protocol": "local"}, Task("t"), Skip.CAPABILITY),
        ({}, Task("t", on_this_machine=True), Skip.CAPABILITY),
    ],
)
def test_an_unfit_candidate_is_left_out_with_its_reason(changes, task, why):
    skipped = plan([candidate(**changes)], task, REQUEST, now=NOW, seed=1).skipped
    assert [one.why for one in skipped] == [why]


def test_a_pause_that_is_over_no_longer_counts():
    assert order([candidate(open_until=NOW - timedelta(seconds=1))]) == [1]


def test_a_resting_key_leaves_the_others_in_use():
    keys = (KeyState(1, blocked_until=LATER), KeyState(2))
    places = plan([candidate(keys=keys)], Task("t"), REQUEST, now=NOW, seed=1).places
    assert [place.key_id for place in places] == [2]


def test_the_next_chance_is_the_earliest_return():
    resting = [candidate(1, open_until=LATER), candidate(2, keys=(KeyState(2, blocked_until=LATER + timedelta(1)),))]
    assert plan(resting, Task("t"), REQUEST, now=NOW, seed=1).next_chance() == LATER


def test_among_equals_what_is_nearly_used_up_is_used_up_first():
    rivals = [candidate(1), candidate(2, keys=(KeyState(2, share_left=0.2),)), candidate(3, priority=5)]
    assert {tuple(order(rivals, seed=seed)) for seed in range(50)} == {(3, 2, 1)}


def test_small_differences_of_what_is_left_do_not_overrule_the_weights():
    rivals = [candidate(number, keys=(KeyState(number, share_left=0.9 - number / 100),)) for number in (1, 2)]
    assert {order(rivals, seed=seed)[0] for seed in range(50)} == {1, 2}


def test_a_full_key_leaves_the_others_in_use_and_tells_its_return():
    keys = (KeyState(1, full_until=LATER), KeyState(2))
    planned = plan([candidate(keys=keys)], Task("t"), REQUEST, now=NOW, seed=1)
    assert ([place.key_id for place in planned.places], planned.next_chance()) == ([2], LATER)
