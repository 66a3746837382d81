from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ContentRefusedError,
    ModelUnavailableError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    UnavailableError,
)
from providers.types import (
    Capability,
    ChatRequest,
    EmbeddingRequest,
    Endpoint,
    FinishReason,
    JSONSchema,
    Message,
    Role,
    Tool,
    ToolCall,
)
from tests.providers.adapters import recorded
from tests.providers.adapters.asking import HELLO, SCHEMA, chat, chat_fault, check_key, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.providers.adapters.dialect_streams import SSE, events, speaking
from tests.upstream import Behaviour, Recorded, Upstream, replays

WEATHER = Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def content(*parts: dict[str, Any], reason: str | None = "STOP", **more: Any) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0}
    return {"candidates": [candidate], "modelVersion": "gemini-x", **more}


def says(text: str, **more: Any) -> Behaviour:
    return replays(200, {}, content({"text": text}, **more))


def streams(*bodies: dict[str, Any]) -> Behaviour:
    return replays(200, {"content-type": SSE}, events(*bodies, end="\r\n"))


def refuses(words: str) -> Behaviour:
    return replays(400, {}, {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}})


def gemini(place: PlaceOf, *behaviours: Behaviour, **changes: Any) -> Endpoint:
    return speaking(place, "gemini", *behaviours, **changes)


def asked(upstream: Upstream, endpoint: Endpoint, number: int = -1) -> Recorded:
    return upstream.requests(endpoint.provider)[number]


def sent(upstream: Upstream, place: PlaceOf, request: ChatRequest, **changes: Any) -> dict[str, Any]:
    endpoint = gemini(place, says("Hello"), **changes)
    chat(endpoint, request)
    found: dict[str, Any] = asked(upstream, endpoint).json
    return found


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "tokens"), [("gemini--generate--200", (11, 226)), ("gemini--generate-json--200", (13, 248))]
)
def test_a_recorded_answer_is_understood(place: PlaceOf, name: str, tokens: tuple[int, int]) -> None:
    completion = chat(gemini(place, recorded.replayed(name)))
    body = recorded.body(name)
    assert completion.text == body["candidates"][0]["content"]["parts"][0]["text"]
    # What was thought is paid for, and counts as the answer's.
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == tokens
    assert completion.usage.total_tokens == body["usageMetadata"]["totalTokenCount"]
    assert (completion.model_id, completion.vendor_request_id) == (body["modelVersion"], body["responseId"])
    assert completion.finish_reason is FinishReason.STOP


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gemini--generate--400", AuthenticationError),
        ("gemini--generate--404", ModelUnavailableError),
        ("gemini--generate--429", RateLimitError),
        ("gemini--generate--429--2", RateLimitError),
        ("gemini--generate--429--free-tier", QuotaExhaustedError),
    ],
)
def test_a_recorded_refusal_becomes_its_error(place: PlaceOf, name: str, expected: type[ProviderError]) -> None:
    for error in (
        chat_fault(gemini(place, recorded.replayed(name))),
        stream(gemini(place, recorded.replayed(name)))[1],
    ):
        assert type(error) is expected


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gemini(place, says("Hello"))
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.0, seed=7, stop=("END",)))
    request = asked(upstream, endpoint)
    assert request.path.endswith("/models/test-model:generateContent")
    assert request.headers["x-goog-api-key"] == SECRET
    assert "authorization" not in request.headers
    assert SECRET not in request.path
    assert request.json == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Say hello."}]}],
        "generationConfig": {"maxOutputTokens": 50, "temperature": 0.0, "seed": 7, "stopSequences": ["END"]},
    }


@pytest.mark.parametrize(
    ("model_id", "path"),
    [
        ("models/gemini-x", "/models/gemini-x:streamGenerateContent?alt=sse"),
        ("tunedModels/ours", "/tunedModels/ours:streamGenerateContent?alt=sse"),
        ("odd name?", "/models/odd%20name%3F:streamGenerateContent?alt=sse"),
    ],
)
def test_a_stream_is_asked_for_as_events(place: PlaceOf, upstream: Upstream, model_id: str, path: str) -> None:
    endpoint = gemini(place, streams(content({"text": "Hello"})), model_id=model_id)
    assert stream(endpoint)[1] is None
    assert asked(upstream, endpoint).path.endswith(f"/v1{path}")


def test_turns_calls_and_their_answers_are_told(place: PlaceOf, upstream: Upstream) -> None:
    messages = (
        Message(Role.USER, "Weather?"),
        Message(Role.USER, "In two towns."),
        Message(Role.ASSISTANT, "", (ToolCall("a", "weather", '{"city": "Łódź"}'), ToolCall("b", "weather", "{}"))),
        Message(Role.TOOL, "rain", call_id="a"),
        Message(Role.TOOL, "sun", call_id="b"),
    )
    body = sent(upstream, place, ChatRequest(messages, tools=(WEATHER,), tool_choice="weather"))
    user, model, tool = body["contents"]
    assert user == {"role": "user", "parts": [{"text": "Weather?"}, {"text": "In two towns."}]}
    assert [part["functionCall"]["args"] for part in model["parts"]] == [{"city": "Łódź"}, {}]
    # Newer models refuse a call that comes back without any signature.
    assert model["parts"][0]["thoughtSignature"]
    assert tool["role"] == "user"
    assert [part["functionResponse"] for part in tool["parts"]] == [
        {"name": "weather", "response": {"result": "rain"}},
        {"name": "weather", "response": {"result": "sun"}},
    ]
    declared = {"name": "weather", "description": "Tells the weather.", "parametersJsonSchema": WEATHER.parameters}
    assert body["tools"] == [{"functionDeclarations": [declared]}]
    assert body["toolConfig"] == {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}}


@pytest.mark.parametrize(("choice", "mode"), [("auto", None), ("none", "NONE"), ("required", "ANY")])
def test_a_choice_of_tools_is_told(place: PlaceOf, upstream: Upstream, choice: str, mode: str | None) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, tools=(WEATHER,), tool_choice=choice))
    assert body.get("toolConfig") == (None if mode is None else {"functionCallingConfig": {"mode": mode}})


def test_a_schema_goes_where_the_model_follows_it(place: PlaceOf, upstream: Upstream) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA), json_schema=True)
    config = body["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"]["properties"]["text"]["description"] == "(minLength: 5, maxLength: 120)"
    assert body["systemInstruction"]["parts"][0]["text"] == "Be brief."


@pytest.mark.parametrize(
    "words",
    [
        "JSON mode is not enabled for models/gemma-3-27b-it",
        "Invalid JSON payload received. Unknown name \"responseJsonSchema\" at 'generation_config': Cannot find field.",
    ],
)
def test_a_refused_schema_is_written_out(place: PlaceOf, upstream: Upstream, words: str) -> None:
    endpoint = gemini(place, refuses(words), says('{"text": "Hello"}'), json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    bodies = [found.json for found in upstream.requests(endpoint.provider)]
    assert ["responseJsonSchema" in body["generationConfig"] for body in bodies] == [True, False, False]
    assert "responseMimeType" not in bodies[1]["generationConfig"]
    assert "maxLength" in bodies[1]["systemInstruction"]["parts"][0]["text"]


def test_refused_system_words_open_the_conversation(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gemini(place, refuses("Developer instruction is not enabled for models/gemma-3-4b-it"), says("Hello"))
    chat(endpoint)
    body = asked(upstream, endpoint).json
    assert "systemInstruction" not in body
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Be brief."}, {"text": "Say hello."}]}]


def test_thoughts_and_calls_are_kept_apart(place: PlaceOf) -> None:
    parts = (
        {"text": "Let me see.", "thought": True},
        {"functionCall": {"name": "weather", "args": {"city": "Łódź"}}, "thoughtSignature": "x"},
        {"functionCall": {"id": "c2", "name": "now", "args": None}},
        {"executableCode": {"code": "1"}},
    )
    completion = chat(gemini(place, replays(200, {}, content(*parts))))
    assert completion.finish_reason is FinishReason.TOOL_CALLS
    assert (completion.text, completion.reasoning) == ("", "Let me see.")
    first, second = completion.tool_calls
    assert first.call_id
    assert (first.name, json.loads(first.arguments)) == ("weather", {"city": "Łódź"})
    assert second == ToolCall("c2", "now", "{}")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"promptFeedback": {"blockReason": "SAFETY"}}, ContentRefusedError, id="a blocked prompt"),
        pytest.param(content(reason="SAFETY"), ContentRefusedError, id="safety"),
        pytest.param(content({"text": "Once"}, reason="RECITATION"), ContentRefusedError, id="recitation"),
        pytest.param(content({"text": "Once"}, reason="PROHIBITED_CONTENT"), ContentRefusedError, id="prohibited"),
        pytest.param(content({"text": "Once"}, reason="OTHER"), BrokenAnswerError, id="other"),
        pytest.param(content(reason="MALFORMED_FUNCTION_CALL"), BrokenAnswerError, id="a malformed call"),
        pytest.param(content({"text": "Once"}, reason=None), BrokenAnswerError, id="no reason"),
        pytest.param({"candidates": [{"finishReason": "MAX_TOKENS"}]}, BrokenAnswerError, id="all thoughts, no parts"),
        pytest.param({"candidates": []}, BrokenAnswerError, id="no candidates"),
        pytest.param({"candidates": "?"}, BrokenAnswerError, id="odd candidates"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_is_none_is_not_passed_on(
    place: PlaceOf, body: dict[str, Any], expected: type[ProviderError], *, streaming: bool
) -> None:
    if streaming:
        chunks, error = stream(gemini(place, streams(body)))
        assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)
    else:
        error = chat_fault(gemini(place, replays(200, {}, body)))
    assert type(error) is expected
    assert error.detail


def test_an_answer_cut_at_the_limit_says_so(place: PlaceOf) -> None:
    assert chat(gemini(place, says("Once upon", reason="MAX_TOKENS"))).finish_reason is FinishReason.LENGTH


def test_missing_and_odd_counts_cost_no_answer(place: PlaceOf) -> None:
    assert chat(gemini(place, says("Hello"))).usage.estimated
    assert chat(gemini(place, says("Hello", usageMetadata={"promptTokenCount": "few"}))).usage.estimated


def test_a_stream_grows_until_its_reason_and_takes_the_last_count(place: PlaceOf) -> None:
    bodies = (
        content({"text": "Hm.", "thought": True}, reason=None, usageMetadata={"promptTokenCount": 8}),
        content({"text": "Hel"}, reason=None),
        content({"text": "lo"}, usageMetadata={"promptTokenCount": 8, "candidatesTokenCount": 2}),
        {"usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 2, "thoughtsTokenCount": 4}},
    )
    chunks, error = stream(gemini(place, streams(*bodies)))
    assert error is None
    assert [(chunk.text, chunk.reasoning) for chunk in chunks] == [("", "Hm."), ("Hel", ""), ("lo", ""), ("", "")]
    assert chunks[-1].usage
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (8, 6)


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param([content({"text": "a"}, reason=None)], BrokenAnswerError, id="no reason"),
        pytest.param(
            [content({"text": "a"}), content({"text": "b"}, reason=None)], BrokenAnswerError, id="words after"
        ),
        pytest.param([content({"text": "a"}, reason="NEW_WORD")], BrokenAnswerError, id="an unknown reason"),
        pytest.param(
            [content({"text": "a"}, reason=None), content(reason="SAFETY")], ContentRefusedError, id="filtered"
        ),
        pytest.param(
            [{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}],
            UnavailableError,
            id="overloaded",
        ),
    ],
)
def test_a_broken_stream_never_looks_finished(
    place: PlaceOf, bodies: list[dict[str, Any]], expected: type[ProviderError]
) -> None:
    chunks, error = stream(gemini(place, streams(*bodies)))
    assert isinstance(error, expected)
    assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def test_a_finished_stream_does_not_wait_for_the_end_of_the_connection(
    place: PlaceOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.adapters.gathering._PATIENCE_FOR_USAGE_SECONDS", 0.1)
    raw = events(content({"text": "Hello"}), end="\r\n")
    chunks, error = stream(gemini(place, recorded.stalled(raw, SSE), timeout_seconds=30.0))
    assert error is None
    assert chunks[-1].finish_reason is FinishReason.STOP


def embed(endpoint: Endpoint, *texts: str, dimensions: int | None = None) -> tuple[tuple[float, ...], ...]:
    request = EmbeddingRequest(texts, dimensions)
    found = asyncio.run(adapter_for("gemini").embed(endpoint, request))
    assert (found.model_id, found.usage.estimated) == ("test-model", True)
    return found.vectors


def _vectors(*numbers: float) -> Behaviour:
    return replays(200, {}, {"embeddings": [{"values": [number, 0.5]} for number in numbers]})


def test_vectors_come_in_the_order_of_the_texts_a_hundred_a_call(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gemini(place, _vectors(*range(100)), _vectors(100))
    found = embed(endpoint, *(f"text {number}" for number in range(101)), dimensions=2)
    assert [vector[0] for vector in found] == list(range(101))
    first, second = upstream.requests(endpoint.provider)
    assert first.path.endswith("/models/test-model:batchEmbedContents")
    assert len(first.json["requests"]) == 100
    assert second.json["requests"] == [
        {"model": "models/test-model", "content": {"parts": [{"text": "text 100"}]}, "outputDimensionality": 2}
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"embeddings": [{"values": [1.0]}]},
        {"embeddings": [{"values": [1.0]}, {"values": [1.0, 2.0]}]},
        {"embeddings": [{"values": []}, {"values": []}]},
        {"embeddings": [{"values": ["x"]}, {"values": [1.0]}]},
        {},
    ],
    ids=["too few", "of different lengths", "empty", "no numbers", "none"],
)
def test_vectors_that_are_none_are_broken(place: PlaceOf, body: dict[str, Any]) -> None:
    with pytest.raises(BrokenAnswerError):
        embed(gemini(place, replays(200, {}, body)), "a", "b")


def test_a_key_is_checked_by_a_list_of_one(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gemini(place)
    check_key(endpoint)
    assert asked(upstream, endpoint).path.endswith("/v1/models?pageSize=1")
    assert asked(upstream, endpoint).headers["x-goog-api-key"] == SECRET


@pytest.mark.shared
def test_a_recorded_bad_key_does_not_pass_the_check(place: PlaceOf) -> None:
    with pytest.raises(AuthenticationError):
        check_key(gemini(place, routes={"GET /models": recorded.replayed("gemini--generate--400")}))


def test_all_pages_of_the_list_are_read(place: PlaceOf, upstream: Upstream) -> None:
    flash = {
        "name": "models/gemini-x",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }
    vectors = {"name": "models/gemini-embedding-001", "supportedGenerationMethods": ["embedContent"]}
    pages = [
        replays(200, {}, {"models": [flash, {"nameless": True}], "nextPageToken": "a+b"}),
        replays(200, {}, {"models": [vectors, {"name": "models/odd", "supportedGenerationMethods": 5}]}),
    ]
    endpoint = gemini(place, routes={"GET /models": pages})
    first, second, third = asyncio.run(adapter_for("gemini").list_models(endpoint))
    assert (first.model_id, first.context_tokens, first.max_output_tokens) == ("gemini-x", 1_048_576, 65_536)
    assert first.capabilities == frozenset({Capability.TEXT_GENERATION})
    assert (second.model_id, second.capabilities) == ("gemini-embedding-001", frozenset({Capability.EMBEDDINGS}))
    assert third.model_id == "odd"
    assert asked(upstream, endpoint).path.endswith("models?pageSize=1000&pageToken=a%2Bb")


def test_an_open_schema_stays_open(place: PlaceOf, upstream: Upstream) -> None:
    free = JSONSchema("words", {"type": "object", "additionalProperties": {"type": "string"}})
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=free), json_schema=True)
    assert body["generationConfig"]["responseJsonSchema"] == free.schema
