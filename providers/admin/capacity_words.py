"""Limits, places and reasons for leaving somebody out, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.admin.explaining import Words
from providers.capacity.quotas import Level
from providers.routing import Skip

_LIMITS: dict[tuple[str, str], Words] = {
    ("requests", "second"): gettext_lazy("Requests a second"),
    ("requests", "minute"): gettext_lazy("Requests a minute"),
    ("requests", "hour"): gettext_lazy("Requests an hour"),
    ("requests", "day"): gettext_lazy("Requests a day"),
    ("requests", "month"): gettext_lazy("Requests a month"),
    ("tokens", "second"): gettext_lazy("Tokens a second"),
    ("tokens", "minute"): gettext_lazy("Tokens a minute"),
    ("tokens", "hour"): gettext_lazy("Tokens an hour"),
    ("tokens", "day"): gettext_lazy("Tokens a day"),
    ("tokens", "month"): gettext_lazy("Tokens a month"),
}
_SKIPS: dict[Skip, Words] = {
    Skip.CAPABILITY: gettext_lazy("cannot do this"),
    Skip.NOT_WANTED: gettext_lazy("another model was asked for"),
    Skip.CONFIDENTIAL: gettext_lazy("may train on the data, and the work is confidential"),
    Skip.QUALITY: gettext_lazy("not good enough for this work"),
    Skip.TOO_LARGE: gettext_lazy("the request is too large for it"),
    Skip.RESTING: gettext_lazy("pausing after failures"),
    Skip.KEY_RESTING: gettext_lazy("its key rests"),
    Skip.SPENT: gettext_lazy("its quota is used up"),
    Skip.KEY_REFUSED: gettext_lazy("its key was refused"),
    Skip.NO_KEY: gettext_lazy("it has no key"),
}


def limit_name(level: Level) -> str:
    """What a bar counts."""
    name = _LIMITS.get((level.metric, level.period), _("Requests at once"))
    return f"{name} · {level.model_id}" if level.model_id else str(name)


def skip_words(why: Skip) -> str:
    """Why a candidate was left out."""
    return str(_SKIPS[why])
