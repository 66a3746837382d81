from __future__ import annotations

from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.adapters.openai import OpenAIAdapter
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ContentRefusedError,
    ModelUnavailableError,
    ProviderError,
    RequestTooLargeError,
    UnavailableError,
)
from providers.types import ChatRequest, Endpoint, FinishReason, JSONSchema, Message, Role, Tool, ToolCall
from tests.providers.adapters import recorded
from tests.providers.adapters.asking import HELLO, SCHEMA, chat, chat_fault, check_key, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.providers.adapters.dialect_streams import SSE, events, speaking
from tests.upstream import Behaviour, Recorded, Upstream, replays

WEATHER = Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def text(words: str) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": words}]}


def response(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 12, "output_tokens": 5, "total_tokens": 17}
    return {"id": "resp_1", "model": "gpt-x", "status": status, "output": output, "usage": usage, "error": None, **more}


def says(words: str, **more: Any) -> Behaviour:
    return replays(200, {}, response(text(words), **more))


def streams(*bodies: dict[str, Any]) -> Behaviour:
    return replays(200, {"content-type": SSE}, events(*bodies))


def delta(words: str, kind: str = "response.output_text.delta") -> dict[str, Any]:
    return {"type": kind, "delta": words, "sequence_number": 4}


def ends(body: dict[str, Any], kind: str = "response.completed") -> dict[str, Any]:
    return {"type": kind, "response": body}


def refuses(code: str, param: str) -> Behaviour:
    error = {"message": f"Unsupported: {param}", "type": "invalid_request_error", "param": param, "code": code}
    return replays(400, {}, {"error": error})


def gpt(place: PlaceOf, *behaviours: Behaviour, **changes: Any) -> Endpoint:
    return speaking(place, "openai-responses", *behaviours, **changes)


def asked(upstream: Upstream, endpoint: Endpoint, number: int = -1) -> Recorded:
    return upstream.requests(endpoint.provider)[number]


def sent(upstream: Upstream, place: PlaceOf, request: ChatRequest, **changes: Any) -> dict[str, Any]:
    endpoint = gpt(place, says("Hello"), **changes)
    chat(endpoint, request)
    found: dict[str, Any] = asked(upstream, endpoint).json
    return found


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "words", "tokens"),
    [
        ("openai--responses--200", "A simple sample PDF containing", (769, 256)),
        ("openai--responses--200--2", "The capital of New Zealand is Wellington.", (52, 9)),
    ],
)
def test_a_recorded_response_is_understood(place: PlaceOf, name: str, words: str, tokens: tuple[int, int]) -> None:
    completion = chat(gpt(place, recorded.replayed(name)))
    body = recorded.body(name)
    said = [item["content"][0]["text"] for item in body["output"] if item["type"] == "message"]
    assert [completion.text] == said
    assert completion.text.startswith(words)
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == tokens
    assert (completion.model_id, completion.finish_reason) == (body["model"], FinishReason.STOP)
    assert completion.vendor_request_id


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [("openai--responses--400", RequestTooLargeError), ("openai--responses--400--2", ModelUnavailableError)],
)
def test_a_recorded_refusal_becomes_its_error(place: PlaceOf, name: str, expected: type[ProviderError]) -> None:
    for error in (chat_fault(gpt(place, recorded.replayed(name))), stream(gpt(place, recorded.replayed(name)))[1]):
        assert type(error) is expected


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gpt(place, says("Hello"))
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.0, seed=7, stop=("END",)))
    request = asked(upstream, endpoint)
    assert request.path.endswith("/v1/responses")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.json == {
        "model": "test-model",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Say hello."}],
        "max_output_tokens": 50,
        "temperature": 0.0,
        # What is asked does not stay with the vendor.
        "store": False,
    }


def test_the_vendors_smallest_bound_is_kept(place: PlaceOf, upstream: Upstream) -> None:
    assert sent(upstream, place, ChatRequest(HELLO.messages, max_tokens=1))["max_output_tokens"] == 16


def test_calls_and_their_answers_are_told(place: PlaceOf, upstream: Upstream) -> None:
    call = ToolCall("a", "weather", '{"city": "Łódź"}')
    messages = (*HELLO.messages, Message(Role.ASSISTANT, "Wait.", (call,)), Message(Role.TOOL, "rain", call_id="a"))
    body = sent(upstream, place, ChatRequest(messages, tools=(WEATHER,), tool_choice="weather"))
    assert body["input"][1:] == [
        {"role": "assistant", "content": "Wait."},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": '{"city": "Łódź"}'},
        {"type": "function_call_output", "call_id": "a", "output": "rain"},
    ]
    assert body["tools"] == [
        {
            "type": "function",
            "name": "weather",
            "description": "Tells the weather.",
            "parameters": WEATHER.parameters,
            "strict": False,
        }
    ]
    assert body["tool_choice"] == {"type": "function", "name": "weather"}


@pytest.mark.parametrize(("choice", "expected"), [("auto", None), ("none", "none"), ("required", "required")])
def test_a_choice_of_tools_is_told(place: PlaceOf, upstream: Upstream, choice: str, expected: str | None) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, tools=(WEATHER,), tool_choice=choice))
    assert body.get("tool_choice") == expected


def test_a_schema_goes_where_the_model_follows_it(place: PlaceOf, upstream: Upstream) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA), json_schema=True)
    assert body["text"] == {"format": {"type": "json_schema", "name": "post", "strict": True, "schema": SCHEMA.schema}}
    free = JSONSchema("post", {"type": "object", "properties": {"text": {"type": "string"}}})
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=free), json_schema=True)
    assert body["text"]["format"]["strict"] is False
    written = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert "text" not in written
    assert '"maxLength":120' in written["instructions"]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_refused_fields_are_dropped_and_remembered(place: PlaceOf, upstream: Upstream, *, streaming: bool) -> None:
    refusals = (refuses("unsupported_parameter", "temperature"), refuses("unsupported_parameter", "text.format"))
    endpoint = gpt(place, *refusals, says('{"text": "Hello"}'), json_schema=True)
    request = ChatRequest(HELLO.messages, temperature=0.5, json_schema=SCHEMA)
    if streaming:
        assert stream(endpoint, request)[1] is None
    else:
        chat(endpoint, request)
    chat(endpoint, request)
    bodies = [found.json for found in upstream.requests(endpoint.provider)]
    assert ["temperature" in body for body in bodies] == [True, False, False, False]
    assert ["text" in body for body in bodies] == [True, True, False, False]
    assert "maxLength" in bodies[2]["instructions"]


def test_reasoning_and_calls_are_kept_apart(place: PlaceOf) -> None:
    output = (
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "content": []},
        {"type": "web_search_call", "status": "completed"},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": '{"city": "Łódź"}'},
    )
    completion = chat(gpt(place, replays(200, {"x-request-id": "req_7"}, response(*output))))
    assert (completion.text, completion.reasoning) == ("", "Hm.")
    assert completion.finish_reason is FinishReason.TOOL_CALLS
    assert completion.tool_calls == (ToolCall("a", "weather", '{"city": "Łódź"}'),)
    assert completion.vendor_request_id == "req_7"


def test_a_response_that_ran_out_of_room_says_so(place: PlaceOf) -> None:
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    assert chat(gpt(place, says("Once upon", **cut))).finish_reason is FinishReason.LENGTH


_FAILED: dict[str, Any] = {"status": "failed", "error": {"code": "server_error", "message": "The server had an error"}}
_REFUSED = {"type": "message", "content": [{"type": "refusal", "refusal": "I cannot."}]}


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        pytest.param(response(_REFUSED), "completed", ContentRefusedError, id="refused"),
        pytest.param(
            response(text("Hm"), status="incomplete", incomplete_details={"reason": "content_filter"}),
            "incomplete",
            ContentRefusedError,
            id="filtered",
        ),
        pytest.param(response(status="incomplete"), "incomplete", BrokenAnswerError, id="incomplete"),
        pytest.param(
            response(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "incomplete",
            BrokenAnswerError,
            id="all reasoning",
        ),
        pytest.param(response(**_FAILED), "failed", UnavailableError, id="failed"),
        pytest.param(response(text("Hm"), status="cancelled"), "cancelled", BrokenAnswerError, id="cancelled"),
        pytest.param(response(), "completed", BrokenAnswerError, id="empty"),
        pytest.param({"output": "?"}, "completed", BrokenAnswerError, id="odd output"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_is_none_is_not_passed_on(
    place: PlaceOf, body: dict[str, Any], kind: str, expected: type[ProviderError], *, streaming: bool
) -> None:
    if streaming:
        chunks, error = stream(gpt(place, streams(ends(body, f"response.{kind}"))))
        assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)
    else:
        error = chat_fault(gpt(place, replays(200, {}, body)))
    assert isinstance(error, expected)
    assert error.detail


def test_a_stream_brings_words_reasoning_and_whole_calls(place: PlaceOf) -> None:
    call = {"type": "function_call", "call_id": "a", "name": "now", "arguments": "{}"}
    bodies = (
        delta("Hm.", "response.reasoning_summary_text.delta"),
        delta("Hel"),
        {"type": "response.hologram.delta", "delta": {"shape": 1}},
        delta("lo"),
        delta('{"ci', "response.function_call_arguments.delta"),
        ends(response(text("Hello"), call)),
    )
    chunks, error = stream(gpt(place, streams(*bodies)))
    assert error is None
    assert [(chunk.text, chunk.reasoning) for chunk in chunks] == [("", "Hm."), ("Hel", ""), ("lo", ""), ("", "")]
    last = chunks[-1]
    assert (last.finish_reason, last.tool_calls) == (FinishReason.TOOL_CALLS, (ToolCall("a", "now", "{}"),))
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (12, 5)


def test_words_that_come_only_with_the_end_are_not_lost(place: PlaceOf) -> None:
    chunks, error = stream(gpt(place, streams(ends(response(text("Hello"))))))
    assert error is None
    assert "".join(chunk.text for chunk in chunks) == "Hello"


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param((delta("Hi"),), BrokenAnswerError, id="no end"),
        pytest.param((delta("Hi"), ends({})), BrokenAnswerError, id="an end without a status"),
        pytest.param((delta("Hi"), ends(response(status="new"))), BrokenAnswerError, id="an unknown status"),
        pytest.param((delta("I can", "response.refusal.delta"), ends(response())), ContentRefusedError, id="refused"),
        pytest.param(
            (
                delta("Hi"),
                {"type": "error", "code": "server_is_overloaded", "message": "Our servers are overloaded."},
                ends(response()),
            ),
            UnavailableError,
            id="overloaded",
        ),
    ],
)
def test_a_broken_stream_never_looks_finished(
    place: PlaceOf, bodies: tuple[dict[str, Any], ...], expected: type[ProviderError]
) -> None:
    chunks, error = stream(gpt(place, streams(*bodies)))
    assert isinstance(error, expected)
    assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def test_all_but_chats_is_spoken_as_openai_does(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = gpt(place)
    check_key(endpoint)
    assert (asked(upstream, endpoint).method, asked(upstream, endpoint).path[-10:]) == ("GET", "/v1/models")
    with pytest.raises(AuthenticationError):
        check_key(gpt(place, keys={"another"}, routes={}))
    spoken = type(adapter_for("openai-responses"))
    for method in ("check_key", "embed", "draw", "moderate", "list_models"):
        assert getattr(spoken, method) is getattr(OpenAIAdapter, method)
