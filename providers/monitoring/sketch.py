"""Latencies as a histogram with logarithmic buckets (the mapping of DDSketch): small, mergeable, 2 % exact."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

# Each bucket is this much wider than the one before; a quantile is off by at most (GAMMA - 1) / (GAMMA + 1).
GAMMA = 1.04
LOG_GAMMA = math.log(GAMMA)


@dataclass(slots=True)
class Sketch:
    """How many values fell into each bucket. Values are milliseconds, 0 or more."""

    counts: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Iterable[float]) -> Self:
        """The sketch of these values."""
        made = cls()
        for value in values:
            made.add(bucket_of(value))
        return made

    @classmethod
    def stored(cls, stored: Mapping[str, int]) -> Self:
        """A sketch as a JSON column keeps it."""
        return cls({int(bucket): count for bucket, count in stored.items()})

    def to_json(self) -> dict[str, int]:
        """As a JSON column keeps it."""
        return {str(bucket): count for bucket, count in sorted(self.counts.items())}

    def add(self, bucket: int, count: int = 1) -> None:
        """Count values of one bucket."""
        self.counts[bucket] = self.counts.get(bucket, 0) + count

    def merge(self, other: Sketch) -> None:
        """Count all of another sketch's values; the result is what counting them here would have been."""
        # A year's report does this some hundred thousand times.
        counts = self.counts
        for bucket, count in other.counts.items():
            counts[bucket] = counts.get(bucket, 0) + count

    @property
    def count(self) -> int:
        """How many values were counted."""
        return sum(self.counts.values())

    def quantile(self, share: float) -> float | None:
        """The value that `share` (0 to 1) of all values do not exceed, in milliseconds; None without any value."""
        total = self.count
        if not total:
            return None
        wanted = max(1, math.ceil(share * total))
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return value_of(bucket)
        return None  # pragma: no cover - the counts add up to the total


def bucket_of(value: float) -> int:
    """The bucket of a value; everything up to 1 ms shares bucket 0."""
    return 0 if value <= 1 else math.ceil(math.log(value) / LOG_GAMMA - 1e-9)


def value_of(bucket: int) -> float:
    """The value in the middle of a bucket, in milliseconds."""
    return 1.0 if bucket <= 0 else 2 * GAMMA**bucket / (GAMMA + 1)
