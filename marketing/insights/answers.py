"""What the Lab asks for by name, as data that JSON can hold; the same at once and as long work."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.utils import translation

from marketing.insights import channels, market, music

ANSWERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "music/trends": music.trends_of,
        "publishing/market": market.market_of,
        "channels": channels.channels_of,
    }
)


def answer_of(brief: Mapping[str, Any]) -> dict[str, Any]:
    """What a brief asks for (`what`), with its reasons in the language `spoken`."""
    with translation.override(brief.get("spoken") or "en"):
        plain: dict[str, Any] = _finite(ANSWERS[brief["what"]](brief))
    return plain


def _finite(value: Any) -> Any:
    """What lies beyond all numbers is no figure, so nothing stands in its place."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
