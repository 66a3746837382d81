"""What a Replicate model takes and gives, read from the OpenAPI schema that its version publishes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from providers.types import Capability

Property = Mapping[str, Any]

SYSTEM_FIELDS = ("system_prompt", "system_instruction", "system")
LENGTH_FIELDS = ("max_tokens", "max_new_tokens", "max_completion_tokens", "max_output_tokens", "max_length")
BATCH_FIELDS = ("texts", "text_batch", "inputs", "documents", "sentences", "input", "text", "prompts")
TEXT_FIELDS = ("text", "prompt", "input", "sentence", "query", "texts", "inputs")
_PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".avif")
# Anybody may publish a model: a schema that refers to itself must not cost a second.
_DEEPEST_REFERENCE = 5
_MOST_PARTS = 2


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of `Input` with their references resolved, the required ones, and `Output`."""

    inputs: Mapping[str, Property]
    required: frozenset[str] = frozenset()
    output: Property = field(default_factory=dict)

    @classmethod
    def read(cls, document: Any) -> Schema | None:
        """From a version's `openapi_schema`; None where it publishes none."""
        components = _below(_below(document, "components"), "schemas")
        found = _below(components, "Input")
        properties = _below(found, "properties")
        if not properties:
            return None
        required = found.get("required")
        return cls(
            inputs={name: _resolved(stated, components) for name, stated in properties.items()},
            required=frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
            output=_resolved(_below(components, "Output"), components),
        )

    def first(self, *names: str) -> str:
        """The first of these input fields that the model has, or an empty string."""
        return next((name for name in names if name in self.inputs), "")

    def choices(self, name: str) -> list[Any]:
        """The values that a field is limited to, if it is."""
        found = self.inputs.get(name, {}).get("enum")
        return found if isinstance(found, list) else []

    def fitted(self, name: str, number: float) -> Any:
        """A number within the field's bounds, whole where the field wants a whole one."""
        stated = self.inputs.get(name, {})
        choices = [one for one in self.choices(name) if _is_number(one)]
        if choices:
            return min(choices, key=lambda one: abs(one - number))
        if _is_number(stated.get("maximum")):
            number = min(number, stated["maximum"])
        if _is_number(stated.get("minimum")):
            number = max(number, stated["minimum"])
        return round(number) if stated.get("type") == "integer" else number


def capabilities(schema: Schema | None, example: Any = None) -> frozenset[Capability]:
    """What the product can ask such a model for; `example` is the output of the model's own example, if it has one."""
    if schema is None:
        return frozenset()
    if _holds_numbers(schema.output) and schema.first(*BATCH_FIELDS, *TEXT_FIELDS):
        return frozenset({Capability.EMBEDDINGS})
    # What wants a picture or a sound to work on cannot be asked in words alone.
    if "prompt" not in schema.inputs or not schema.required <= {"prompt"}:
        return frozenset()
    if _holds_files(schema.output):
        return frozenset({Capability.IMAGE_GENERATION}) if _shows_pictures(example) else frozenset()
    return frozenset({Capability.TEXT_GENERATION}) if _holds_text(schema.output) else frozenset()


def addresses(output: Any) -> Iterator[str]:
    """Every address of a file in an output: one, a list, or the values of objects."""
    if isinstance(output, str):
        if output.lower().startswith(("https://", "http://", "data:")):
            yield output
    elif isinstance(output, list | dict):
        for inner in output.values() if isinstance(output, dict) else output:
            yield from addresses(inner)


def _shows_pictures(example: Any) -> bool:
    found = [urlsplit(address).path.lower() for address in addresses(example)]
    endings = [path for path in found if "." in path.rpartition("/")[2]]
    return not endings or any(path.endswith(_PICTURE_ENDINGS) for path in endings)


def _holds_text(output: Property) -> bool:
    inner = output.get("items") if output.get("type") == "array" else output
    return isinstance(inner, Mapping) and inner.get("type") == "string" and inner.get("format") != "uri"


def _holds_files(output: Property) -> bool:
    """A file, a list of them, or objects whose properties are files."""
    if output.get("type") == "array":
        return _holds_files(_below(output, "items"))
    if any(_holds_files(stated) for stated in _below(output, "properties").values() if isinstance(stated, Mapping)):
        return True
    return output.get("type") == "string" and output.get("format") == "uri"


def _holds_numbers(output: Property) -> bool:
    """Vectors: lists of numbers, lists of those, or objects with an `embedding`."""
    if output.get("type") == "array":
        inner = _below(output, "items")
        return inner.get("type") in {"number", "float"} or _holds_numbers(inner)
    properties = _below(output, "properties")
    return any(
        _holds_numbers(stated) for name, stated in properties.items() if "embed" in name and isinstance(stated, Mapping)
    )


def _resolved(stated: Any, components: Mapping[str, Any], depth: int = 0) -> Property:
    """A schema with its `$ref` and `allOf` put in place, also in its items and properties."""
    if not isinstance(stated, Mapping) or depth > _DEEPEST_REFERENCE:
        return {}
    whole: dict[str, Any] = {}
    parts = stated.get("allOf")
    for part in parts[:_MOST_PARTS] if isinstance(parts, list) else ():
        whole |= _resolved(part, components, depth + 1)
    reference = stated.get("$ref")
    if isinstance(reference, str):
        whole |= _resolved(components.get(reference.rpartition("/")[2]), components, depth + 1)
    whole |= {name: value for name, value in stated.items() if name not in {"allOf", "$ref"}}
    if "items" in whole:
        whole["items"] = _resolved(whole["items"], components, depth + 1)
    if depth <= 1 and isinstance(whole.get("properties"), Mapping):
        whole["properties"] = {
            name: _resolved(inner, components, depth + 1) for name, inner in whole["properties"].items()
        }
    return whole


def _below(value: Any, name: str) -> Mapping[str, Any]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
