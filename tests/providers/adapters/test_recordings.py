"""Real exchanges of many vendors, replayed over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.adapters.failures import failure
from tests.providers.adapters.asking import chat, chat_fault, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Exchange, replays

pytestmark = pytest.mark.shared

FOLDER = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
COMPATIBLE = {
    "cerebras", "cloudflare", "deepseek", "gemini", "github-models", "groq", "huggingface", "mistral", "nvidia",
    "ollama", "openai", "openrouter",
}  # fmt: skip
# The native dialects of the same vendors wait for adapters of their own; their refusals are read all the same.
NATIVE = {"generate", "generate-stream", "ollama-chat", "ollama-chat-stream"}

# What each refusal must become. A recording that is not named here fails the test below.
REFUSALS = {
    "cerebras--chat--429--too-many-requests-error": "RateLimit",
    "cohere--chat--400": "RequestTooLarge",
    "cohere--chat--404": "ModelUnavailable",
    "cohere--embed--404": "ModelUnavailable",
    "deepseek--chat--400": "RequestTooLarge",
    "gemini--generate--400": "Authentication",
    "gemini--generate--404": "ModelUnavailable",
    "gemini--generate--429": "RateLimit",
    "gemini--generate--429--2": "RateLimit",
    "gemini--generate--429--free-tier": "QuotaExhausted",
    "github-models--chat--410": "ModelUnavailable",
    "groq--chat--400--tool-use-failed": "BrokenAnswer",
    "groq--chat--400--tool-use-failed--2": "BrokenAnswer",
    "groq--chat--404--model-not-found": "ModelUnavailable",
    "groq--chat--429--tokens-per-day": "QuotaExhausted",
    "huggingface--chat--402": "QuotaExhausted",
    "huggingface--chat--403": "Authentication",
    "mistral--chat--401": "Authentication",
    "mistral--chat--429--rate-limited": "RateLimit",
    "nvidia--chat--403": "Authentication",
    "nvidia--chat--404": "ModelForbidden",
    "ollama--cloud-chat--400": "RequestTooLarge",
    "ollama--ollama-chat--404": "ModelUnavailable",
    "openai--chat--400": "InvalidRequest",
    "openai--chat--400--unsupported-parameter": "InvalidRequest",
    "openai--chat--401": "Authentication",
    "openai--chat--403--unsupported-country-region-territory": "ModelForbidden",
    "openai--chat--404": "ModelUnavailable",
    "openai--chat--404--2": "ModelUnavailable",
    "openai--chat--429--tokens": "RateLimit",
    "openai--chat--429--tokens--2": "RateLimit",
    "openai--chat--503--server-error": "Overloaded",
    "openai--chat-json-object--400": "InvalidRequest",
    "openrouter--chat--400": "RequestTooLarge",
    "openrouter--chat--401": "Authentication",
    "openrouter--chat--429": "RateLimit",
    "openrouter--chat--429--2": "RateLimit",
    "openrouter--chat--429--daily": "QuotaExhausted",
}
# Refusals of other protocols and operations, read by the same table without a call.
OTHER_REFUSALS = {
    "anthropic--count-tokens--404--not-found-error": "ModelUnavailable",
    "anthropic--messages--400": "RequestTooLarge",
    "anthropic--messages--400--2": "InvalidRequest",
    "anthropic--messages--400--3": "InvalidRequest",
    "anthropic--messages--401--authentication-error": "Authentication",
    "anthropic--messages--404--not-found-error": "ModelUnavailable",
    "anthropic--messages--404--not-found-error--2": "ModelUnavailable",
    "anthropic--messages--429": "RateLimit",
    "anthropic--messages--500--api-error": "Overloaded",
    "anthropic--messages--529--overloaded-error": "Overloaded",
    "huggingface--audio-transcription--400": "ModelUnavailable",
    "huggingface--feature-extraction-retired-host--410": "ModelUnavailable",
    "huggingface--question-answering--400": "InvalidRequest",
    "huggingface--repo-create--409": "Unavailable",
    "huggingface--text-generation-retired-host--404": "ModelUnavailable",
    "openai--completions-legacy--400--integer-below-min-value": "InvalidRequest",
    "openai--embeddings--400": "InvalidRequest",
    "openai--embeddings--401": "Authentication",
    "openai--images--400": "InvalidRequest",
    "openai--responses--400": "RequestTooLarge",
    "openai--responses--400--2": "ModelUnavailable",
    "openai--vector-store-files--500--server-error": "Unavailable",
    "replicate--prediction-create--401": "Authentication",
    "replicate--prediction-create--402": "NoCredit",
    "replicate--prediction-create--422": "ModelUnavailable",
    "replicate--prediction-create--422--required": "InvalidRequest",
    "replicate--prediction-create--422--required--2": "InvalidRequest",
}
WAITS = {
    "gemini--generate--429": 48.0,
    "groq--chat--429--tokens-per-day": 578.016,
    "openai--chat--429--tokens": 411_480.0,
    "openai--chat--429--tokens--2": 0.006,
}
# The model spent its tokens on thoughts before the first word of an answer.
WITHOUT_ANSWER = {"huggingface--chat--200--2"}


def _recordings() -> dict[str, dict[str, Any]]:
    if not FOLDER.is_dir():
        return {}
    files = sorted(path for path in FOLDER.glob("*.json") if path.name != "INDEX.json")
    return {path.stem: json.loads(path.read_text()) for path in files}


RECORDINGS = _recordings()


def _is_compatible(recording: dict[str, Any]) -> bool:
    operation = recording["operation"]
    return recording["provider"] in COMPATIBLE and "chat" in operation and operation not in NATIVE


ANSWERS = [
    name
    for name, recording in RECORDINGS.items()
    if _is_compatible(recording) and recording["response"]["status"] == 200 and "body" in recording["response"]
]
STREAMS = [
    name
    for name, recording in RECORDINGS.items()
    if _is_compatible(recording) and recording["response"]["status"] == 200 and "sse" in recording["response"]
]
FAULTS = [
    name
    for name, recording in RECORDINGS.items()
    if recording["response"]["status"] >= 400 and (_is_compatible(recording) or name in REFUSALS)
]


def _replayed(name: str) -> Behaviour:
    response = RECORDINGS[name]["response"]
    kept = {header: value for header, value in (response.get("headers") or {}).items() if _is_plain(header, value)}
    body = response.get("body", response.get("text", response.get("sse")))
    return replays(response["status"], kept, body)


def _is_plain(header: str, value: Any) -> bool:
    hop_by_hop = {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"}
    return isinstance(value, str) and value.isascii() and header.lower() not in hop_by_hop


def _in_odd_pieces(name: str, size: int) -> Behaviour:
    raw = RECORDINGS[name]["response"]["sse"].encode()

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for at in range(0, len(raw), size):
            await exchange.send_chunk(raw[at : at + size])
        await exchange.send_chunk(b"")

    return act


def test_there_is_something_to_replay() -> None:
    assert (len(ANSWERS), len(STREAMS), len(FAULTS)) >= (15, 5, 25)


@pytest.mark.parametrize("name", [name for name in ANSWERS if name not in WITHOUT_ANSWER])
def test_a_recorded_answer_is_understood(place: PlaceOf, name: str) -> None:
    completion = chat(place(_replayed(name))[0])
    body = RECORDINGS[name]["response"]["body"]
    choice, usage = body["choices"][0], body.get("usage")
    content = choice["message"].get("content") or ""
    assert completion.text == (content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    assert completion.finish_reason.value == choice["finish_reason"]
    assert completion.model_id == body["model"]
    assert completion.reasoning == (choice["message"].get("reasoning") or "")
    assert completion.usage.estimated is (usage is None)
    if usage:
        counted = (completion.usage.prompt_tokens, completion.usage.completion_tokens)
        assert counted == (usage["prompt_tokens"], usage["completion_tokens"])


@pytest.mark.parametrize("name", [name for name in ANSWERS if name in WITHOUT_ANSWER])
def test_recorded_thoughts_alone_are_no_answer(place: PlaceOf, name: str) -> None:
    assert chat_fault(place(_replayed(name))[0]).kind == "BrokenAnswer"


def _events(name: str) -> list[dict[str, Any]]:
    lines = RECORDINGS[name]["response"]["sse"].splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(line) for line in data if line != "[DONE]"]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("name", STREAMS)
def test_a_recorded_stream_is_understood_however_it_is_cut(place: PlaceOf, name: str, size: int) -> None:
    chunks, error = stream(place(_in_odd_pieces(name, size))[0])
    events = _events(name)
    said = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
    usage = next((event["usage"] for event in events if event.get("usage")), None)
    assert error is None
    assert "".join(chunk.text for chunk in chunks) == said
    last = chunks[-1]
    assert last.finish_reason
    assert last.usage
    assert last.usage.estimated is (usage is None)
    if usage:
        assert last.usage.total_tokens == usage["total_tokens"]


@pytest.mark.parametrize("name", STREAMS)
def test_a_recorded_stream_that_loses_its_end_is_broken(place: PlaceOf, name: str) -> None:
    raw = RECORDINGS[name]["response"]["sse"]
    cut = raw[: raw.index('"finish_reason":"stop"')]
    chunks, error = stream(place(replays(200, {"content-type": "text/event-stream"}, cut))[0])
    assert error
    assert error.kind == "BrokenAnswer"
    assert not any(chunk.finish_reason for chunk in chunks)


@pytest.mark.parametrize("name", FAULTS)
def test_a_recorded_refusal_becomes_its_error(place: PlaceOf, name: str) -> None:
    error = chat_fault(place(_replayed(name))[0])
    assert (error.kind, error.http_status) == (REFUSALS[name], RECORDINGS[name]["response"]["status"])
    assert error.detail
    if name in WAITS:
        assert error.wait_seconds == pytest.approx(WAITS[name])


@pytest.mark.parametrize("name", [n for n, found in RECORDINGS.items() if found["response"]["status"] >= 400])
def test_every_recorded_refusal_of_every_vendor_is_read_right(name: str) -> None:
    response = RECORDINGS[name]["response"]
    body = response.get("body", response.get("text"))
    raw = body if isinstance(body, str) else json.dumps(body)
    headers = {header.lower(): value for header, value in (response.get("headers") or {}).items()}
    error = failure(response["status"], headers, raw.encode())
    assert error.kind == {**REFUSALS, **OTHER_REFUSALS}[name]
    assert error.detail


def test_anthropics_full_set_of_headers_gives_the_wait() -> None:
    headers = RECORDINGS["anthropic--messages--429"]["response"]["headers"]
    assert failure(429, headers, b"").wait_seconds == 16
