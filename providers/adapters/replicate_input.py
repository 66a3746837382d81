"""Our requests as the input of a Replicate model: every model has fields of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from providers.adapters.replicate_schema import BATCH_FIELDS, LENGTH_FIELDS, SYSTEM_FIELDS, TEXT_FIELDS, Schema
from providers.errors import BrokenAnswerError
from providers.types import ChatRequest, EmbeddingRequest, ImageRequest, Message, Role

# What language models take by custom, for one whose schema is not known.
_CUSTOMARY = Schema(inputs={"prompt": {}, "system_prompt": {}, "max_tokens": {"type": "integer"}, "temperature": {}})
_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant", Role.TOOL: "Tool result"}


def chat_input(schema: Schema | None, request: ChatRequest) -> dict[str, Any]:
    """The messages as `prompt` and a system prompt, with what else the model has fields for.

    A wanted JSON schema is written into the system prompt. Raises BrokenAnswerError for a model without a prompt.
    """
    known = schema or _CUSTOMARY
    prompt_field, system_field = _field(known, "prompt", *TEXT_FIELDS), known.first(*SYSTEM_FIELDS)
    system, prompt = _system(request), _prompt(request.messages)
    fields: dict[str, Any] = {prompt_field: prompt}
    if system and system_field:
        fields[system_field] = system
    elif system:
        fields[prompt_field] = f"{system}\n\n{prompt}"
    if length := known.first(*LENGTH_FIELDS):
        fields[length] = known.fitted(length, request.max_tokens)
    if request.temperature is not None and "temperature" in known.inputs:
        fields["temperature"] = known.fitted("temperature", request.temperature)
    if request.seed is not None and "seed" in known.inputs:
        fields["seed"] = known.fitted("seed", request.seed)
    if request.stop and (stop := known.first("stop_sequences", "stop")):
        as_list = known.inputs[stop].get("type") == "array"
        fields[stop] = list(request.stop) if as_list else ",".join(request.stop)
    return fields


def longest_answer(fields: dict[str, Any]) -> int | None:
    """The bound on the answer, in tokens, that an input sets."""
    return next((fields[name] for name in LENGTH_FIELDS if isinstance(fields.get(name), int)), None)


def image_input(schema: Schema | None, request: ImageRequest, count: int) -> dict[str, Any]:
    """The prompt, and size, number and seed as far as the model has fields for them."""
    fields: dict[str, Any] = {_field(schema, "prompt") if schema else "prompt": request.prompt}
    if schema is None:
        return fields
    if {"width", "height"} <= set(schema.inputs):
        fields |= {"width": schema.fitted("width", request.width), "height": schema.fitted("height", request.height)}
    if ratio := _nearest_ratio(schema.choices("aspect_ratio"), request.width / request.height):
        fields["aspect_ratio"] = ratio
    if "width" in fields and "custom" in schema.choices("aspect_ratio"):
        fields["aspect_ratio"] = "custom"
    if "num_outputs" in schema.inputs:
        fields["num_outputs"] = schema.fitted("num_outputs", count)
    if request.seed is not None and "seed" in schema.inputs:
        fields["seed"] = schema.fitted("seed", request.seed)
    return fields


def embedding_inputs(schema: Schema | None, request: EmbeddingRequest) -> Iterator[tuple[dict[str, Any], int]]:
    """The inputs of as many runs as it takes, each with the number of texts in it: one run for all where that goes."""
    batch = next((name for name in BATCH_FIELDS if schema and _takes_many(schema, name)), "")
    if schema and batch:
        texts: Any = list(request.inputs)
        if schema.inputs[batch].get("type") == "string":
            texts = json.dumps(texts, ensure_ascii=False)
        yield {batch: texts}, len(request.inputs)
        return
    single = _field(schema, *TEXT_FIELDS) if schema else "text"
    for text in request.inputs:
        yield {single: text}, 1


def _takes_many(schema: Schema, name: str) -> bool:
    """Whether a field takes a list, or the JSON of one: that is what a string with a plural name is."""
    kind = schema.inputs.get(name, {}).get("type")
    return kind == "array" or (kind == "string" and name in {"texts", "text_batch", "inputs", "sentences", "documents"})


def _field(schema: Schema, *names: str) -> str:
    found = schema.first(*names)
    if not found:
        raise BrokenAnswerError("the model has no field for a text")
    return found


def _system(request: ChatRequest) -> str:
    said = [message.content for message in request.messages if message.role is Role.SYSTEM]
    if request.json_schema:
        schema = json.dumps(request.json_schema.schema, ensure_ascii=False, separators=(",", ":"))
        said.append(
            "Answer with one JSON object and nothing else: no introduction, no explanation, no code fence. "
            f"It must be valid against this JSON Schema:\n{schema}"
        )
    return "\n\n".join(said)


def _prompt(messages: tuple[Message, ...]) -> str:
    """A single message as it is; a conversation with its speakers named, and the model's turn last."""
    said = [message for message in messages if message.role is not Role.SYSTEM]
    if len(said) == 1:
        return said[0].content
    turns = [f"{_SPEAKERS[message.role]}: {message.content}" for message in said]
    return "\n\n".join([*turns, "Assistant:"]) if turns else ""


def _nearest_ratio(choices: list[Any], wanted: float) -> str:
    """The choice such as `16:9` that is nearest to width / height."""
    ratios: dict[str, float] = {}
    for choice in choices:
        width, _, height = str(choice).partition(":")
        if width.isdecimal() and height.isdecimal() and int(height) and int(width):
            ratios[str(choice)] = int(width) / int(height)
    return min(ratios, key=lambda name: abs(ratios[name] - wanted)) if ratios else ""
