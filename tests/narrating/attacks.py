"""Sentences that no figure bears out, made by the hundred: each attack spoils an honest sentence in its own way."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable
from pathlib import Path

from marketing.narrating.sayable import Sayable

_DATA = tomllib.loads(Path(__file__).with_name("attacks.toml").read_text(encoding="utf-8"))
_INVISIBLE = ["\u200b", "\u00ad", "\u2060", "\ufeff"]


def offered() -> dict[str, Sayable]:
    """Figures as campaigns have them: some rise, some fall, one group is better and one is worse."""
    plain = [Sayable(one, "123", one, one) for one in ("spend", "clicks", "impressions", "conversions", "revenue")]
    rates = [
        Sayable(f"{one}{end}", "1,22", one, one)
        for one in ("ctr", "cpc", "cpa", "roas")
        for end in ("", ".low", ".high")
    ]
    events = [
        Sayable(f"{stem}{end}", "228", stem.partition("-")[0], stem, way)
        for stem, way, ends in (
            ("clicks-change1", "up", ("", "-before", "-after")),
            ("spend-change1", "down", ("", "-before", "-after")),
            ("clicks-anomaly1", "up", ("", "-value")),
        )
        for end in ends
    ]
    groups = [
        one
        for name, way in (("campaign1", "better"), ("campaign2", "worse"))
        for one in (
            Sayable(name, "Żółte światło", "", f"{name}-roas", "", name, is_name=True),
            *(Sayable(f"{name}-roas{end}", "1,8", "roas", f"{name}-roas", way, name) for end in ("", ".low", ".high")),
        )
    ]
    return {one.name: one for one in (*plain, *rates, *events, *groups)}


def attacks(language: str, number: int, seed: int = 7) -> list[tuple[str, str]]:
    """So many spoiled sentences, each with the name of its attack; the same ones for the same seed."""
    chance = random.Random(seed)
    ways = list(_WAYS_TO_SPOIL)
    return [(way, _WAYS_TO_SPOIL[way](chance, language)) for way in (ways[at % len(ways)] for at in range(number))]


def _stem(chance: random.Random, language: str) -> str:
    return str(chance.choice(_DATA["stems"][language]))


def _with(words: dict[str, list[str]] | list[str]) -> Callable[[random.Random, str], str]:
    def spoil(chance: random.Random, language: str) -> str:
        listed = words if isinstance(words, list) else words[language]
        return f"{_stem(chance, language)}, {chance.choice(listed)}."

    return spoil


def _glued(chance: random.Random, language: str) -> str:
    name = "{clicks}"
    noun = {"pl": "Kliknięcia", "en": "Clicks"}[language]
    return f"{noun}: {chance.choice(_DATA['glued']).replace('{X}', name)}."


def _scaled(chance: random.Random, language: str) -> str:
    stem = _stem(chance, language)
    return f"{stem[: stem.index('}') + 1]} {chance.choice(_DATA['scales'][language])}."


def _hidden(chance: random.Random, language: str) -> str:
    word = chance.choice([one for one in _DATA["numbers"][language] if len(one) > 3 and " " not in one])
    at = chance.randrange(1, len(word))
    return f"{_stem(chance, language)}, {word[:at]}{chance.choice(_INVISIBLE)}{word[at:]}."


def _aside(chance: random.Random, language: str) -> str:
    return str(chance.choice(_DATA["aside"][language]))


_WAYS_TO_SPOIL: dict[str, Callable[[random.Random, str], str]] = {
    "digits": _with(_DATA["digits"]),
    "number words": _with(_DATA["numbers"]),
    "shares": _with(_DATA["shares"]),
    "times": _with(_DATA["times"]),
    "causes": _with(_DATA["causes"]),
    "directions": _with(_DATA["ways"]),
    "others": _with(_DATA["others"]),
    "misplaced": _aside,
    "markup": _with(_DATA["markup"]),
    "glued": _glued,
    "scaled": _scaled,
    "hidden": _hidden,
}
