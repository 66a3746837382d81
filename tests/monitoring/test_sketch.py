"""Latencies in a sketch: quantiles within two percent, and merging is the same as counting together."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.monitoring.sketch import GAMMA, Sketch

pytestmark = pytest.mark.once
LATENCIES = st.lists(st.integers(min_value=1, max_value=3_600_000), min_size=1, max_size=200)
OFF = (GAMMA - 1) / (GAMMA + 1) + 1e-6


@given(LATENCIES, st.floats(min_value=0.01, max_value=1))
def test_a_quantile_is_within_two_percent_of_the_true_one(values: list[int], share: float) -> None:
    true = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    found = Sketch.of(values).quantile(share)
    assert found is not None
    assert abs(found - true) <= OFF * true


@given(LATENCIES, LATENCIES)
def test_merged_sketches_are_the_sketch_of_all_values(some: list[int], others: list[int]) -> None:
    merged = Sketch.of(some)
    merged.merge(Sketch.of(others))
    assert merged.counts == Sketch.of([*some, *others]).counts


@given(LATENCIES)
def test_what_is_stored_comes_back(values: list[int]) -> None:
    sketch = Sketch.of(values)
    assert Sketch.stored(sketch.to_json()).counts == sketch.counts


def test_nothing_has_no_quantile() -> None:
    assert Sketch().quantile(0.5) is None
