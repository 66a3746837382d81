"""Figures of reports as people read them, in their language; a dash where nothing was counted.

Each is rounded before it is formatted: Django's `number_format` cuts digits off.
"""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_currency
from django import template
from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import get_language

from providers.monitoring.reports import Figures

register = template.Library()
_NONE = "–"
_SECOND = 1000


@register.filter
def share(value: float | None) -> str:
    """A share from 0 to 1 as a percentage."""
    return _NONE if value is None else f"{number_format(round(value * 100, 1), 1)} %"


@register.filter
def money(value: Decimal) -> str:
    """A sum in the currency of the reference price."""
    return format_currency(value, settings.REFERENCE_CURRENCY, locale=(get_language() or "pl")[:2])


@register.filter
def tokens(figures: Figures) -> str:
    """Tokens asked and answered together."""
    return number_format(figures.prompt_tokens + figures.completion_tokens, use_l10n=True, force_grouping=True)


@register.filter
def milliseconds(figures: Figures, part: float) -> str:
    """The latency within which this part of the answers came."""
    return _time(figures.percentile(part))


@register.filter
def first_words(figures: Figures, part: float) -> str:
    """The time within which this part of the streams began."""
    return _time(figures.first_token.quantile(part))


def _time(value: float | None) -> str:
    if value is None:
        return _NONE
    return f"{number_format(round(value / _SECOND, 1), 1)} s" if value >= _SECOND else f"{round(value)} ms"
