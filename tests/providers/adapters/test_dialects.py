"""What holds for every vendor's own protocol: streams end honestly, faults are named, keys stay secret."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import ProviderError
from providers.types import ChatRequest, Endpoint, FinishReason, JSONSchema, Message, Role, Tool, ToolCall
from tests.providers.adapters.asking import HELLO, chat, chat_fault, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.providers.adapters.native import NATIVE, answers_natively, lists_natively, streams_natively
from tests.upstream import Behaviour, Upstream, replays

SCHEMA = JSONSchema(
    "answer",
    {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string", "maxLength": 20}, "pattern": {"type": "string"}},
    },
)
TALK = ChatRequest(
    messages=(
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.SYSTEM, "Be kind."),
        Message(Role.USER, "What is the weather?"),
        Message(Role.USER, "In Warsaw."),
        Message(Role.ASSISTANT, "", tool_calls=(ToolCall("call_1", "weather", '{"city": "Warsaw"}'),)),
        Message(Role.TOOL, "Rain.", call_id="call_1"),
    ),
    max_tokens=50,
    temperature=0.5,
    tools=(Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}}),),
    tool_choice="weather",
)


@pytest.fixture(params=sorted(NATIVE))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def at(place: PlaceOf, protocol: str, behaviour: Behaviour, **changes: object) -> Endpoint:
    endpoint, _ = place(behaviour, protocol=protocol, **changes)
    return endpoint


def sent(upstream: Upstream, endpoint: Endpoint) -> Any:
    return upstream.requests(endpoint.provider)[-1].json


def test_a_whole_stream_comes_in_pieces_and_then_ends(protocol: str, place: PlaceOf) -> None:
    chunks, error = stream(at(place, protocol, streams_natively(protocol)))
    assert error is None
    assert [chunk.text for chunk in chunks if chunk.text] == ["Hello", " there"]
    last = chunks[-1]
    assert (last.finish_reason, last.model_id) == (FinishReason.STOP, last.model_id)
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.estimated) == (10, 4, False)


def test_a_stream_that_loses_its_end_is_broken_wherever_it_is_cut(protocol: str, place: PlaceOf) -> None:
    for until in range(len(NATIVE[protocol].events)):
        chunks, error = stream(at(place, protocol, streams_natively(protocol, until=until)))
        assert error, until
        assert error.kind == "BrokenAnswer"
        assert not any(chunk.finish_reason for chunk in chunks)


def test_a_corrupted_stream_is_broken(protocol: str, place: PlaceOf) -> None:
    torn = '{"half": \n' if protocol == "ollama" else 'data: {"half": \n\n'
    _, error = stream(at(place, protocol, streams_natively(protocol, until=2, then=torn)))
    assert error
    assert error.kind == "BrokenAnswer"


def test_a_stream_that_stands_still_is_ended(protocol: str, place: PlaceOf) -> None:
    _, error = stream(at(place, protocol, streams_natively(protocol, until=2, stall=5), timeout_seconds=0.3))
    assert error
    assert error.kind == "Network"


def test_an_error_in_the_middle_is_understood(protocol: str, place: PlaceOf) -> None:
    behaviour = streams_natively(protocol, until=2, then=NATIVE[protocol].error)
    _, error = stream(at(place, protocol, behaviour))
    assert error
    assert error.kind == "Overloaded"


def test_a_web_page_is_no_answer(protocol: str, place: PlaceOf) -> None:
    page = replays(200, {"content-type": "text/html"}, "<html><body>Welcome</body></html>")
    assert chat_fault(at(place, protocol, page)).kind == "BrokenAnswer"
    _, error = stream(at(place, protocol, page))
    assert error
    assert error.kind == "BrokenAnswer"


def test_a_key_that_is_echoed_stays_secret(protocol: str, place: PlaceOf) -> None:
    echo = replays(401, {}, {"error": {"type": "authentication_error", "message": f"bad key {SECRET}"}})
    error = chat_fault(at(place, protocol, echo))
    assert error.kind == "Authentication"
    assert SECRET not in repr((error, error.detail, error.args, vars(error)))


def test_models_are_listed(protocol: str, place: PlaceOf, upstream: Upstream) -> None:
    behaviour = lists_natively(protocol)
    endpoint, name = place(behaviour, protocol=protocol)
    upstream.add(name, behaviour, routes={"GET ": behaviour})
    (model,) = asyncio.run(adapter_for(protocol).list_models(endpoint))
    assert model.model_id == "native-model"


def test_system_words_tools_and_their_answers_reach_the_vendor(
    protocol: str, place: PlaceOf, upstream: Upstream
) -> None:
    endpoint = at(place, protocol, answers_natively(protocol))
    chat(endpoint, TALK)
    said = json.dumps(sent(upstream, endpoint))
    for words in ("Be brief.", "Be kind.", "In Warsaw.", "Rain.", "weather"):
        assert words in said
    assert upstream.requests(endpoint.provider)[-1].path.partition("?")[0].startswith(f"/{endpoint.provider}/")


def test_a_schema_is_asked_for_in_words_where_the_model_knows_none(
    protocol: str, place: PlaceOf, upstream: Upstream
) -> None:
    endpoint = at(place, protocol, answers_natively(protocol), json_schema=False)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert "valid against this JSON Schema" in json.dumps(sent(upstream, endpoint))


def test_a_schema_is_a_field_where_the_model_knows_it(protocol: str, place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, protocol, answers_natively(protocol), json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    said = json.dumps(sent(upstream, endpoint))
    assert "valid against this JSON Schema" not in said
    assert '"required": ["text"]' in said


def test_anthropic_gets_one_turn_a_role_and_no_sampling(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, "anthropic", answers_natively("anthropic"))
    chat(endpoint, TALK)
    body = sent(upstream, endpoint)
    assert body["system"] == "Be brief.\n\nBe kind."
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert "temperature" not in body
    assert body["tool_choice"] == {"type": "tool", "name": "weather"}
    request = upstream.requests(endpoint.provider)[-1]
    assert request.headers["x-api-key"] == SECRET
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in request.headers


def test_anthropic_gets_a_schema_that_it_accepts(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, "anthropic", answers_natively("anthropic"), json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    schema = sent(upstream, endpoint)["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {"text": {"type": "string"}, "pattern": {"type": "string"}}


def test_anthropic_is_asked_in_words_after_it_refused_the_schema(place: PlaceOf, upstream: Upstream) -> None:
    message = "output_config: Extra inputs are not permitted"
    refusal = replays(400, {}, {"type": "error", "error": {"type": "invalid_request_error", "message": message}})
    endpoint, name = place(refusal, answers_natively("anthropic"), protocol="anthropic", json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    first, second = upstream.requests(name)
    assert "output_config" in first.json
    assert "output_config" not in second.json
    assert "valid against this JSON Schema" in second.json["system"]


def test_anthropics_refusal_is_not_shopped_around(place: PlaceOf) -> None:
    refused = {**NATIVE["anthropic"].whole, "content": [], "stop_reason": "refusal"}
    error = chat_fault(at(place, "anthropic", replays(200, {}, refused)))
    assert (error.kind, error.try_next) == ("ContentRefused", False)


def test_a_blocked_prompt_of_gemini_is_refused_content(place: PlaceOf) -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert chat_fault(at(place, "gemini", replays(200, {}, blocked))).kind == "ContentRefused"


def test_gemini_that_spent_all_on_thoughts_gave_no_answer(place: PlaceOf) -> None:
    spent = {"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]}
    assert chat_fault(at(place, "gemini", replays(200, {}, spent))).kind == "BrokenAnswer"


def test_geminis_key_travels_in_a_header(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, "gemini", answers_natively("gemini"))
    chat(endpoint)
    request = upstream.requests(endpoint.provider)[-1]
    assert request.headers["x-goog-api-key"] == SECRET
    assert SECRET not in request.path


def test_coheres_valid_false_is_a_bad_key(place: PlaceOf) -> None:
    endpoint = at(place, "cohere", replays(200, {}, {"valid": False}))
    with pytest.raises(ProviderError) as caught:
        asyncio.run(adapter_for("cohere").check_key(endpoint))
    assert caught.value.kind == "Authentication"


def test_ollama_is_given_room_for_the_whole_prompt(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, "ollama", answers_natively("ollama"))
    chat(endpoint, ChatRequest((Message(Role.USER, "word " * 6000),), max_tokens=500))
    assert sent(upstream, endpoint)["options"]["num_ctx"] >= 30_000 // 3


def test_responses_stores_nothing_at_the_vendor(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = at(place, "openai-responses", answers_natively("openai-responses"))
    chat(endpoint, TALK)
    body = sent(upstream, endpoint)
    assert body["store"] is False
    assert body["instructions"] == "Be brief.\n\nBe kind."
    assert {item.get("type") for item in body["input"]} >= {"function_call", "function_call_output"}


def test_a_response_that_ran_out_of_room_says_so(place: PlaceOf) -> None:
    short = {
        **NATIVE["openai-responses"].whole,
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
    }
    assert chat(at(place, "openai-responses", replays(200, {}, short))).finish_reason is FinishReason.LENGTH
