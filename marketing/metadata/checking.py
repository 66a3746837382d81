"""Checking a record: its findings, its score, what would raise it most, and the record with its safe fixes made."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from marketing.metadata import books, music
from marketing.metadata.rules import NOTHING_KNOWN, Context, Destination, Finding, Fix, Level, Record, RuleBook

BOOKS_OF_RULES: dict[str, RuleBook] = {"music": music.RULES, "book": books.RULES}
# What one broken rule takes from a hundred points.
COSTS = {Level.ERROR: 12, Level.WARN: 5, Level.FIX: 2}
# Fixes build on one another; each round mends what the one before uncovered.
MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Report:
    """A record's findings in the order of the rules. `score` is 100 without any and never below 0."""

    findings: tuple[Finding, ...]

    @property
    def score(self) -> int:
        """How near the record is to what stores accept: each broken rule costs once, by its worst finding."""
        return max(0, 100 - sum(self.costs().values()))

    @property
    def is_ready(self) -> bool:
        """Whether stores would take it: no error."""
        return all(finding.level is not Level.ERROR for finding in self.findings)

    def costs(self) -> dict[str, int]:
        """What each broken rule takes from the score, the dearest first: what would raise it most."""
        worst: dict[str, int] = {}
        for finding in self.findings:
            worst[finding.rule.id] = max(worst.get(finding.rule.id, 0), COSTS[finding.level])
        return dict(sorted(worst.items(), key=lambda pair: (-pair[1], pair[0])))

    @property
    def rule_ids(self) -> list[str]:
        """The numbers of the broken rules, each once."""
        return sorted({finding.rule.id for finding in self.findings})


def check(
    kind: str, record: Record, context: Context = NOTHING_KNOWN, destination: Destination | None = None
) -> Report:
    """Every finding in a record of this kind; of one destination where it is named. Raises KeyError for no kind."""
    return Report(tuple(BOOKS_OF_RULES[kind].check(record, context, destination)))


def found_rules(kind: str, record: Record) -> list[str]:
    """The numbers of the rules that a record breaks by itself."""
    return check(kind, record).rule_ids


def fixed(kind: str, record: Record, context: Context = NOTHING_KNOWN) -> tuple[dict[str, Any], list[Finding]]:
    """A copy of the record with every safe fix made, and the findings that were mended by it."""
    mended = copy.deepcopy(dict(record))
    made: list[Finding] = []
    for _round in range(MOST_ROUNDS):
        todo = [one for one in check(kind, mended, context).findings if one.fault.fix and one.level is Level.FIX]
        if not todo:
            break
        for finding in todo:
            if finding.fault.fix:
                apply(mended, finding.fault.fix)
        made += todo
    return mended, made


def apply(record: dict[str, Any], fix: Fix) -> None:
    """Put a fix's value into a record. Raises LookupError where there is no such place."""
    place: Any = record
    for step in fix.path[:-1]:
        place = place[step]
    place[fix.path[-1]] = fix.value


def context_of(records: Iterable[tuple[str, Record]]) -> Context:
    """What a catalogue says: its artists' names, and to which recording each ISRC belongs first."""
    from marketing.metadata.music.codes import compact, recording_of
    from marketing.metadata.music.record import every_artist, tracks

    names: set[str] = set()
    isrcs: dict[str, tuple[str, str, str]] = {}
    for _kind, record in records:
        names.update(name for _, name, _role, _flag in every_artist(record) if name)
        for _path, track in tracks(record):
            code = compact(str(track.get("isrc") or ""))
            if code:
                isrcs.setdefault(code, recording_of(track))
    return Context(frozenset(names), isrcs)
