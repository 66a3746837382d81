"""What the Hub says, in an administrator's words: its numbers, and what goes wrong."""

from __future__ import annotations

import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelForbiddenError,
    ModelUnavailableError,
    OverloadedError,
    ProviderError,
    RateLimitError,
)


def hub_words(error: ProviderError) -> str:
    """What happened and what to do."""
    if isinstance(error, ModelForbiddenError):
        return _("Its terms have to be accepted on huggingface.co first, by the account that the key belongs to.")
    if isinstance(error, ModelUnavailableError):
        return _("The Hub does not have it, or it is private. Check the name.")
    if isinstance(error, RateLimitError):
        return f"{_('The Hub had too many questions from here.')} {_again(error)}"
    if isinstance(error, OverloadedError):
        return f"{_('The Hub is still preparing this.')} {_again(error)}"
    if isinstance(error, AuthenticationError):
        return _("The Hub does not take the stored key. Enter a new key at the provider.")
    if isinstance(error, InvalidRequestError):
        return _("The Hub does not understand this. Change what you are looking for.")
    return _("The Hub cannot be reached or gives odd answers. Try again in a moment.")


def _again(error: ProviderError) -> str:
    if error.wait_seconds is None:
        return _("Try again in a moment.")
    seconds = max(1, math.ceil(error.wait_seconds))
    return ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds) % {"count": seconds}


def grouped(number: int) -> str:
    """A number with its thousands set apart, as the language does it."""
    return str(number_format(number, use_l10n=True, force_grouping=True))
