from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from providers.errors import (
    InvalidRequestError,
)
from providers.types import (
    ChatRequest,
    JSONSchema,
    Message,
    Quirks,
    Role,
    Tool,
    ToolCall,
)
from tests.providers.adapters.anthropic_places import asked, claude, refuses, says
from tests.providers.adapters.asking import HELLO, SCHEMA, chat, chat_fault, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.upstream import Upstream

WEATHER = Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def sent(upstream: Upstream, place: PlaceOf, request: ChatRequest, **changes: Any) -> dict[str, Any]:
    """The body of a request."""
    endpoint = claude(place, says('{"text": "Hello there"}'), **changes)
    chat(endpoint, request)
    found: dict[str, Any] = asked(upstream, endpoint).json
    return found


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_address_may_end_in_its_version(place: PlaceOf, upstream: Upstream, ending: str) -> None:
    endpoint = claude(place, says("Hello"))
    root = endpoint.base_url.removesuffix("/v1")
    chat(replace(endpoint, base_url=root + ending))
    assert asked(upstream, endpoint).path == f"/{endpoint.provider}/v1/messages"


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = claude(place, says("Hello"))
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.5, seed=7, stop=("END", " \n")))
    request = asked(upstream, endpoint)
    assert request.headers["x-api-key"] == SECRET
    assert "authorization" not in request.headers
    assert request.headers["anthropic-version"] == "2023-06-01"
    # Neither a temperature nor a seed: the models of 2026 refuse the one and know no other.
    assert request.json == {
        "model": "test-model",
        "max_tokens": 50,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Say hello."}],
        "stop_sequences": ["END"],
    }


def test_neighbours_of_one_role_are_one_message(place: PlaceOf, upstream: Upstream) -> None:
    messages = (
        Message(Role.SYSTEM, "One."),
        Message(Role.USER, "Hello."),
        Message(Role.SYSTEM, "Two."),
        Message(Role.USER, "Weather in two towns?"),
        Message(Role.ASSISTANT, "", (ToolCall("a", "weather", '{"city": "Łódź"}'), ToolCall("b", "weather", "broken"))),
        Message(Role.TOOL, "rain", call_id="a"),
        Message(Role.TOOL, "", call_id="b"),
        Message(Role.USER, " "),
    )
    body = sent(upstream, place, ChatRequest(messages, tools=(WEATHER,)))
    assert body["system"] == "One.\n\nTwo."
    assert body["messages"] == [
        {"role": "user", "content": [_text("Hello."), _text("Weather in two towns?")]},
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Łódź"}},
                {"type": "tool_use", "id": "b", "name": "weather", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "a", "content": "rain"},
                {"type": "tool_result", "tool_use_id": "b", "content": ""},
            ],
        },
    ]


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


@pytest.mark.parametrize("messages", [(), (Message(Role.ASSISTANT, "Hi."),)], ids=["no words", "the assistant's words"])
def test_the_user_always_speaks_first(place: PlaceOf, upstream: Upstream, messages: tuple[Message, ...]) -> None:
    body = sent(upstream, place, ChatRequest((Message(Role.SYSTEM, "Be brief."), *messages)))
    assert body["messages"][0]["role"] == "user"
    assert body["messages"][0]["content"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", None),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ("weather", {"type": "tool", "name": "weather"}),
    ],
)
def test_tools_and_their_choice_are_told(
    place: PlaceOf, upstream: Upstream, choice: str, expected: dict[str, str] | None
) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, tools=(WEATHER, Tool("now")), tool_choice=choice))
    empty = {"type": "object", "properties": {}}
    assert body["tools"] == [
        {"name": "weather", "description": "Tells the weather.", "input_schema": WEATHER.parameters},
        {"name": "now", "input_schema": empty},
    ]
    assert body.get("tool_choice") == expected


def test_a_schema_is_closed_and_keeps_what_the_vendor_enforces(place: PlaceOf, upstream: Upstream) -> None:
    schema = JSONSchema(
        "posts",
        {
            "type": "object",
            "required": ["posts"],
            "properties": {
                # A property may have the name of a keyword.
                "pattern": {"type": "string", "pattern": "^a", "description": "How it looks"},
                "posts": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/post"}},
            },
            "$defs": {"post": SCHEMA.schema},
        },
    )
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=schema), json_schema=True)
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert body["output_config"]["format"]["schema"] == {
        "type": "object",
        "additionalProperties": False,
        "required": ["posts"],
        "properties": {
            "pattern": {"type": "string", "description": "How it looks (pattern: ^a)"},
            "posts": {"type": "array", "description": "(minItems: 2)", "items": {"$ref": "#/$defs/post"}},
        },
        "$defs": {
            "post": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text"],
                "properties": {"text": {"type": "string", "description": "(minLength: 5, maxLength: 120)"}},
            }
        },
    }
    assert body["system"] == "Be brief."


def test_a_schema_with_free_properties_is_written_out(place: PlaceOf, upstream: Upstream) -> None:
    free = JSONSchema("words", {"type": "object", "additionalProperties": {"type": "string"}})
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=free), json_schema=True)
    assert "output_config" not in body
    assert '"additionalProperties":{"type":"string"}' in body["system"]


def test_a_schema_is_written_out_for_other_models(place: PlaceOf, upstream: Upstream) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert "output_config" not in body
    assert body["system"].startswith("Be brief.\n\nAnswer with one JSON object")
    assert '"maxLength":120' in body["system"]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "words",
    ["output_config: Extra inputs are not permitted", "This model does not support structured outputs."],
)
def test_a_refused_schema_is_written_out_and_the_refusal_remembered(
    place: PlaceOf, upstream: Upstream, words: str, *, streaming: bool
) -> None:
    endpoint = claude(place, refuses(words), says('{"text": "Hello"}'), json_schema=True)
    request = ChatRequest(HELLO.messages, json_schema=SCHEMA)
    if streaming:
        assert stream(endpoint, request)[1] is None
    else:
        assert chat(endpoint, request).text == '{"text": "Hello"}'
    chat(endpoint, request)
    bodies = [found.json for found in upstream.requests(endpoint.provider)]
    assert ["output_config" in body for body in bodies] == [True, False, False]
    assert ["maxLength" in json.dumps(body["system"]) for body in bodies] == [False, True, True]


def test_a_field_that_the_catalogue_refuses_is_left_out(place: PlaceOf, upstream: Upstream) -> None:
    quirks = Quirks(refused_parameters=("output_config", "stop_sequences"), extra_headers={"anthropic-beta": "x"})
    endpoint = claude(place, says('{"text": "Hello"}'), json_schema=True, quirks=quirks)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA, stop=("END",)))
    request = asked(upstream, endpoint)
    assert not {"output_config", "stop_sequences"} & set(request.json)
    assert "maxLength" in request.json["system"]
    assert request.headers["anthropic-beta"] == "x"


def test_any_other_bad_request_is_told_at_once(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = claude(place, refuses("max_tokens: must be at least 1"), json_schema=True)
    assert type(chat_fault(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))) is InvalidRequestError
    assert len(upstream.requests(endpoint.provider)) == 1
