"""What a sentence may show: figures, their bounds, days and names, each under the name of its placeholder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from marketing.campaigns.facts import Fact, written

PLACEHOLDER = re.compile(r"\{([a-z0-9][a-z0-9.-]*)\}")
_EVENT = re.compile(r"^([a-z]+-(?:change|anomaly)\d+)")


@dataclass(frozen=True, slots=True)
class Sayable:
    """One thing to say. `about` is its measure; `direction` up, down, better or worse where it has been tested.

    `subject` is the placeholder of the one group that it is about, empty for all together. `fact` leads to the row
    where the figure comes from; a name (`is_name`) is no figure.
    """

    name: str
    shown: str
    about: str
    fact: str
    direction: str = ""
    subject: str = ""
    is_name: bool = False


def sayables(facts: Iterable[Fact], language: str) -> dict[str, Sayable]:
    """All that these facts offer, by placeholder, written as the language writes it."""
    every = list(facts)
    ways = {fact.id: fact.direction for fact in every}
    found: dict[str, Sayable] = {}
    for fact in every:
        about = fact.name.partition("_")[0]
        event = _EVENT.match(fact.id)
        way = ways.get(event[1], "") if event else fact.direction
        if fact.subject:
            found[fact.subject_id] = Sayable(fact.subject_id, fact.subject, "", fact.id, "", fact.subject_id, True)
        found[fact.id] = Sayable(fact.id, fact.shown(language), about, fact.id, way, fact.subject_id)
        if fact.low is not None and fact.high is not None:
            for end, value in (("low", fact.low), ("high", fact.high)):
                shown = written(value, fact.unit, fact.currency, language)
                name = f"{fact.id}.{end}"
                found[name] = Sayable(name, shown, about, fact.id, way, fact.subject_id)
    return found


def listed(offered: Mapping[str, Sayable], names: Mapping[str, str]) -> str:
    """The same for a model: a line each, without a single figure."""
    lines = []
    for one in offered.values():
        if one.is_name:
            lines.append(f"{{{one.name}}}: {names['name']}")
            continue
        said = [names.get(one.about, one.about), names.get(_part(one.name), "")]
        if one.direction:
            said.append(names[one.direction])
        if one.subject:
            said.append(f"{names['of']} {{{one.subject}}}")
        lines.append(f"{{{one.name}}}: {', '.join(word for word in said if word)}")
    return "\n".join(lines)


def _part(name: str) -> str:
    """Which side of its measure a placeholder shows."""
    for ending in ("before", "after", "value", "low", "high"):
        if name.endswith((f"-{ending}", f".{ending}")):
            return ending
    return "change" if "-change" in name else "anomaly" if "-anomaly" in name else ""
