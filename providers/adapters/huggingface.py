"""Hugging Face: chat through its router, which hands on to partners, and the tasks of its own small models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from providers.adapters import huggingface_answers as answers
from providers.adapters import wire
from providers.adapters.failures import failure, failure_of
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal
from providers.adapters.waits import wait_seconds
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    InvalidRequestError,
    ModelUnavailableError,
    OverloadedError,
    ProviderError,
)
from providers.types import (
    ChatRequest,
    Chunk,
    Classification,
    ClassificationRequest,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    FinishReason,
    ImageRequest,
    Images,
    ListedModel,
    Moderation,
    ModerationRequest,
    SummaryRequest,
    Usage,
)

# What the servers behind the router take in one request.
LARGEST_BATCH = 32
# A classifier has fewer labels of its own than this; without a number some servers name only the best.
_ALL_LABELS = 50
# Words are two tokens at most in the languages that the summarisers speak; what is too long is cut at a sentence.
_TOKENS_A_WORD = 2
_REQUEST_ID = "x-request-id"
_WHOAMI_SECONDS = 10.0


class HuggingFaceAdapter(OpenAIAdapter):
    """Chat at `{base_url}/v1`, every other task at `{base_url}/hf-inference/models/{model}`.

    A chat model's id may end with a partner or a policy (`org/name:groq`, `org/name:cheapest`). Tasks tell no usage, so
    theirs is estimated. Moderation is a text classifier for toxicity: a category counts from a score of 0.5.
    """

    protocol = "huggingface"
    title = "Hugging Face"

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        return await super().chat(_router(endpoint), request)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        async with aclosing(super().stream(_router(endpoint), request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask the model for one token, as the list is public and whoami says nothing about the right to infer.

        Only a refused token is shown to whoami, which is strictly limited and tells a bad one from a missing right.
        A model that does not chat is asked for its own task instead. Raises ProviderError.
        """
        with secrets_kept(endpoint.api_key):
            try:
                await self._prove(endpoint)
            except AuthenticationError as error:
                raise await _told_apart(endpoint, error) from error

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector of length 1 for each input, token vectors averaged. Raises ProviderError."""
        vectors: list[tuple[float, ...]] = []
        request_id = ""
        for at in range(0, len(request.inputs), LARGEST_BATCH):
            batch = list(request.inputs[at : at + LARGEST_BATCH])
            payload = {"inputs": batch, "normalize": True, "truncate": True}
            headers, body = await _task(endpoint, payload, "/pipeline/feature-extraction")
            vectors += answers.vectors(body, len(batch))
            request_id = headers.get(_REQUEST_ID, "")
        if len({len(vector) for vector in vectors}) > 1:
            raise BrokenAnswerError("vectors of different lengths", http_status=200)
        return Embeddings(tuple(vectors), endpoint.model_id, _usage(request.estimated_prompt_tokens), request_id)

    async def classify(self, endpoint: Endpoint, request: ClassificationRequest) -> Classification:
        """The classifier's own labels, the best first. Raises ProviderError."""
        parameters: dict[str, Any] = {"top_k": _ALL_LABELS}
        if request.several:
            parameters["function_to_apply"] = "sigmoid"
        headers, body = await _task(endpoint, {"inputs": request.text, "parameters": parameters})
        return _classified(endpoint, request, headers, body)

    async def classify_zero_shot(self, endpoint: Endpoint, request: ClassificationRequest) -> Classification:
        """The request's labels, the best first. Raises ProviderError."""
        if not request.labels:
            raise InvalidRequestError("a zero-shot classification needs labels")
        parameters = {"candidate_labels": list(request.labels), "multi_label": request.several}
        headers, body = await _task(endpoint, {"inputs": request.text, "parameters": parameters})
        found = _classified(endpoint, request, headers, body)
        if {label.name for label in found.labels} != set(request.labels):
            raise BrokenAnswerError("other labels than those that were asked for", http_status=200)
        return found

    async def summarize(self, endpoint: Endpoint, request: SummaryRequest) -> Completion:
        """A shorter text of whole sentences. Raises ProviderError."""
        most = {"max_new_tokens": request.max_words * _TOKENS_A_WORD}
        payload = {"inputs": request.text, "parameters": {"generate_parameters": most}}
        headers, body = await _task(endpoint, payload)
        text = answers.shortened(answers.summary(body), request.max_words)
        usage = _usage(request.estimated_prompt_tokens, text)
        return Completion(
            text, endpoint.model_id, FinishReason.STOP, usage, vendor_request_id=headers.get(_REQUEST_ID, "")
        )

    async def draw(self, endpoint: Endpoint, request: ImageRequest) -> Images:
        """The pictures, one request each. Raises ProviderError."""
        images = []
        request_id = ""
        for number in range(request.count):
            parameters: dict[str, Any] = {"width": request.width, "height": request.height}
            if request.seed is not None:
                parameters["seed"] = request.seed + number
            reply = await _answered(endpoint, {"inputs": request.prompt, "parameters": parameters}, accept="image/png")
            with secrets_kept(endpoint.api_key):
                images.append(await answers.picture(endpoint, reply))
            request_id = reply.headers.get(_REQUEST_ID, "")
        return Images(
            tuple(images), endpoint.model_id, _usage(request.estimated_prompt_tokens), vendor_request_id=request_id
        )

    async def moderate(self, endpoint: Endpoint, request: ModerationRequest) -> Moderation:
        """One verdict for each input, by a text classifier. Raises ProviderError."""
        verdicts = []
        request_id = ""
        for text in request.inputs:
            headers, body = await _task(endpoint, {"inputs": text, "parameters": {"top_k": _ALL_LABELS}})
            verdicts.append(answers.verdict(answers.labels(body)))
            request_id = headers.get(_REQUEST_ID, "")
        return Moderation(tuple(verdicts), endpoint.model_id, _usage(request.estimated_prompt_tokens), request_id)

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The chat models of the router with what all their live partners can. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            reply = await wire.call(endpoint, "GET", f"{_base(endpoint)}/v1/models")
            return answers.listed(answers.json_of(_sound(reply)))

    async def _prove(self, endpoint: Endpoint) -> None:
        try:
            chatting = _router(endpoint)
            await super().check_key(replace(chatting, quirks=replace(chatting.quirks, check_path="")))
        except ModelUnavailableError:
            # A request that only its own words make wrong has passed the check of the token.
            try:
                await _answered(endpoint, {"inputs": "Hi"})
            except InvalidRequestError:
                return

    def _learn_or_raise(self, endpoint: Endpoint, refusal: Refusal, payload: Mapping[str, Any]) -> None:
        # These count the partner's account, which all of Hugging Face shares: they say nothing about ours.
        own = {name: value for name, value in refusal.headers.items() if not name.startswith("x-ratelimit")}
        super()._learn_or_raise(endpoint, replace(refusal, headers=own), payload)


def _base(endpoint: Endpoint) -> str:
    return endpoint.base_url.rstrip("/").removesuffix("/v1")


def _router(endpoint: Endpoint) -> Endpoint:
    """Where the router speaks OpenAI's protocol."""
    return replace(endpoint, base_url=f"{_base(endpoint)}/v1")


async def _task(endpoint: Endpoint, payload: Mapping[str, Any], pipeline: str = "") -> tuple[Mapping[str, str], Any]:
    """Headers and JSON of a task's answer. Raises ProviderError."""
    reply = await _answered(endpoint, payload, pipeline)
    return reply.headers, answers.json_of(reply)


async def _answered(
    endpoint: Endpoint, payload: Mapping[str, Any], pipeline: str = "", *, accept: str = "application/json"
) -> wire.Reply:
    model = quote(endpoint.model_id.partition(":")[0], safe="/")
    url = f"{_base(endpoint)}/hf-inference/models/{model}{pipeline}"
    with secrets_kept(endpoint.api_key):
        return _sound(await wire.call(endpoint, "POST", url, payload, headers={"accept": accept}))


def _sound(reply: wire.Reply) -> wire.Reply:
    """The answer if it is one. Raises what the refusal amounts to."""
    if reply.status == HTTPStatus.OK:
        return reply
    refusal = Refusal.read(reply.status, reply.headers, reply.body)
    if reply.status == HTTPStatus.SERVICE_UNAVAILABLE and "estimated_time" in refusal.haystack:
        # A cold model is being loaded; the answer says how long that takes.
        raise OverloadedError(refusal.detail(), http_status=reply.status, wait_seconds=wait_seconds(refusal))
    raise failure_of(refusal)


def _classified(
    endpoint: Endpoint, request: ClassificationRequest, headers: Mapping[str, str], body: Any
) -> Classification:
    usage = _usage(request.estimated_prompt_tokens)
    return Classification(answers.labels(body), endpoint.model_id, usage, headers.get(_REQUEST_ID, ""))


def _usage(prompt_tokens: int, text: str = "") -> Usage:
    return Usage(prompt_tokens, len(text) // 4 + 1 if text else 0, estimated=True)


async def _told_apart(endpoint: Endpoint, error: AuthenticationError) -> AuthenticationError:
    """The refusal with what whoami knows about the token; as it was where whoami does not say."""
    asked = replace(endpoint, timeout_seconds=min(endpoint.timeout_seconds, _WHOAMI_SECONDS))
    try:
        reply = await wire.call(asked, "GET", f"{endpoint.quirks.hub_url.rstrip('/')}/api/whoami-v2")
    except ProviderError:
        return error
    if reply.status == HTTPStatus.UNAUTHORIZED:
        said = failure(reply.status, reply.headers, reply.body).detail
        return AuthenticationError(f"the token is wrong or was revoked: {said}", http_status=error.http_status)
    if reply.status == HTTPStatus.OK:
        words = "the token is good but lacks the permission “Make calls to Inference Providers”"
        return AuthenticationError(f"{words}: {error.detail}", http_status=error.http_status)
    return error
