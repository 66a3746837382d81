"""The editorial rules of the ad tools and of mail filters, as far as a text shows whether it keeps them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from marketing.content.grounding.wording import SUPERLATIVES
from marketing.content.sheets.table import Sheet, Values

_FILE = Path(__file__).with_name("policies.toml")
_SUPERLATIVE = "superlative"
# What spreadsheets read as the beginning of a formula, also behind white space (OWASP, "CSV injection").
_FORMULA = regex.compile(r"\s*([=+@\-\uFF1D\uFF0B\uFF0D\uFF20])")


@dataclass(frozen=True, slots=True)
class Breach:
    """A value that a tool refuses (`strong`) or doubts. `words` are those that did it, `number` counts from 1."""

    code: str
    field: str
    number: int
    words: str
    strong: bool


@dataclass(frozen=True, slots=True)
class _Policy:
    code: str
    rules: frozenset[str]
    fields: frozenset[str]
    strong: bool
    patterns: tuple[regex.Pattern[str], ...]

    def found_in(self, value: str) -> str:
        """The words of a value that break the rule; empty when none do."""
        for pattern in self.patterns:
            if match := pattern.search(value):
                return match[0].strip() or match[0]
        return ""


def breaches(shown: Sheet, values: Values) -> tuple[Breach, ...]:
    """Every value that breaks a rule of the sheet's tool, field by field."""
    return tuple(breach for name, texts in values.items() for breach in _of_field(shown, name, list(texts)))


def broken(shown: Sheet, field: str, value: str) -> str:
    """The code of a strong rule that one value breaks; empty when it breaks none."""
    return next((breach.code for breach in _of_field(shown, field, [value]) if breach.strong), "")


def formula_sign(value: str) -> str:
    """The sign by which a spreadsheet would run a value as a formula; empty when it would not."""
    match = _FORMULA.match(value)
    return match[1] if match else ""


def without_formula_signs(value: str) -> str:
    """A name without what a spreadsheet would run."""
    while sign := formula_sign(value):
        value = value.lstrip()[len(sign) :].lstrip()
    return value


def _of_field(shown: Sheet, name: str, texts: list[str]) -> Iterator[Breach]:
    written = {one.name for one in shown.asked}
    if name not in written:
        return
    for policy in _policies():
        if not policy.rules & set(shown.rules) or (policy.fields and name not in policy.fields):
            continue
        for number, text in enumerate(texts, start=1):
            if words := policy.found_in(text):
                yield Breach(policy.code, name, number, words, policy.strong)


@functools.cache
def _policies() -> tuple[_Policy, ...]:
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["policy"]
    return tuple(
        _Policy(
            code=row["code"],
            rules=frozenset(row["rules"]),
            fields=frozenset(row.get("fields", ())),
            strong=row.get("strong", False),
            patterns=_patterns(row),
        )
        for row in rows
    )


def _patterns(row: dict[str, object]) -> tuple[regex.Pattern[str], ...]:
    if row["code"] == _SUPERLATIVE:
        # The words are the same by which an unfounded claim is found.
        return tuple(pattern for _name, pattern in SUPERLATIVES)
    flags = 0 if row.get("cased") else regex.IGNORECASE
    patterns = row["patterns"]
    assert isinstance(patterns, list)  # noqa: S101 - our own file
    return tuple(regex.compile(pattern, flags) for pattern in patterns)
