from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ModelUnavailableError,
    ProviderError,
    UnavailableError,
)
from providers.types import (
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
from tests.providers.adapters.dialect_streams import NDJSON, lines, speaking
from tests.upstream import Behaviour, Recorded, Upstream, replays

WEATHER = Tool("weather", "Tells the weather.", {"type": "object", "properties": {"city": {"type": "string"}}})


def line(content: str | None = "", *, done: bool = False, **more: Any) -> dict[str, Any]:
    return {"model": "gemma3:1b", "message": {"role": "assistant", "content": content}, "done": done, **more}


def ends(content: str = "", **more: Any) -> dict[str, Any]:
    return line(content, done=True, **{"done_reason": "stop", "prompt_eval_count": 16, "eval_count": 4, **more})


def says(text: str, **more: Any) -> Behaviour:
    return replays(200, {}, ends(text, **more))


def streams(*bodies: dict[str, Any]) -> Behaviour:
    return replays(200, {"content-type": NDJSON}, lines(*bodies))


def ollama(place: PlaceOf, *behaviours: Behaviour, **changes: Any) -> Endpoint:
    return speaking(place, "ollama", *behaviours, **changes)


def asked(upstream: Upstream, endpoint: Endpoint, number: int = -1) -> Recorded:
    return upstream.requests(endpoint.provider)[number]


def sent(upstream: Upstream, place: PlaceOf, request: ChatRequest, **changes: Any) -> dict[str, Any]:
    endpoint = ollama(place, says("Hello"), **changes)
    chat(endpoint, request)
    found: dict[str, Any] = asked(upstream, endpoint).json
    return found


@pytest.mark.shared
def test_a_recorded_missing_model_is_told(place: PlaceOf) -> None:
    refused = recorded.replayed("ollama--ollama-chat--404")
    for error in (chat_fault(ollama(place, refused)), stream(ollama(place, refused))[1]):
        assert type(error) is ModelUnavailableError
        assert "nonexistent-model" in error.detail


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/api", "/api/"])
def test_the_address_may_end_in_what_people_write(place: PlaceOf, upstream: Upstream, ending: str) -> None:
    endpoint = ollama(place, says("Hello"))
    chat(replace(endpoint, base_url=endpoint.base_url.removesuffix("/v1") + ending))
    assert asked(upstream, endpoint).path == f"/{endpoint.provider}/api/chat"


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = ollama(place, says("Hello"))
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.0, seed=7, stop=("END",)))
    assert asked(upstream, endpoint).headers["authorization"] == f"Bearer {SECRET}"
    assert asked(upstream, endpoint).json == {
        "model": "test-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
        "stream": False,
        "options": {"num_ctx": 4096, "num_predict": 50, "temperature": 0.0, "seed": 7, "stop": ["END"]},
        "truncate": False,
        "shift": False,
    }


@pytest.mark.parametrize(
    ("letters", "most", "context"), [(300, 100, 4096), (3000, 4000, 8192), (60_000, 4000, 32_768), (0, 4090, 4096)]
)
def test_the_context_holds_the_whole_prompt_and_the_answer(
    place: PlaceOf, upstream: Upstream, letters: int, most: int, context: int
) -> None:
    request = ChatRequest((Message(Role.USER, "a" * letters),), max_tokens=most)
    body = sent(upstream, place, request)
    assert body["options"]["num_ctx"] == context >= request.estimated_prompt_tokens + most


def test_the_context_grows_in_steps_so_that_the_model_stays_loaded(place: PlaceOf, upstream: Upstream) -> None:
    requests = [ChatRequest((Message(Role.USER, "a" * letters),)) for letters in range(0, 9000, 500)]
    assert {sent(upstream, place, request)["options"]["num_ctx"] for request in requests} == {4096}


def test_a_schema_goes_where_the_model_follows_it(place: PlaceOf, upstream: Upstream) -> None:
    body = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA), json_schema=True)
    assert body["format"] == SCHEMA.schema
    assert body["messages"][0]["content"] == "Be brief."
    written = sent(upstream, place, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert "format" not in written
    assert '"maxLength":120' in written["messages"][0]["content"]


def test_a_refused_schema_is_written_out(place: PlaceOf, upstream: Upstream) -> None:
    refused = replays(400, {}, {"error": "invalid JSON schema in format"})
    endpoint = ollama(place, refused, says('{"text": "Hello"}'), json_schema=True)
    for _ in range(2):
        chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    bodies = [found.json for found in upstream.requests(endpoint.provider)]
    assert ["format" in body for body in bodies] == [True, False, False]
    assert "maxLength" in bodies[1]["messages"][0]["content"]


def test_calls_and_their_answers_are_told(place: PlaceOf, upstream: Upstream) -> None:
    call = ToolCall("a", "weather", '{"city": "Łódź"}')
    messages = (*HELLO.messages, Message(Role.ASSISTANT, "", (call,)), Message(Role.TOOL, "rain", call_id="a"))
    body = sent(upstream, place, ChatRequest(messages, tools=(WEATHER,)))
    assert body["messages"][2:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Łódź"}}}],
        },
        {"role": "tool", "content": "rain", "tool_name": "weather"},
    ]
    assert [tool["function"]["name"] for tool in body["tools"]] == ["weather"]
    assert "tools" not in sent(upstream, place, ChatRequest(messages, tools=(WEATHER,), tool_choice="none"))


def test_an_answer_and_its_count_are_understood(place: PlaceOf) -> None:
    completion = chat(ollama(place, says("Hello", done_reason="length")))
    assert (completion.text, completion.model_id, completion.finish_reason) == (
        "Hello",
        "gemma3:1b",
        FinishReason.LENGTH,
    )
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (16, 4)
    # A prompt that is still in memory is not counted again.
    assert chat(ollama(place, says("Hello", prompt_eval_count=None))).usage.estimated


def test_thinking_is_kept_apart(place: PlaceOf) -> None:
    told = {**ends(), "message": {"content": "Hello", "thinking": "Hm."}}
    for behaviour in (replays(200, {}, told), says("<think>Hm.</think>\n\nHello")):
        completion = chat(ollama(place, behaviour))
        assert (completion.text, completion.reasoning) == ("Hello", "Hm.")


def test_thinking_is_kept_apart_in_a_stream(place: PlaceOf) -> None:
    chunks, error = stream(ollama(place, streams(line("<thi"), line("nk>Hm.</thi"), line("nk>Hel"), ends("lo"))))
    assert error is None
    assert "".join(chunk.text for chunk in chunks) == "Hello"
    assert "".join(chunk.reasoning for chunk in chunks) == "Hm."


def _wishes(*calls: dict[str, Any]) -> dict[str, Any]:
    return {**line(), "message": {"content": "", "tool_calls": [{"function": call} for call in calls]}}


def test_calls_are_given_ids_and_a_reason_of_their_own(place: PlaceOf) -> None:
    weather, now = {"name": "weather", "arguments": {"city": "Łódź"}}, {"name": "now", "arguments": {}}
    chunks, error = stream(ollama(place, streams(_wishes(weather), _wishes(now), ends())))
    assert error is None
    first, second = chunks[-1].tool_calls
    assert chunks[-1].finish_reason is FinishReason.TOOL_CALLS
    assert (first.name, json.loads(first.arguments)) == ("weather", {"city": "Łódź"})
    assert (second.name, second.arguments) == ("now", "{}")
    assert first.call_id != second.call_id
    whole = replays(200, {}, {**_wishes(weather), "done": True, "done_reason": "stop"})
    assert chat(ollama(place, whole)).finish_reason is FinishReason.TOOL_CALLS


@pytest.mark.parametrize(
    "body",
    [
        line("Hello"),
        ends(""),
        ends("", done_reason="load"),
        ends("Hello", done_reason="unload"),
        {"model": "gemma3:1b", "message": "?", "done": True},
    ],
    ids=["not done", "empty", "only loaded", "unloaded", "an odd message"],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_is_none_is_not_passed_on(place: PlaceOf, body: dict[str, Any], *, streaming: bool) -> None:
    if streaming:
        chunks, error = stream(ollama(place, streams(body)))
        assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)
    else:
        error = chat_fault(ollama(place, replays(200, {}, body)))
    assert type(error) is BrokenAnswerError


def test_an_unknown_reason_ends_no_stream(place: PlaceOf) -> None:
    _, error = stream(ollama(place, streams(line("Hel"), ends("lo", done_reason="new_word"))))
    assert type(error) is BrokenAnswerError


@pytest.mark.parametrize(
    ("words", "expected"),
    [("model is overloaded", UnavailableError), ("llama runner process has terminated", BrokenAnswerError)],
)
def test_an_error_in_the_middle_is_told(place: PlaceOf, words: str, expected: type[ProviderError]) -> None:
    chunks, error = stream(ollama(place, streams(line("Hel"), {"error": words})))
    assert [chunk.text for chunk in chunks] == ["Hel"]
    assert isinstance(error, expected)
    assert error.detail == words


def embed(endpoint: Endpoint, *texts: str, dimensions: int | None = None) -> Embeddings:
    return asyncio.run(adapter_for("ollama").embed(endpoint, EmbeddingRequest(texts, dimensions)))


def test_vectors_come_in_the_order_of_the_texts(place: PlaceOf, upstream: Upstream) -> None:
    found = {"model": "nomic", "embeddings": [[1, 0.5], [2, 0.5]], "prompt_eval_count": 9}
    endpoint = ollama(place, replays(200, {}, found))
    vectors = embed(endpoint, "a", "b" * 15_000, dimensions=2)
    assert (vectors.vectors, vectors.model_id) == (((1, 0.5), (2, 0.5)), "nomic")
    assert (vectors.usage.prompt_tokens, vectors.usage.estimated) == (9, False)
    request = asked(upstream, endpoint)
    assert request.path.endswith("/api/embed")
    # No text is cut: not by the context, and not without a word.
    assert (request.json["options"], request.json["truncate"]) == ({"num_ctx": 8192}, False)
    assert (request.json["input"][0], request.json["dimensions"]) == ("a", 2)


def test_missing_vectors_are_broken(place: PlaceOf) -> None:
    with pytest.raises(BrokenAnswerError):
        embed(ollama(place, replays(200, {}, {"embeddings": [[1.0]]})), "a", "b")


_TAGS = {"models": [{"name": "gemma3:1b", "model": "gemma3:1b", "size": 5}, {"name": "old"}, {"size": 7}]}


def test_ones_own_server_is_checked_by_its_list(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = ollama(place, api_key="", routes={"GET /api/tags": replays(200, {}, _TAGS)})
    check_key(endpoint)
    (request,) = upstream.requests(endpoint.provider)
    assert (request.method, request.path) == ("GET", f"/{endpoint.provider}/api/tags")
    assert "authorization" not in request.headers


def test_a_key_is_proved_by_a_token_as_the_list_is_public(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = ollama(place, says("Hi"), routes={"GET /api/tags": replays(200, {}, _TAGS)})
    check_key(endpoint)
    (request,) = upstream.requests(endpoint.provider)
    assert request.json["options"]["num_predict"] == 1
    refused = replays(401, {}, {"error": "unauthorized"})
    with pytest.raises(AuthenticationError):
        check_key(ollama(place, refused, routes={"GET /api/tags": replays(200, {}, _TAGS)}))


def test_models_are_listed(place: PlaceOf) -> None:
    endpoint = ollama(place, routes={"GET /api/tags": replays(200, {}, _TAGS)})
    models = asyncio.run(adapter_for("ollama").list_models(endpoint))
    assert [model.model_id for model in models] == ["gemma3:1b", "old"]
