"""Vendors' lists of models, page by page; one odd entry or fact never hides the others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from providers.adapters.openai_calls import Foreign
from providers.types import ListedModel


class ModelPage(Foreign):
    """One page of a list."""

    @abstractmethod
    def listed(self) -> Iterator[ListedModel]:
        """The models on it."""

    def following(self) -> str:
        """What asks for the next page; empty on the last."""
        return ""


def name(entry: Mapping[str, Any], field: str) -> str:
    """A text field; empty where it is missing or no text."""
    said = entry.get(field)
    return said if isinstance(said, str) else ""


def amount(entry: Mapping[str, Any], field: str) -> int | None:
    """A positive number; None where it is missing or odd."""
    said = entry.get(field)
    if isinstance(said, bool) or not isinstance(said, int | float) or not 1 <= said < 2**31:
        return None
    return int(said)


def day(moment: str) -> date | None:
    """The day of an RFC 3339 time or date; None where it is neither."""
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None
