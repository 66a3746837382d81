"""Lists of models as many vendors write them: what each tells of a model is read, what it does not stays unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from providers.adapters.openai_calls import fetched
from providers.errors import BrokenAnswerError
from providers.types import Capability, Endpoint, ListedModel

# The same fact under the names of OpenRouter, Mistral, Groq, vLLM and Gemini, and of partners of Hugging Face.
_CONTEXT = ("context_length", "max_context_length", "context_window", "max_model_len", "inputTokenLimit")
_OUTPUT = ("max_completion_tokens", "max_output_tokens", "outputTokenLimit")
_SHUTDOWN = ("shutdown_date", "deprecation", "expiration_date", "retires_at")
_LISTS = ("data", "models", "result")
_GONE = {"retired", "decommissioned", "shutdown"}
# What Mistral says a model can do.
_ABILITIES = {
    "completion_chat": Capability.TEXT_GENERATION,
    "moderation": Capability.MODERATION,
    "classification": Capability.CLASSIFICATION,
    "embedding": Capability.EMBEDDINGS,
    "embeddings": Capability.EMBEDDINGS,
}
# What comes out of a model, as OpenRouter and Hugging Face say it.
_MODALITIES = {
    "text": Capability.TEXT_GENERATION,
    "image": Capability.IMAGE_GENERATION,
    "embeddings": Capability.EMBEDDINGS,
}
_CHARGED = {"prompt", "completion", "request", "image"}
_SCHEMA_WORDS = {"structured_outputs", "json_schema"}
_NO_MODEL = 100_000_000


async def list_models(endpoint: Endpoint) -> tuple[ListedModel, ...]:
    """Every model that the vendor lists, each once, in its order. Raises ProviderError."""
    body = (await fetched(endpoint, endpoint.quirks.models_path)).body
    entries = next((body[name] for name in _LISTS if isinstance(body.get(name), list)), None)
    if entries is None:
        raise BrokenAnswerError("a list of models without a list", http_status=200)
    found = {name: _listed(name, entry) for entry in entries if isinstance(entry, dict) and (name := _name(entry))}
    return tuple(found.values())


def _listed(name: str, entry: Mapping[str, Any]) -> ListedModel:
    partners = _partners(entry)
    layers = [entry, *_inner(entry, "top_provider"), *partners]
    return ListedModel(
        model_id=name,
        context_tokens=_most(layers, _CONTEXT),
        max_output_tokens=_most(layers, _OUTPUT),
        capabilities=_capabilities(entry),
        json_schema=_json_schema(entry, partners),
        free=_free(entry, partners),
        shutdown_on=next((day for field in _SHUTDOWN if (day := _day(entry.get(field)))), None),
        retired=entry.get("active") is False or str(entry.get("lifecycle", "")).lower() in _GONE,
    )


def _name(entry: Mapping[str, Any]) -> str:
    """The id as requests spell it; Gemini lists `models/…`, local servers a `name`."""
    said = entry.get("id") or entry.get("name") or entry.get("model")
    return said.removeprefix("models/") if isinstance(said, str) else ""


def _partners(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The places that serve a model behind a router, those that answer first of all."""
    listed = entry.get("providers")
    partners = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [one for one in partners if one.get("status", "live") == "live"] or partners


def _inner(entry: Mapping[str, Any], name: str) -> Iterator[dict[str, Any]]:
    value = entry.get(name)
    if isinstance(value, dict):
        yield value


def _most(layers: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> int | None:
    """The largest sensible count under any of the names."""
    found = (layer.get(name) for layer in layers for name in names)
    return max((one for one in found if isinstance(one, int) and 1 < one < _NO_MODEL), default=None)


def _capabilities(entry: Mapping[str, Any]) -> frozenset[Capability] | None:
    abilities, architecture = entry.get("capabilities"), entry.get("architecture")
    if isinstance(abilities, dict) and not _ABILITIES.keys().isdisjoint(abilities):
        # Mistral's list has no word for some of what it sells: nothing named is nothing known.
        return (
            frozenset(_ABILITIES[name] for name, has in abilities.items() if has is True and name in _ABILITIES) or None
        )
    outputs = architecture.get("output_modalities") if isinstance(architecture, dict) else None
    if isinstance(outputs, list):
        return frozenset(_MODALITIES[name] for name in outputs if isinstance(name, str) and name in _MODALITIES)
    return None


def _json_schema(entry: Mapping[str, Any], partners: list[dict[str, Any]]) -> bool | None:
    parameters = entry.get("supported_parameters")
    if isinstance(parameters, list):
        return not _SCHEMA_WORDS.isdisjoint(name for name in parameters if isinstance(name, str))
    said = [one["supports_structured_output"] for one in partners if "supports_structured_output" in one]
    return any(flag is True for flag in said) if said else None


def _free(entry: Mapping[str, Any], partners: list[dict[str, Any]]) -> bool | None:
    """Whether nothing is charged; None where the list says nothing of prices."""
    pricing = entry.get("pricing")
    if isinstance(pricing, dict) and pricing:
        prices = [_price(value) for name, value in pricing.items() if name in _CHARGED]
        return all(price == 0 for price in prices) if prices else None
    if any(one.get("is_free") is True for one in partners):
        return True
    return False if any(one.get("pricing") for one in partners) else None


def _price(value: Any) -> float:
    """A price; one that cannot be read is not nothing, and OpenRouter's router says -1."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return -1.0


def _day(value: Any) -> date | None:
    """The day in `2026-12-11` or in a whole time stamp."""
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value[:10])
    return None
