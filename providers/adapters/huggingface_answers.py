"""What Hugging Face's tasks answer, in all the shapes that its servers and partners give them."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from providers.adapters import wire
from providers.adapters.failures import failure
from providers.errors import BrokenAnswerError
from providers.types import Capability, Endpoint, Image, Label, ListedModel, Verdict

# From this score on a category of a moderation counts.
FLAGGED_FROM = 0.5
# What toxicity models call a text that is fine. `label_0` is the first label of a model that names none.
_HARMLESS = frozenset(
    {"ok", "neutral", "nontoxic", "nothate", "nohate", "nonhate", "notoffensive", "nonoffensive", "normal", "safe",
     "sfw", "clean", "none", "acceptable", "label0"}
)  # fmt: skip
# A softmax in 32 bits may end a hair above 1.
_ROUNDING = 1e-3
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
# Where partners put the picture or its address, the most telling first.
_PICTURE_NAMES = ("b64_json", "url", "data", "images", "image", "output", "outputs", "results")
_DEEPEST = 6

Vector = tuple[float, ...]


class _Foreign(BaseModel):
    """What a server sent; its faults are told without quoting it."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _Scored(_Foreign):
    label: str
    score: float = Field(ge=0, le=1 + _ROUNDING, allow_inf_nan=False)


class _OldScores(_Foreign):
    labels: list[str]
    scores: list[float]


class _Pricing(_Foreign):
    input: float | None = None
    output: float | None = None


class _Partner(_Foreign):
    provider: str = ""
    status: str = ""
    context_length: int | None = None
    supports_structured_output: bool | None = None
    is_free: bool | None = None
    pricing: _Pricing | None = None

    def costs(self) -> bool | None:
        """Whether a call costs money; None where the partner does not say."""
        if self.is_free:
            return False
        prices = (
            [price for price in (self.pricing.input, self.pricing.output) if price is not None] if self.pricing else []
        )
        return any(prices) if prices else None


class _Architecture(_Foreign):
    output_modalities: list[str] = Field(default_factory=list)


class _Listed(_Foreign):
    id: str
    architecture: _Architecture | None = None
    providers: list[_Partner] = Field(default_factory=list)

    @field_validator("providers", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value


class _Listing(_Foreign):
    data: list[_Listed]


_SCORES = TypeAdapter(list[_Scored])


def json_of(reply: wire.Reply) -> Any:
    """The JSON of an answer. Raises BrokenAnswerError."""
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "unknown")
        # The cause would carry the whole body along.
        raise BrokenAnswerError(f"{len(reply.body)} bytes of {kind} that are not JSON", http_status=200) from None


def labels(body: Any) -> tuple[Label, ...]:
    """Labels, the best first: `[{label, score}]`, the same nested once, or the older `{labels, scores}`.

    Raises BrokenAnswerError.
    """
    while isinstance(body, list) and len(body) == 1 and isinstance(body[0], list):
        body = body[0]
    old = body[0] if isinstance(body, list) and body else body
    try:
        if isinstance(old, dict) and "labels" in old:
            pairs = _OldScores.model_validate(old)
            body = [{"label": label, "score": score} for label, score in zip(pairs.labels, pairs.scores, strict=True)]
        found = [Label(one.label, min(one.score, 1.0)) for one in _SCORES.validate_python(body)]
    except ValidationError as exc:
        raise _not("a classification", exc) from exc
    except ValueError:
        raise BrokenAnswerError("as many labels as scores were expected", http_status=200) from None
    if not found:
        raise BrokenAnswerError("a classification without labels", http_status=200)
    return tuple(sorted(found, key=lambda label: -label.score))


def verdict(found: Sequence[Label]) -> Verdict:
    """What a toxicity model's labels say: its harmful ones by name, flagged from `FLAGGED_FROM` on."""
    scores = {label.name: label.score for label in found if not _is_harmless(label.name)}
    categories = tuple(name for name, score in scores.items() if score >= FLAGGED_FROM)
    return Verdict(bool(categories), scores, categories)


def summary(body: Any) -> str:
    """The text of `[{"summary_text"}]` or of the object alone. Raises BrokenAnswerError."""
    first = body[0] if isinstance(body, list) and body else body
    text = first.get("summary_text", first.get("generated_text")) if isinstance(first, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise BrokenAnswerError("a summary without text", http_status=200)
    return text.strip()


def shortened(text: str, most: int) -> str:
    """As many whole sentences as fit into so many words, and one at least."""
    kept, *rest = _SENTENCE_END.split(text)
    for sentence in rest:
        if len(kept.split()) + len(sentence.split()) > most:
            break
        kept += f" {sentence}"
    return kept


def vectors(body: Any, count: int) -> list[Vector]:
    """One vector for each of `count` inputs, however deep they lie. Raises BrokenAnswerError."""
    items = body if count > 1 and isinstance(body, list) else [body]
    if len(items) != count:
        raise BrokenAnswerError(f"{len(items)} vectors for {count} texts", http_status=200)
    return [_vector(item) for item in items]


async def picture(endpoint: Endpoint, reply: wire.Reply) -> Image:
    """The picture of an answer: its bytes, or JSON with base64 or with an address, which is fetched without the key.

    Raises ProviderError.
    """
    if "json" not in reply.headers.get("content-type", ""):
        return _image(reply.body, reply.headers.get("content-type", ""))
    found = next(_pictures(json_of(reply)), "")
    if found.startswith(("http://", "https://")):
        fetched = await wire.call(endpoint, "GET", found, headers={"accept": "image/*"}, key_header="")
        if fetched.status != HTTPStatus.OK:
            raise failure(fetched.status, fetched.headers, fetched.body)
        return _image(fetched.body, fetched.headers.get("content-type", ""))
    try:
        content = base64.b64decode(found.rpartition(",")[2], validate=True)
    except ValueError:
        raise BrokenAnswerError("a picture that is not base64", http_status=200) from None
    return _image(content, "")


def listed(body: Any) -> tuple[ListedModel, ...]:
    """The router's models with what every live partner can, as any of them may be asked.

    Where some partners serve a model for nothing, it is also listed with each of them (`org/name:partner`).
    Raises BrokenAnswerError.
    """
    try:
        models = _Listing.model_validate(body).data
    except ValidationError as exc:
        raise _not("a list of models", exc) from exc
    return tuple(entry for model in models for entry in _entries(model))


def _entries(model: _Listed) -> Iterator[ListedModel]:
    live = [partner for partner in model.providers if partner.status == "live"]
    whole = _listed(model, model.id, live)
    yield whole
    if not whole.free:
        for partner in live:
            if partner.provider and partner.costs() is False:
                yield _listed(model, f"{model.id}:{partner.provider}", [partner])


def _listed(model: _Listed, model_id: str, live: list[_Partner]) -> ListedModel:
    contexts = [partner.context_length for partner in live if partner.context_length]
    costs = {partner.costs() for partner in live}
    writes = not model.architecture or "text" in model.architecture.output_modalities
    return ListedModel(
        model_id=model_id,
        context_tokens=min(contexts, default=None),
        capabilities=frozenset({Capability.TEXT_GENERATION} if writes else ()),
        json_schema=all(partner.supports_structured_output for partner in live) if live else None,
        free=True if costs == {False} else (False if True in costs else None),
        retired=bool(model.providers) and not live,
    )


def _is_harmless(name: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    return plain in _HARMLESS or plain.startswith(("nottoxic", "nontoxic"))


def _vector(item: Any) -> Vector:
    """A vector as it is, one that lies deeper, or the mean of a text's token vectors, made as long as 1."""
    while isinstance(item, list) and len(item) == 1 and isinstance(item[0], list):
        item = item[0]
    if isinstance(item, list) and item and all(isinstance(row, list) for row in item):
        tokens = [_numbers(row) for row in item]
        if len({len(token) for token in tokens}) > 1:
            raise BrokenAnswerError("token vectors of different lengths", http_status=200)
        mean = [math.fsum(column) / len(tokens) for column in zip(*tokens, strict=True)]
        length = math.hypot(*mean) or 1.0
        return tuple(number / length for number in mean)
    return _numbers(item)


def _numbers(row: Any) -> Vector:
    are_numbers = isinstance(row, list) and row and all(isinstance(one, int | float) for one in row)
    if not are_numbers or not all(math.isfinite(number) for number in row):
        raise BrokenAnswerError("a vector that is not made of numbers", http_status=200)
    return tuple(map(float, row))


def _pictures(value: Any, depth: int = 0) -> Iterator[str]:
    """The strings that hold a picture or lead to one."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and depth < _DEEPEST:
        for one in value:
            yield from _pictures(one, depth + 1)
    elif isinstance(value, dict) and depth < _DEEPEST:
        for name in _PICTURE_NAMES:
            yield from _pictures(value.get(name), depth + 1)


def _image(content: bytes, said: str) -> Image:
    """By its first bytes, which do not lie, else by what the server says."""
    media_type = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        media_type = "image/webp"
    media_type = media_type or said.partition(";")[0].strip().lower()
    if not content or not media_type.startswith("image/"):
        raise BrokenAnswerError(f"{media_type or 'nothing'} in place of a picture", http_status=200)
    return Image(content, media_type)


def _not(what: str, exc: ValidationError) -> BrokenAnswerError:
    fault = exc.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"]) or "body"
    return BrokenAnswerError(f"not {what}: {where}: {fault['msg']}", http_status=200)
