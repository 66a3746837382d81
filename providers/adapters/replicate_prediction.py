"""Replicate's prediction as it comes: its state, its faults and its output."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from providers.adapters.redaction import redact
from providers.errors import BrokenAnswerError, ContentRefusedError, OverloadedError, ProviderError
from providers.types import FinishReason, Usage
from providers.vendor_runs import VendorRun

ShapeT = TypeVar("ShapeT", bound=BaseModel)

SUCCEEDED = "succeeded"
# Whatever else a status may say, the run is over.
RUNNING = frozenset({"starting", "processing"})
_CHARACTERS_A_TOKEN = 4
# What models and the vendor write into `error`; E005 and E003/E004 are the vendor's own codes.
_REFUSED = re.compile(
    r"nsfw|flagged as sensitive|\be005\b|inappropriate content|content (?:policy|moderation)|safety (?:system|filter)",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"out of memory|\be00[34]\b|high demand|temporarily unavailable|prediction interrupted|overloaded|queue is full",
    re.IGNORECASE,
)


class Foreign(BaseModel):
    """What Replicate sent; its faults are told without quoting it."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _Urls(Foreign):
    get: str = ""
    cancel: str = ""
    stream: str = ""

    @field_validator("*", mode="before")
    @classmethod
    def _only_text(cls, value: Any) -> Any:
        return value if isinstance(value, str) else ""


class _Metrics(Foreign):
    input_token_count: int | None = None
    output_token_count: int | None = None
    predict_time: float | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _only_counts(cls, value: Any) -> Any:
        # A slip in the numbers must not cost the answer.
        return value if isinstance(value, int | float) and value >= 0 and value == value else None  # noqa: PLR0124


class Prediction(Foreign):
    """The fields that we read. `output` is whatever the model returns."""

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    status: str
    model: str = ""
    version: str = ""
    input: dict[str, Any] = Field(default_factory=dict)
    output: Any = None
    error: str = ""
    logs: str = ""
    data_removed: bool = False
    created_at: datetime | None = None
    urls: _Urls = Field(default_factory=_Urls)
    metrics: _Metrics = Field(default_factory=_Metrics)

    @field_validator("model", "version", "logs", mode="before")
    @classmethod
    def _only_text(cls, value: Any) -> Any:
        return value if isinstance(value, str) else ""

    @field_validator("error", mode="before")
    @classmethod
    def _as_words(cls, value: Any) -> Any:
        return value if isinstance(value, str) else str(value) if value else ""

    @field_validator("input", "urls", "metrics", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {}

    @field_validator("data_removed", mode="before")
    @classmethod
    def _yes_or_no(cls, value: Any) -> Any:
        return value is True

    @field_validator("created_at", mode="wrap")
    @classmethod
    def _odd_times_are_no_times(cls, value: Any, read: Any) -> Any:
        try:
            moment = read(value)
        except ValidationError:
            return None
        return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment

    @property
    def ended(self) -> bool:
        """Whether nothing more will come. An output beside `processing` may still grow."""
        return self.status not in RUNNING

    def as_run(self) -> VendorRun:
        """The part that is remembered."""
        urls = (("get", self.urls.get), ("cancel", self.urls.cancel), ("stream", self.urls.stream))
        return VendorRun(self.id, self.status, self.ended, tuple((name, url) for name, url in urls if url))

    def finish_reason(self, longest: int | None) -> FinishReason:
        """Why it stopped: Replicate does not say, but an answer that is as long as it may be was cut."""
        counted = self.metrics.output_token_count
        return FinishReason.LENGTH if longest and counted and counted >= longest else FinishReason.STOP

    def usage(self, prompt_tokens: int, characters: int) -> Usage:
        """The vendor's count, or an estimate from the request's own one and the length of the answer."""
        counted_in, counted_out = self.metrics.input_token_count, self.metrics.output_token_count
        if counted_in is not None and counted_out is not None:
            return Usage(counted_in, counted_out)
        return Usage(prompt_tokens, characters // _CHARACTERS_A_TOKEN + 1, estimated=True)


def parsed(shape: type[ShapeT], body: Any) -> ShapeT:
    """A typed object. Raises BrokenAnswerError when the body has not its shape."""
    try:
        return shape.model_validate(body)
    except ValidationError as exc:
        fault = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "body"
        raise BrokenAnswerError(f"not what Replicate answers: {where}: {fault['msg']}", http_status=200) from exc


def failed_run(words: str) -> ProviderError:
    """What the words of a failed run amount to: ContentRefusedError, OverloadedError or BrokenAnswerError."""
    said = redact(words) or "the prediction failed without a word"
    if _REFUSED.search(words):
        return ContentRefusedError(said, http_status=200)
    return (OverloadedError if _BUSY.search(words) else BrokenAnswerError)(said, http_status=200)


def refuse_unsuccessful(prediction: Prediction) -> None:
    """Raise what an ended prediction amounts to when it brought nothing: HTTP success is not success."""
    if prediction.status == "failed":
        raise failed_run(prediction.error)
    if prediction.status != SUCCEEDED:
        words = redact(f"the prediction ended as {prediction.status!r} {prediction.error}")
        raise BrokenAnswerError(words, http_status=200)
    if prediction.data_removed:
        raise BrokenAnswerError("the vendor has removed the prediction's output already", http_status=200)
