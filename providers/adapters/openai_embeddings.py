"""Vectors in OpenAI's format: texts in batches that the vendor takes, vectors back in the order of the texts."""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Iterator
from functools import partial
from typing import Any

from pydantic import Field, field_validator

from providers.adapters.openai_calls import Answered, Ask, Foreign, Payload, prompt_usage, shaped
from providers.adapters.wire import LARGEST_ANSWER_BYTES
from providers.errors import BrokenAnswerError, InvalidRequestError
from providers.types import EmbeddingRequest, Embeddings, Endpoint, Usage, estimated_tokens

# OpenAI takes 300,000 tokens a call, by its own count; ours is cautious.
_MOST_TOKENS = 250_000
# What one number takes as text, and how many there are where nobody says: a batch's answer must fit its bound.
_BYTES_A_NUMBER = 24
_LONGEST_VECTOR = 4096
_FLOAT_BYTES = 4


class _Vector(Foreign):
    index: int | None = None
    embedding: list[float]

    @field_validator("embedding", mode="before")
    @classmethod
    def _packed(cls, value: Any) -> Any:
        """Some vendors answer in base64: 32-bit numbers, the lowest byte first."""
        if not isinstance(value, str):
            return value
        try:
            raw = base64.b64decode(value, validate=True)
            return list(struct.unpack(f"<{len(raw) // _FLOAT_BYTES}f", raw))
        except (binascii.Error, struct.error) as exc:
            raise ValueError("not base64 of 32-bit numbers") from exc


class _Reply(Foreign):
    model: str | None = None
    data: list[_Vector] = Field(min_length=1)


async def embed(endpoint: Endpoint, request: EmbeddingRequest, ask: Ask) -> Embeddings:
    """One vector for each input, all of one length. Raises ProviderError."""
    if not request.inputs:
        raise InvalidRequestError("no texts to turn into vectors")
    vectors: list[tuple[float, ...]] = []
    spent: list[Usage] = []
    answered, model_id = None, endpoint.model_id
    for batch in _batches(endpoint, request):
        answered = await ask("embeddings", partial(_payload, endpoint, request, batch))
        reply = shaped(_Reply, answered.body, "an answer with vectors")
        vectors += _in_order(reply.data, len(batch))
        spent.append(_usage(answered, batch))
        model_id = reply.model or model_id
    if len({len(vector) for vector in vectors}) != 1:
        raise BrokenAnswerError("vectors of several lengths", http_status=200)
    return Embeddings(tuple(vectors), model_id, _sum(spent), answered.request_id if answered else "")


def _payload(endpoint: Endpoint, request: EmbeddingRequest, batch: tuple[str, ...], refused: frozenset[str]) -> Payload:
    fields: Payload = {
        "model": endpoint.model_id,
        "input": list(batch),
        "dimensions": request.dimensions,
        **endpoint.quirks.embedding_fields,
    }
    left_out = refused | set(endpoint.quirks.refused_parameters)
    return {name: value for name, value in fields.items() if value is not None and name not in left_out}


def _batches(endpoint: Endpoint, request: EmbeddingRequest) -> Iterator[tuple[str, ...]]:
    """The inputs in as few calls as the vendor's limits and our bound on an answer allow."""
    fitting = LARGEST_ANSWER_BYTES // ((request.dimensions or _LONGEST_VECTOR) * _BYTES_A_NUMBER)
    most = max(1, min(endpoint.quirks.embedding_batch, fitting))
    batch: list[str] = []
    tokens = 0
    for text in request.inputs:
        size = estimated_tokens(text)
        if batch and (len(batch) == most or tokens + size > _MOST_TOKENS):
            yield tuple(batch)
            batch, tokens = [], 0
        batch.append(text)
        tokens += size
    yield tuple(batch)


def _in_order(found: list[_Vector], wanted: int) -> list[tuple[float, ...]]:
    """The vectors by their index; where none has one, as they came."""
    indexed = all(vector.index is not None for vector in found)
    ordered = sorted(found, key=lambda vector: vector.index or 0) if indexed else found
    if len(found) != wanted or (indexed and [vector.index for vector in ordered] != list(range(wanted))):
        raise BrokenAnswerError(f"{len(found)} vectors for {wanted} texts, or not one for each", http_status=200)
    if not all(vector.embedding and all(map(math.isfinite, vector.embedding)) for vector in ordered):
        raise BrokenAnswerError("a vector that is empty or holds no numbers", http_status=200)
    return [tuple(vector.embedding) for vector in ordered]


def _usage(answered: Answered, batch: tuple[str, ...]) -> Usage:
    return prompt_usage(answered.body, sum(map(estimated_tokens, batch)))


def _sum(spent: list[Usage]) -> Usage:
    return Usage(
        sum(usage.prompt_tokens for usage in spent),
        sum(usage.completion_tokens for usage in spent),
        estimated=any(usage.estimated for usage in spent),
    )
