"""Moderation in OpenAI's format, and in Mistral's that names no verdict of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from providers.adapters.openai_calls import Ask, Foreign, Payload, prompt_usage, shaped
from providers.errors import BrokenAnswerError, InvalidRequestError
from providers.types import Endpoint, Moderation, ModerationRequest, Verdict


class _Result(Foreign):
    """A verdict. Newer models leave categories without a score where they do not apply."""

    flagged: bool | None = None
    categories: dict[str, bool] = Field(default_factory=dict)
    category_scores: dict[str, float] = Field(min_length=1)

    @field_validator("categories", "category_scores", mode="before")
    @classmethod
    def _without_gaps(cls, value: Any) -> Any:
        return {name: said for name, said in value.items() if said is not None} if isinstance(value, dict) else value

    def verdict(self) -> Verdict:
        """The verdict in our words; Mistral flags by its categories only."""
        high = tuple(sorted(name for name, is_high in self.categories.items() if is_high))
        return Verdict(bool(high) if self.flagged is None else self.flagged, _scores(self.category_scores), high)


class _Reply(Foreign):
    model: str | None = None
    results: list[_Result]


async def moderate(endpoint: Endpoint, request: ModerationRequest, ask: Ask) -> Moderation:
    """One verdict for each input, in their order. Raises ProviderError."""
    if not request.inputs:
        raise InvalidRequestError("no texts to check")

    def payload(_refused: frozenset[str]) -> Payload:
        return {"model": endpoint.model_id, "input": list(request.inputs)}

    answered = await ask("moderations", payload)
    reply = shaped(_Reply, answered.body, "a moderation")
    if len(reply.results) != len(request.inputs):
        words = f"{len(reply.results)} verdicts for {len(request.inputs)} texts"
        raise BrokenAnswerError(words, http_status=200)
    return Moderation(
        verdicts=tuple(result.verdict() for result in reply.results),
        model_id=reply.model or endpoint.model_id,
        usage=prompt_usage(answered.body, request.estimated_prompt_tokens),
        vendor_request_id=answered.request_id,
    )


def _scores(found: Mapping[str, float]) -> dict[str, float]:
    """Scores from 0 to 1: rounding lets some vendors overshoot."""
    return {name: min(1.0, max(0.0, score)) for name, score in found.items()}
