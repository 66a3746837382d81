"""JSON schemas as vendors take them: in words, or without the constraints that a vendor does not enforce."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.types import JSONSchema

# Keywords whose values are schemas by name, not keywords themselves.
_NAMED_SCHEMAS = {"properties", "$defs", "definitions"}


def in_words(schema: JSONSchema) -> str:
    """The order for JSON where a model does not follow a schema by itself."""
    worded = json.dumps(schema.schema, ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with one JSON object and nothing else: no introduction, no explanation, no code fence. "
        f"It must be valid against this JSON Schema:\n{worded}"
    )


def without(schema: Any, unenforced: frozenset[str], *, closed: bool = False) -> Any:
    """The schema without keywords that the vendor refuses or ignores; the description tells the model of them.

    With `closed`, every object forbids other properties than its own. The answer is held to the whole schema where it
    is checked.
    """
    if isinstance(schema, list | tuple):
        return [without(part, unenforced, closed=closed) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept: dict[str, Any] = {}
    for name, part in schema.items():
        if name in _NAMED_SCHEMAS and isinstance(part, Mapping):
            kept[name] = {key: without(below, unenforced, closed=closed) for key, below in part.items()}
        elif name not in unenforced:
            kept[name] = without(part, unenforced, closed=closed)
    told = ", ".join(f"{name}: {schema[name]}" for name in schema if name in unenforced)
    if told:
        kept["description"] = f"{schema.get('description', '')} ({told})".strip()
    if closed and (kept.get("type") == "object" or "properties" in kept):
        kept["additionalProperties"] = False
    return kept


def has_free_properties(schema: Any) -> bool:
    """Whether an object of the schema takes properties of any name; such a one cannot be closed."""
    if isinstance(schema, list | tuple):
        return any(has_free_properties(part) for part in schema)
    if not isinstance(schema, Mapping):
        return False
    if isinstance(schema.get("additionalProperties"), Mapping) or "patternProperties" in schema:
        return True
    return any(has_free_properties(part) for part in schema.values())


def is_strict(schema: Any) -> bool:
    """Whether a schema keeps the rules of OpenAI's `strict`: closed objects, every property required."""
    if isinstance(schema, list | tuple):
        return all(is_strict(part) for part in schema)
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            return False
        return is_strict(list(properties.values())) and is_strict(schema.get("$defs", {}))
    return all(is_strict(part) for part in schema.values())
