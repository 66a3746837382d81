from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ModelUnavailableError,
    ProviderError,
    RequestTooLargeError,
)
from providers.types import (
    Capability,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    FinishReason,
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
NOW = Tool("now")


def reply(message: dict[str, Any], finish_reason: str | None = "COMPLETE", **more: Any) -> Behaviour:
    return replays(200, {}, {"id": "r1", "message": message, "finish_reason": finish_reason, **more})


def says(text: str, finish_reason: str | None = "COMPLETE", **more: Any) -> Behaviour:
    return reply({"role": "assistant", "content": [{"type": "text", "text": text}]}, finish_reason, **more)


def cohere(place: PlaceOf, *behaviours: Behaviour, **changes: Any) -> Endpoint:
    return speaking(place, "cohere", *behaviours, **changes)


def asked(upstream: Upstream, endpoint: Endpoint, number: int = -1) -> Recorded:
    return upstream.requests(endpoint.provider)[number]


def sent(upstream: Upstream, place: PlaceOf, request: ChatRequest, **changes: Any) -> dict[str, Any]:
    endpoint = cohere(place, says("Hello"), **changes)
    chat(endpoint, request)
    found: dict[str, Any] = asked(upstream, endpoint).json
    return found


@pytest.mark.shared
def test_a_recorded_answer_is_understood(place: PlaceOf) -> None:
    completion = chat(cohere(place, recorded.replayed("cohere--chat--200")))
    body = recorded.body("cohere--chat--200")
    assert completion.text == body["message"]["content"][0]["text"]
    # All that went through the model, not only what is billed.
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (502, 53)
    assert (completion.finish_reason, completion.vendor_request_id) == (FinishReason.STOP, body["id"])


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [("cohere--chat--400", RequestTooLargeError), ("cohere--chat--404", ModelUnavailableError)],
)
def test_a_recorded_refusal_becomes_its_error(place: PlaceOf, name: str, expected: type[ProviderError]) -> None:
    for error in (
        chat_fault(cohere(place, recorded.replayed(name))),
        stream(cohere(place, recorded.replayed(name)))[1],
    ):
        assert type(error) is expected


@pytest.mark.parametrize("ending", ["", "/v1", "/v2", "/v2/"])
def test_the_address_may_end_in_a_version(place: PlaceOf, upstream: Upstream, ending: str) -> None:
    endpoint = cohere(place, says("Hello"))
    chat(replace(endpoint, base_url=endpoint.base_url.removesuffix("/v1") + ending))
    assert asked(upstream, endpoint).path == f"/{endpoint.provider}/v2/chat"


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = cohere(place, says("Hello"))
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.0, seed=7, stop=("END",)))
    assert asked(upstream, endpoint).headers["authorization"] == f"Bearer {SECRET}"
    assert asked(upstream, endpoint).json == {
        "model": "test-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
        "max_tokens": 50,
        "temperature": 0.0,
        "seed": 7,
        "stop_sequences": ["END"],
        "stream": False,
    }


@pytest.mark.parametrize(
    ("choice", "expected", "shown"),
    [
        ("auto", None, ["weather", "now"]),
        ("none", "NONE", ["weather", "now"]),
        ("required", "REQUIRED", ["weather", "now"]),
        # A tool cannot be chosen by name, so it is shown alone.
        ("now", "REQUIRED", ["now"]),
    ],
)
def test_tools_and_their_choice_are_told(
    place: PlaceOf, upstream: Upstream, choice: str, expected: str | None, shown: list[str]
) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, tools=(WEATHER, NOW), tool_choice=choice))
    assert body.get("tool_choice") == expected
    assert [tool["function"]["name"] for tool in body["tools"]] == shown


def test_calls_and_their_answers_are_told(place: PlaceOf, upstream: Upstream) -> None:
    call = ToolCall("a", "weather", '{"city": "Łódź"}')
    messages = (*HELLO.messages, Message(Role.ASSISTANT, "", (call,)), Message(Role.TOOL, "rain", call_id="a"))
    body = sent(upstream, place, ChatRequest(messages, tools=(WEATHER,)))
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "weather", "arguments": call.arguments}}
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "rain"},
    ]


def test_a_schema_goes_where_the_model_follows_it(place: PlaceOf, upstream: Upstream) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA), json_schema=True)
    told = body["response_format"]
    assert told["type"] == "json_object"
    assert told["json_schema"]["properties"] == {
        "text": {"type": "string", "description": "(minLength: 5, maxLength: 120)"}
    }
    assert body["messages"][0]["content"] == "Be brief."


def test_a_schema_is_written_out_beside_tools_and_for_other_models(place: PlaceOf, upstream: Upstream) -> None:
    beside = ChatRequest(HELLO.messages, json_schema=SCHEMA, tools=(WEATHER,))
    for body in (
        sent(upstream, place, beside, json_schema=True),
        sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA)),
    ):
        assert "response_format" not in body
        assert '"maxLength":120' in body["messages"][0]["content"]


def test_a_refused_schema_is_written_out(place: PlaceOf, upstream: Upstream) -> None:
    refusal = replays(400, {}, {"id": "x", "message": "invalid request: response_format is not supported by command-r"})
    endpoint = cohere(place, refusal, says('{"text": "Hello"}'), json_schema=True)
    for _ in range(2):
        chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    bodies = [found.json for found in upstream.requests(endpoint.provider)]
    assert ["response_format" in body for body in bodies] == [True, False, False]
    assert "maxLength" in bodies[1]["messages"][0]["content"]


def test_thinking_plans_and_calls_are_kept_apart(place: PlaceOf) -> None:
    message = {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm. "}, {"type": "text", "text": "Hello"}],
        "tool_plan": "I will look.",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}}],
    }
    completion = chat(cohere(place, reply(message, "TOOL_CALL")))
    assert (completion.text, completion.reasoning) == ("Hello", "I will look.Hm.")
    assert (completion.finish_reason, completion.tool_calls) == (FinishReason.TOOL_CALLS, (ToolCall("a", "now", "{}"),))


def test_calls_without_any_content_are_an_answer(place: PlaceOf) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "now", "arguments": ""}}
    completion = chat(cohere(place, reply({"content": None, "tool_calls": [call]}, "TOOL_CALL")))
    assert completion.tool_calls == (ToolCall("a", "now", "{}"),)


@pytest.mark.parametrize(
    ("word", "reason"),
    [("COMPLETE", FinishReason.STOP), ("STOP_SEQUENCE", FinishReason.STOP), ("MAX_TOKENS", FinishReason.LENGTH)],
)
def test_a_reason_to_stop_is_told_in_our_words(place: PlaceOf, word: str, reason: FinishReason) -> None:
    assert chat(cohere(place, says("Hello", word))).finish_reason is reason


@pytest.mark.parametrize(
    "behaviour",
    [
        says("Hello", "ERROR"),
        says("Hello", "TIMEOUT"),
        says("Hello", None),
        says(""),
        reply({"content": None}),
        reply({"content": 5}),
        replays(200, {}, {"message": "?"}),
    ],
    ids=["error", "timeout", "no reason", "empty", "no content", "odd content", "odd message"],
)
def test_an_answer_that_is_none_is_not_passed_on(place: PlaceOf, behaviour: Behaviour) -> None:
    assert type(chat_fault(cohere(place, behaviour))) is BrokenAnswerError


def test_only_billed_counts_are_better_than_none(place: PlaceOf) -> None:
    billed = {"billed_units": {"input_tokens": 7.0, "output_tokens": 2}}
    completion = chat(cohere(place, says("Hello", usage=billed)))
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (7, 2)
    assert chat(cohere(place, says("Hello", usage={"tokens": None}))).usage.estimated


def _delta(**message: Any) -> dict[str, Any]:
    return {"delta": {"message": message}}


def _end(finish_reason: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": finish_reason, **more}}


_SAID = {"type": "content-delta", "index": 0, **_delta(content={"text": "Hi"})}


def streams(*bodies: dict[str, Any]) -> Behaviour:
    return replays(200, {"content-type": SSE}, events(*bodies))


def _call(kind: str, index: int, **call: Any) -> dict[str, Any]:
    return {"type": kind, "index": index, **_delta(tool_calls=call)}


def test_calls_in_a_stream_come_whole_with_its_end(place: PlaceOf) -> None:
    bodies = (
        {"type": "tool-plan-delta", **_delta(tool_plan="I will look.")},
        _call("tool-call-start", 0, id="a", type="function", function={"name": "weather", "arguments": ""}),
        _call("tool-call-delta", 0, function={"arguments": '{"city": '}),
        _call("tool-call-delta", 0, function={"arguments": '"Łódź"}'}),
        {"type": "tool-call-end", "index": 0},
        _call("tool-call-start", 1, id="b", type="function", function={"name": "now", "arguments": ""}),
        _end("TOOL_CALL"),
    )
    chunks, error = stream(cohere(place, streams(*bodies)))
    assert error is None
    assert [chunk.reasoning for chunk in chunks] == ["I will look.", ""]
    assert chunks[-1].finish_reason is FinishReason.TOOL_CALLS
    assert chunks[-1].tool_calls == (ToolCall("a", "weather", '{"city": "Łódź"}'), ToolCall("b", "now", "{}"))


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param((_SAID,), id="no end"),
        pytest.param((_SAID, _end(None)), id="no reason"),
        pytest.param((_SAID, _end("ERROR", error="it broke")), id="an error"),
        pytest.param((_SAID, _end("NEW_WORD")), id="an unknown reason"),
        pytest.param((_end("COMPLETE"),), id="no text"),
    ],
)
def test_a_broken_stream_never_looks_finished(place: PlaceOf, bodies: tuple[dict[str, Any], ...]) -> None:
    chunks, error = stream(cohere(place, streams(*bodies)))
    assert type(error) is BrokenAnswerError
    assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def embed(endpoint: Endpoint, *texts: str, dimensions: int | None = None) -> Embeddings:
    return asyncio.run(adapter_for("cohere").embed(endpoint, EmbeddingRequest(texts, dimensions)))


def _vectors(*numbers: float, billed: int | None = 4) -> Behaviour:
    found = {"float": [[number, 0.5] for number in numbers]}
    return replays(200, {}, {"id": "e", "embeddings": found, "meta": {"billed_units": {"input_tokens": billed}}})


def test_vectors_come_in_the_order_of_the_texts_96_a_call(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = cohere(place, _vectors(*range(96)), _vectors(96, 97))
    found = embed(endpoint, *(f"text {number}" for number in range(98)), dimensions=256)
    assert [vector[0] for vector in found.vectors] == list(range(98))
    assert (found.usage.prompt_tokens, found.usage.estimated) == (8, False)
    assert asked(upstream, endpoint).path.endswith("/v2/embed")
    assert asked(upstream, endpoint).json == {
        "model": "test-model",
        "texts": ["text 96", "text 97"],
        "input_type": "search_document",
        "embedding_types": ["float"],
        "output_dimension": 256,
        "truncate": "NONE",
    }


def test_vectors_without_a_count_are_estimated(place: PlaceOf) -> None:
    assert embed(cohere(place, _vectors(1, billed=None)), "a").usage.estimated


def test_missing_vectors_are_broken(place: PlaceOf) -> None:
    with pytest.raises(BrokenAnswerError):
        embed(cohere(place, _vectors(1)), "a", "b")


@pytest.mark.shared
def test_a_recorded_missing_model_for_vectors_is_told(place: PlaceOf) -> None:
    with pytest.raises(ModelUnavailableError):
        embed(cohere(place, recorded.replayed("cohere--embed--404")), "a")


def _checked(place: PlaceOf, body: Any, status: int = 200) -> Endpoint:
    return cohere(place, routes={"POST /v1/check-api-key": replays(status, {}, body)})


def test_a_valid_key_passes_the_check(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = _checked(place, {"valid": True, "organization_id": "o", "owner_id": "p"})
    check_key(endpoint)
    assert asked(upstream, endpoint).headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize("body", [{"valid": False}, {}, {"valid": "yes"}])
def test_a_200_that_does_not_say_valid_is_a_bad_key(place: PlaceOf, body: dict[str, Any]) -> None:
    with pytest.raises(AuthenticationError):
        check_key(_checked(place, body))


def test_a_refused_key_does_not_pass_the_check(place: PlaceOf) -> None:
    with pytest.raises(AuthenticationError):
        check_key(_checked(place, {"id": "x", "message": "invalid api token"}, 401))


def test_all_pages_of_the_list_are_read(place: PlaceOf, upstream: Upstream) -> None:
    command = {
        "name": "command-a-03-2025",
        "endpoints": ["chat", "generate"],
        "context_length": 288000.0,
        "is_deprecated": True,
        "features": ["json_schema", "tools"],
    }
    pages = [
        replays(200, {}, {"models": [command], "next_page_token": "a b"}),
        replays(200, {}, {"models": [{"name": "embed-v4.0", "endpoints": ["embed", 5], "features": None}, {}]}),
    ]
    endpoint = cohere(place, routes={"GET /models": pages})
    first, second = asyncio.run(adapter_for("cohere").list_models(endpoint))
    assert (first.model_id, first.context_tokens, first.json_schema) == ("command-a-03-2025", 288_000, True)
    # A deprecated model still answers.
    assert (first.capabilities, first.retired) == (frozenset({Capability.TEXT_GENERATION}), False)
    assert (second.capabilities, second.json_schema) == (frozenset({Capability.EMBEDDINGS}), None)
    assert asked(upstream, endpoint).path.endswith("/v1/models?page_size=1000&page_token=a%20b")
