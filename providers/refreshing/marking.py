"""Bringing a provider's models to what its vendor lists: marks, dates and sizes; nothing is deleted or switched on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from providers.catalogue import vendor_at
from providers.models import AIModel, GoneReason, Provider
from providers.refreshing.changes import Kind, ListChange
from providers.refreshing.matching import VendorList, plain
from providers.types import ListedModel

# A list may be cut short by a fault: a model is gone when two lists so far apart lack it.
MISSING_FOR = timedelta(hours=6)
# More would be a catalogue, not news.
_MOST_NEWS = 30
_LARGEST = 2_147_483_647
_SIZES = {"context_tokens": Kind.CONTEXT, "max_output_tokens": Kind.LONGEST_ANSWER}


def mark(provider: Provider, listed: VendorList, now: datetime, *, whole: bool) -> list[ListChange]:
    """Mark the models of a provider by a list; inside a transaction.

    Without `whole` the list may lack models that the vendor has, so that only what it holds counts. A model that no
    list ever held may be an alias, so that only a call finds out about its end.
    """
    changes: list[ListChange] = []
    for model in provider.models.select_for_update():
        before = _values(model)
        found = listed.find(model.model_id)
        if found or listed.has_behind(model.model_id):
            changes += _present(model, found, now)
        elif whole and model.listed_at:
            changes += _missing(model, now)
        after = _values(model)
        if differing := [field for field in after if after[field] != before[field]]:
            model.save(update_fields=differing)
    return changes


def news(provider: Provider, listed: VendorList, known: list[str]) -> list[ListChange]:
    """Free models that the list holds and neither the provider nor the last list had.

    Without a last list only those count that the vendor itself calls free: in a first list everything is new.
    """
    ours = {plain(model_id) for model_id in provider.models.values_list("model_id", flat=True)}
    strange = [one for name, one in listed.models.items() if name not in ours and name not in known]
    free_of_old = provider.tier == "free" and bool(known)
    fresh = sorted(one.model_id for one in strange if one.free or (free_of_old and one.free is None))
    return [ListChange(Kind.NEW_FREE, model_id) for model_id in fresh[:_MOST_NEWS]]


def _values(model: AIModel) -> dict[str, Any]:
    fields = ("gone_since", "gone_reason", "missing_since", "listed_at", "shutdown_on", "told", *_SIZES)
    return {field: getattr(model, field) for field in fields}


def _present(model: AIModel, found: ListedModel | None, now: datetime) -> Iterator[ListChange]:
    model.listed_at, model.missing_since = now, None
    if found:
        yield from _end_of(model, found)
        yield from _sizes_of(model, found)
    if found and found.retired:
        if not model.gone_since:
            yield ListChange(Kind.RETIRED, model.model_id)
        model.gone_since, model.gone_reason = model.gone_since or now, GoneReason.RETIRED
    elif model.gone_since and model.gone_reason and not model.has_ended:
        # What a call found out stays: a vendor may list models that this account may not use.
        model.gone_since, model.gone_reason = None, ""
        yield ListChange(Kind.BACK, model.model_id)


def _missing(model: AIModel, now: datetime) -> Iterator[ListChange]:
    model.missing_since = model.missing_since or now
    if now - model.missing_since < MISSING_FOR or (model.gone_since and model.gone_reason):
        return
    if not model.gone_since:
        yield ListChange(Kind.VANISHED, model.model_id)
    model.gone_since, model.gone_reason = model.gone_since or now, GoneReason.VANISHED


def _end_of(model: AIModel, found: ListedModel) -> Iterator[ListChange]:
    """The last day of a model, as far as nobody here changed it."""
    told = model.told.get("shutdown_on")
    last = date.fromisoformat(told) if told else None
    if found.shutdown_on == last:
        return
    # Most vendors say nothing, and that is no news; but one that named a day may take it back.
    if model.shutdown_on in {last, None, _catalogued(model, "shutdown_on")}:
        model.shutdown_on = found.shutdown_on
        kind = Kind.ENDS if found.shutdown_on else Kind.ENDS_NO_MORE
        yield ListChange(kind, model.model_id, str(found.shutdown_on or ""))
    model.told = {**model.told, "shutdown_on": found.shutdown_on.isoformat() if found.shutdown_on else None}


def _sizes_of(model: AIModel, found: ListedModel) -> Iterator[ListChange]:
    """Context and longest answer, as far as nobody here changed them."""
    # What cuts a prompt on a server of one's own is its settings, whatever the model could hold.
    if model.provider.allow_private_address:
        return
    for field, kind in _SIZES.items():
        size = getattr(found, field)
        if not size or not 0 < size <= _LARGEST or size == model.told.get(field):
            continue
        untouched = {model.told.get(field), _catalogued(model, field), getattr(AIModel(), field)}
        if getattr(model, field) in untouched and getattr(model, field) != size:
            setattr(model, field, size)
            yield ListChange(kind, model.model_id, str(size))
        model.told = {**model.told, field: size}


def _catalogued(model: AIModel, field: str) -> Any:
    """What the catalogue says of a model, which is nobody's own judgement."""
    vendor = vendor_at(model.provider.base_url)
    row = next((one for one in vendor.models if one.id == model.model_id), None) if vendor else None
    return getattr(row, field) if row else None
