"""What a suggestion is before it is stored: a field, a value for it, what may be chosen instead, and why."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import get_language

from marketing.metadata.codelists import store_genre_names, thema

# How routing, quotas and ratings know this work.
FEATURE = "metadata-suggestions"


class Source(StrEnum):
    """Who says so: a model, the lists by words in common, or a rule of the trade."""

    MODEL = "model"
    LISTS = "lists"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Item:
    """One value of a list and why it is offered."""

    value: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A value for the field at `field`, such as `tracks.0.title`; `items` are what a list's value is chosen from."""

    field: str
    value: Any
    reason: str
    source: Source
    items: tuple[Item, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As a job's result and the API show it."""
        return {**asdict(self), "source": self.source.value}


def value_at(record: Mapping[str, Any], field: str) -> Any:
    """What stands at a field's place; None where there is no such place."""
    place: Any = record
    for step in field.split("."):
        if isinstance(place, Mapping):
            place = place.get(step)
        elif isinstance(place, list) and step.isdecimal() and int(step) < len(place):
            place = place[int(step)]
        else:
            return None
    return place


def rows_of(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The rows of a list in a record; none where it is something else."""
    found = record.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def with_value(record: Mapping[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A copy of the record with a value put in. Raises LookupError where there is no such place."""
    changed = copy.deepcopy(dict(record))
    *path, last = field.split(".")
    place: Any = changed
    for step in path:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return changed


def label_of(field: str, value: str) -> str:
    """A code's heading in the present language; empty for what is no code."""
    polish = (get_language() or "").startswith("pl")
    if field == "thema" and value in thema():
        known = thema()[value]
        return (known.pl or known.en) if polish else known.en
    if field == "genre" and polish:
        return store_genre_names().get(value, "")
    return ""
