"""Each criterion of the routing decides what it promises to decide, and nothing else."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.routing import KeyState, Limit, Policy, Ratings, Task, World, plan
from providers.routing.records import configuration_bytes, decision_bytes, read
from providers.types import Value
from tests.providers.test_routing import NOW, REQUEST, candidate

pytestmark = pytest.mark.once

ANY = ("", "")
WORK = Task("test")


def first(candidates, task=WORK, seed=1, **policy):
    return plan(candidates, task, REQUEST, now=NOW, seed=seed, policy=Policy(**policy)).places[0]


def firsts(candidates, task=WORK, **policy):
    return Counter(first(candidates, task, seed, **policy).candidate.provider_id for seed in range(200))


def left(number, share, **fields):
    return (KeyState(number, share_left=share, **fields),)


def test_what_resets_soon_is_used_before_what_does_not():
    soon = candidate(1, keys=left(1, 0.8, resets_at=NOW + timedelta(hours=1)))
    later = candidate(2, keys=left(2, 0.8, resets_at=NOW + timedelta(hours=9)))
    assert set(firsts([soon, later])) == {1}
    assert "resets soon" in first([soon, later]).reason


def test_who_fails_lately_is_asked_after_the_others():
    assert set(firsts([candidate(1, failed_share=0.4), candidate(2)])) == {2}


def test_a_failing_provider_of_a_better_priority_is_still_asked_first():
    assert set(firsts([candidate(1, priority=1, failed_share=0.4), candidate(2, priority=2)])) == {1}


def test_who_is_much_slower_is_asked_after_the_others():
    assert set(firsts([candidate(1, latency_ms=4000), candidate(2, latency_ms=400)])) == {2}


def test_small_differences_of_speed_do_not_overrule_the_weights():
    assert set(firsts([candidate(1, latency_ms=700), candidate(2, latency_ms=400)])) == {1, 2}


def test_a_criterion_without_weight_decides_nothing():
    assert set(firsts([candidate(1, latency_ms=4000), candidate(2, latency_ms=400)], latency=0.0)) == {1, 2}


def test_the_quality_for_the_language_decides_within_a_provider():
    polyglot = candidate(1, model_id="polyglot", quality=2)
    monoglot = candidate(1, model_id="monoglot", quality=4, languages={"pl": 1})
    assert first([polyglot, monoglot], Task("t", language="pl")).candidate.model_id == "polyglot"
    assert first([polyglot, monoglot], Task("t", language="en")).candidate.model_id == "monoglot"


def test_a_language_that_a_model_writes_too_badly_is_not_written_by_it():
    planned = plan(
        [candidate(languages={"pl": 1})], Task("t", language="pl", least_quality=2), REQUEST, now=NOW, seed=1
    )
    assert not planned.places


@pytest.mark.parametrize(
    ("value", "share", "expected"),
    [
        (Value.NORMAL, 0.2, "fair"),
        (Value.HIGH, 0.2, "best"),
        (Value.NORMAL, 0.6, "best"),
        (Value.LOW, 1.0, "fair"),
    ],
)
def test_the_best_model_is_kept_for_valuable_work(value, share, expected):
    best = candidate(1, model_id="best", quality=5, keys=left(1, share), priority=9)
    fair = candidate(1, model_id="fair", quality=3, priority=9)
    assert first([best, fair], Task("t", value=value)).candidate.model_id == expected


def test_the_best_model_is_kept_only_where_others_will_do():
    assert first([candidate(1, quality=5, keys=left(1, 0.1))]).candidate.quality == 5


def test_a_model_that_was_asked_for_by_name_is_not_kept_back():
    best = candidate(1, model_id="best", quality=5, keys=left(1, 0.1))
    assert first([best, candidate(2, quality=1)], Task("t", wanted="best")).candidate.model_id == "best"


def test_what_people_keep_is_preferred():
    liked = candidate(1, ratings={ANY: Ratings(40, 38.0)})
    disliked = candidate(2, ratings={ANY: Ratings(40, 4.0)})
    asked = firsts([liked, disliked])
    assert asked[1] > 180


def test_somebody_else_is_tried_now_and_then():
    liked = candidate(1, ratings={ANY: Ratings(400, 400.0)})
    disliked = candidate(2, ratings={ANY: Ratings(400, 0.0)})
    tried = sum(first([liked, disliked], seed=seed, exploration=0.2).candidate.provider_id == 2 for seed in range(1000))
    assert 60 < tried < 150
    assert firsts([liked, disliked], exploration=0.0)[2] == 0


def test_nobody_is_tried_at_random_before_there_are_ratings():
    places = [candidate(1, keys=left(1, 0.3)), candidate(2)]
    assert firsts(places, exploration=1.0)[1] == 200


def test_ratings_of_the_same_work_count_before_those_of_any():
    one = candidate(1, ratings={ANY: Ratings(90, 90.0), ("ads", "pl"): Ratings(60, 0.0), ("", "pl"): Ratings(60, 0.0)})
    other = candidate(2, ratings={ANY: Ratings(90, 45.0)})
    task = Task("ads", language="pl")
    assert firsts([one, other], task, exploration=0.0)[2] > 180
    assert firsts([one, other], Task("posts"), exploration=0.0)[1] > 180


def _states():
    moments = st.none() | st.integers(0, 86400).map(lambda seconds: NOW + timedelta(seconds=seconds - 43200))
    limit = Limit("1/requests/day//", "requests", "day", "calendar", 100, "Europe/Warsaw")
    keys = st.builds(
        KeyState,
        key_id=st.integers(1, 9),
        refused=st.booleans(),
        blocked_until=moments,
        share_left=st.floats(0, 1),
        full_until=moments,
        resets_at=moments,
        limits=st.sampled_from([(), (limit,)]),
    )
    return st.builds(
        candidate,
        provider_id=st.integers(1, 4),
        model_id=st.sampled_from(["a", "b", "c"]),
        priority=st.integers(1, 3),
        quality=st.integers(1, 5),
        weight=st.integers(1, 5),
        languages=st.sampled_from([{}, {"pl": 2}]),
        keys=st.lists(keys, max_size=3).map(tuple),
        open_until=moments,
        failed_share=st.floats(0, 1),
        latency_ms=st.none() | st.integers(1, 9000),
        ratings=st.sampled_from([{}, {ANY: Ratings(9, 4.0)}, {("posts", "pl"): Ratings(5, 5.0)}]),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(_states(), max_size=8, unique_by=lambda one: (one.provider_id, one.model_id)),
    st.uuids(),
    st.sampled_from(list(Value)),
)
def test_a_stored_decision_is_taken_again_exactly(candidates, number, value):
    world = World(tuple(candidates), Policy(exploration=0.3))
    task = Task("posts", language="pl", value=value)
    packed = decision_bytes(world, task, REQUEST, NOW)
    again = read(number, configuration_bytes(world.candidates, world.policy), packed).plan()
    planned = plan(candidates, task, REQUEST, now=NOW, seed=number.int, policy=world.policy)

    def told(one):
        places = [
            (place.candidate.provider, place.candidate.model_id, place.key_id, place.reason) for place in one.places
        ]
        return places, [(left_out.why, left_out.until) for left_out in one.skipped]

    assert told(again) == told(planned)


def test_a_decision_among_twenty_models_takes_little_room():
    world = World(tuple(candidate(number, keys=left(number, 0.5)) for number in range(1, 21)))
    assert len(decision_bytes(world, Task("t"), REQUEST, NOW)) < 500


def test_a_decision_of_other_settings_cannot_be_read():
    world = World((candidate(1), candidate(2)))
    packed = decision_bytes(world, Task("t"), REQUEST, NOW)
    with pytest.raises(ValueError, match="argument 2"):
        read(uuid.uuid4(), configuration_bytes(world.candidates[:1], world.policy), packed)
