"""What a rule is: one small unit with a number, a level, its source and the faults it finds, each with a safe fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext

Record = Mapping[str, Any]
# Where in a record: keys and positions, as in `("tracks", 0, "title")`.
Path = tuple[str | int, ...]


class Level(StrEnum):
    """How bad it is: stores refuse an error, frown on a warning, and a fix is safe to make unasked."""

    ERROR = "error"
    WARN = "warn"
    FIX = "fix"


class Destination(StrEnum):
    """Where a record goes; a rule may hold only at some."""

    APPLE = "apple"
    SPOTIFY = "spotify"
    DISTRIBUTORS = "distributors"
    KDP = "kdp"
    EMPIK = "empik"
    LIBRARIES = "libraries"


MUSIC = frozenset({Destination.APPLE, Destination.SPOTIFY, Destination.DISTRIBUTORS})
BOOKS = frozenset({Destination.KDP, Destination.EMPIK, Destination.LIBRARIES})


@dataclass(frozen=True, slots=True)
class Fix:
    """A value that can stand there instead, without changing what is meant."""

    path: Path
    value: Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: where, and in the rule's words with `facts` filled in."""

    path: Path
    facts: Mapping[str, Any] = field(default_factory=dict)
    fix: Fix | None = None
    # Where a rule is milder or harder than usual.
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a record alone does not say: names as the catalogue spells them, and recordings that are there already.

    `isrcs` maps an ISRC to the recording (title, version, artists) that it belongs to elsewhere in the catalogue.
    """

    names: frozenset[str] = frozenset()
    isrcs: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


NOTHING_KNOWN = Context()
Check = Callable[[Any, Context], Iterable[Fault]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the trade. `words` may hold named places that a fault's facts fill."""

    id: str
    level: Level
    words: Any
    source: str
    destinations: frozenset[Destination]
    check: Check


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault with the rule that it breaks."""

    rule: Rule
    fault: Fault

    @property
    def level(self) -> Level:
        """The fault's own level, else the rule's."""
        return self.fault.level or self.rule.level

    @property
    def message(self) -> str:
        """The rule's words in the present language; where there is nothing yet, that comes first."""
        facts = self.fault.facts
        if not facts:
            return str(self.rule.words)
        empty = all(value in {"", "–"} for value in facts.values())
        words = str(self.rule.words) % (dict.fromkeys(facts, "…") if empty else facts)
        return gettext("Missing. %(rule)s") % {"rule": words} if empty else words

    @property
    def where(self) -> str:
        """The field, as in `tracks.0.title`."""
        return ".".join(map(str, self.fault.path))


@dataclass(slots=True)
class RuleBook:
    """The rules of one kind of record, in the order of their numbers."""

    destinations: frozenset[Destination]
    rules: dict[str, Rule] = field(default_factory=dict)

    def rule(
        self,
        number: str,
        words: Any,
        *,
        level: Level = Level.ERROR,
        source: str,
        only: Iterable[Destination] = (),
    ) -> Callable[[Check], Check]:
        """Declare the decorated check as a rule. `only`: the destinations at which it holds; all without any."""

        def declare(check: Check) -> Check:
            self.rules[number] = Rule(number, level, words, source, frozenset(only) or self.destinations, check)
            return check

        return declare

    def check(
        self, record: Any, context: Context = NOTHING_KNOWN, destination: Destination | None = None
    ) -> list[Finding]:
        """Every finding in a record, in the order of the rules; of one destination where it is named."""
        return [
            Finding(rule, fault)
            for _, rule in sorted(self.rules.items())
            if destination is None or destination in rule.destinations
            for fault in rule.check(record, context)
        ]
