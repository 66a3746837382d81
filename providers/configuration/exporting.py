"""The database as a providers file, without secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from providers.catalogue.shape import ENVIRONMENT_PREFIX
from providers.configuration.applying import LIMITS, LONG_PERIODS, MODEL_FIELDS, PLAIN_FIELDS
from providers.models import AIModel, Provider, ProviderKey, Quota

_HEAD = "# Load with: manage.py load_providers FILE.toml. Stored keys are never written here."


def export() -> str:
    """Every provider as TOML that `load` reads and `apply` finds nothing to change in.

    Environment variables stand as `env:NAME`; a stored key is left out, and a comment names its last four characters.
    """
    providers = Provider.objects.prefetch_related("models__quotas", "quotas", "keys")
    return "\n".join([_HEAD, *(line for provider in providers for line in _provider(provider))]) + "\n"


def _provider(provider: Provider) -> Iterator[str]:
    stored_keys = list(provider.keys.all())
    yield from ("", "[[provider]]", _line("slug", provider.slug))
    yield from (_line(field, getattr(provider, field)) for field in PLAIN_FIELDS)
    yield _line("enabled", provider.enabled)
    yield _line("api_keys", [f"{ENVIRONMENT_PREFIX}{key.variable}" for key in stored_keys if key.variable])
    yield from (_left_out(key) for key in stored_keys if not key.variable)
    yield from _limits(provider)
    if provider.quirks:
        yield from ("", "[provider.quirks]")
        yield from (_line(field, value) for field, value in provider.quirks.items())
    how = _usual(list(provider.quotas.all()))
    for model in provider.models.all():
        yield from _model(model, how)


def _limits(provider: Provider) -> Iterator[str]:
    quotas = list(provider.quotas.all())
    how = _usual(quotas)
    yield from ("", "[provider.limits]")
    yield from _counts([quota for quota in quotas if quota.model_id is None], how)
    yield from (_line(name, value) for name, value in how.items())
    yield _line("reset_timezone", provider.reset_timezone)


def _usual(quotas: list[Quota]) -> dict[str, Any]:
    """How most of a provider's limits are counted; the first row of each kind speaks for the others."""
    own = [quota for quota in quotas if quota.model_id is None]
    how: dict[str, Any] = {}
    if quotas:
        how["scope"] = (own or quotas)[0].scope
    if own and own[0].per_model:
        how["per_model"] = True
    for name, is_long in (("window", False), ("day_window", True)):
        windows = [quota.window for quota in own or quotas if (quota.period in LONG_PERIODS) is is_long]
        if windows:
            how[name] = windows[0]
    return how


def _counts(quotas: list[Quota], how: dict[str, Any]) -> Iterator[str]:
    stored = {(quota.metric, quota.period): quota for quota in quotas}
    counted = {}
    for name, place in LIMITS.items():
        if place in stored:
            yield _line(name, stored[place].limit)
            if odd := _otherwise(stored[place], how):
                counted[name] = odd
    if counted:
        yield _line("counted", counted)


def _otherwise(quota: Quota, how: dict[str, Any]) -> dict[str, Any]:
    """What a limit has of its own beside the table's way."""
    is_long = quota.period in LONG_PERIODS
    usual = {
        "scope": how.get("scope", "account"),
        "per_model": how.get("per_model", False) or quota.model_id is not None,
        "window": how.get("day_window", "calendar") if is_long else how.get("window", "sliding"),
    }
    return {name: getattr(quota, name) for name, value in usual.items() if getattr(quota, name) != value}


def _model(model: AIModel, how: dict[str, Any]) -> Iterator[str]:
    yield from ("", "[[provider.model]]", _line("id", model.model_id), _line("capabilities", model.capabilities))
    fields = ((field, getattr(model, field)) for field in MODEL_FIELDS)
    yield from (_line(field, value) for field, value in fields if value is not None)
    if quotas := list(model.quotas.all()):
        yield from ("", "[provider.model.limits]", *_counts(quotas, how))


def _left_out(key: ProviderKey) -> str:
    ending = f"ending in {key.last_four}" if key.last_four else f"with the fingerprint {key.fingerprint}"
    # A comment ends at the line's end, and whatever follows would be read.
    return "# left out: a stored key " + re.sub(r"[^\x20-\x7e]", "?", ending)


def _line(name: str, value: Any) -> str:
    return f"{name} = {_value(value)}"


def _value(value: Any) -> str:
    """A TOML value. JSON's way to write texts, whole numbers and truth values is TOML's too, but for one character."""
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_value(str(name))} = {_value(item)}' for name, item in value.items())}}}"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
