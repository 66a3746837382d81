from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    BrokenAnswerError,
    ContentRefusedError,
    InvalidRequestError,
    NetworkError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)
from providers.types import ChatRequest, FinishReason, JSONSchema, Message, Quirks, Role
from tests.providers.adapters.asking import HELLO, SCHEMA, chat, chat_fault, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.upstream import (
    Behaviour,
    Upstream,
    answers,
    cuts_body,
    drips,
    floods,
    garbage,
    hangs,
    posts,
    rate_limited,
    redirects,
    replays,
    resets,
    server_error,
    wrong_content_type,
)


def reply(message: dict[str, Any], finish_reason: str | None = "stop", **more: Any) -> Behaviour:
    """A 200 with one choice of this message."""
    return replays(200, {}, {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}], **more})


def refuses(code: str, param: str) -> Behaviour:
    """OpenAI's 400 about one field."""
    error = {"message": f"Unsupported: {param}", "type": "invalid_request_error", "param": param, "code": code}
    return replays(400, {}, {"error": error})


@pytest.mark.parametrize(
    ("behaviour", "expected", "http_status"),
    [
        pytest.param(rate_limited(7), RateLimitError, 429, id="rate limited"),
        pytest.param(server_error(500), UnavailableError, 500, id="server error"),
        pytest.param(server_error(529), OverloadedError, 529, id="overloaded"),
        pytest.param(hangs(), NetworkError, None, id="hangs"),
        pytest.param(drips(0.05), NetworkError, None, id="drips without end"),
        pytest.param(resets(), NetworkError, None, id="resets"),
        pytest.param(cuts_body(), BrokenAnswerError, None, id="cuts the body"),
        pytest.param(garbage(), BrokenAnswerError, 200, id="garbage"),
        pytest.param(garbage(b""), BrokenAnswerError, 200, id="nothing"),
        pytest.param(garbage(b"[" * 200_000), BrokenAnswerError, 200, id="JSON too deep"),
        pytest.param(garbage(b'"a string"'), BrokenAnswerError, 200, id="JSON of another kind"),
        pytest.param(wrong_content_type(), BrokenAnswerError, 200, id="a web page"),
        pytest.param(floods(100_000_000), BrokenAnswerError, 200, id="too large"),
        pytest.param(redirects("http://127.0.0.1/"), BrokenAnswerError, 302, id="a redirect"),
        pytest.param(replays(200, {}, {"choices": []}), BrokenAnswerError, 200, id="no choices"),
        pytest.param(replays(200, {}, {"choices": "?"}), BrokenAnswerError, 200, id="odd choices"),
        pytest.param(answers(""), BrokenAnswerError, 200, id="empty"),
        pytest.param(answers("", finish_reason="length"), BrokenAnswerError, 200, id="all reasoning"),
        pytest.param(answers("Half", finish_reason="error"), BrokenAnswerError, 200, id="failed generation"),
        pytest.param(answers("Hm", finish_reason="content_filter"), ContentRefusedError, 200, id="filtered"),
        pytest.param(reply({"content": None, "refusal": "I cannot."}), ContentRefusedError, 200, id="refused"),
        pytest.param(
            replays(200, {}, {"error": {"message": "Provider returned error", "code": 502}}),
            OverloadedError,
            502,
            id="an error in a 200",
        ),
        pytest.param(
            replays(200, {"content-encoding": "br"}, b"whatever"), BrokenAnswerError, 200, id="an unknown coding"
        ),
        pytest.param(
            replays(200, {"content-encoding": "gzip"}, b"not gzip"), BrokenAnswerError, 200, id="a broken coding"
        ),
    ],
)
def test_a_fault_becomes_its_error(
    place: PlaceOf, behaviour: Behaviour, expected: type[ProviderError], http_status: int | None
) -> None:
    endpoint, _ = place(behaviour, timeout_seconds=1.0)
    error = chat_fault(endpoint)
    assert (type(error), error.http_status) == (expected, http_status), error.detail
    assert error.detail


def test_a_broken_http_answer_is_a_broken_answer(place: PlaceOf) -> None:
    async def speaks_nonsense(exchange: Any) -> None:
        exchange.writer.write(b"NONSENSE\r\n\r\n")
        await exchange.writer.drain()
        exchange.close()

    error = chat_fault(place(speaks_nonsense)[0])
    assert type(error) is BrokenAnswerError


@pytest.mark.parametrize(
    ("behaviour", "kept"),
    [
        (wrong_content_type(), "<h1>We will be back soon</h1>"),
        (replays(200, {}, {"choices": "odd", "hint": "moved"}), '"hint": "moved"'),
        (replays(200, {}, "[1, 2"), "[1, 2"),
    ],
)
def test_an_answer_that_is_none_is_kept_for_the_administrator(place: PlaceOf, behaviour: Behaviour, kept: str) -> None:
    assert kept in chat_fault(place(behaviour)[0]).raw


def test_a_wait_is_kept(place: PlaceOf) -> None:
    assert chat_fault(place(rate_limited(7))[0]).wait_seconds == 7


def test_a_transport_fault_keeps_its_cause(place: PlaceOf) -> None:
    assert chat_fault(place(resets())[0]).__cause__ is not None


def test_a_closed_port_is_a_network_fault(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, _ = place()
    dead = type(endpoint)("dead", "openai", "http://127.0.0.1:1/v1", "m", allow_private_address=True)
    assert type(chat_fault(dead)) is NetworkError


def test_nobody_follows_a_redirect(place: PlaceOf, upstream: Upstream) -> None:
    target, name = place(answers("You should not see this"))
    chat_fault(place(redirects(f"{target.base_url}/chat/completions"))[0])
    assert upstream.requests(name) == []


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place()
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.5, seed=7, stop=("END",)))
    sent = upstream.requests(name)[0]
    assert sent.path.endswith("/v1/chat/completions")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.json == {
        "model": "test-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}],
        "max_tokens": 50,
        "temperature": 0.5,
        "stop": ["END"],
        "seed": 7,
    }


def test_a_place_without_a_key_gets_no_authorization(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(api_key="")
    chat(endpoint)
    assert "authorization" not in upstream.requests(name)[0].headers


def test_departures_are_followed(place: PlaceOf, upstream: Upstream) -> None:
    quirks = Quirks(
        max_tokens_field="max_completion_tokens",
        refused_parameters=("temperature",),
        seed_field="random_seed",
        extra_headers={"x-title": "Prometheus"},
    )
    endpoint, name = place(quirks=quirks)
    chat(endpoint, ChatRequest(HELLO.messages, max_tokens=50, temperature=0.5, seed=7))
    sent = upstream.requests(name)[0]
    assert set(sent.json) == {"model", "messages", "max_completion_tokens", "random_seed"}
    assert sent.headers["x-title"] == "Prometheus"


def test_a_schema_goes_where_the_model_follows_it(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(posts(1), json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    sent = upstream.requests(name)[0].json
    assert sent["response_format"]["json_schema"] == {"name": "post", "strict": True, "schema": SCHEMA.schema}
    assert sent["messages"][0]["content"] == "Be brief."


def test_an_open_schema_is_not_called_strict(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(posts(1), json_schema=True)
    open_schema = JSONSchema("post", {"type": "object", "properties": {"text": {"type": "string"}}})
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=open_schema))
    assert upstream.requests(name)[0].json["response_format"]["json_schema"]["strict"] is False


@pytest.mark.parametrize("messages", [HELLO.messages, HELLO.messages[1:]], ids=["with system", "without system"])
def test_a_schema_is_written_out_for_other_models(
    place: PlaceOf, upstream: Upstream, messages: tuple[Message, ...]
) -> None:
    endpoint, name = place(posts(1))
    chat(endpoint, ChatRequest(messages, json_schema=SCHEMA))
    sent = upstream.requests(name)[0].json
    assert "response_format" not in sent
    assert sent["messages"][0]["role"] == "system"
    assert '"maxLength":120' in sent["messages"][0]["content"]


def test_a_vendor_that_only_promises_json_is_asked_for_it_and_told_the_schema(
    place: PlaceOf, upstream: Upstream
) -> None:
    endpoint, name = place(posts(1), quirks=Quirks(json_mode="json_object"))
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    chat(endpoint)
    with_schema, without = (sent.json for sent in upstream.requests(name))
    assert with_schema["response_format"] == {"type": "json_object"}
    assert '"maxLength":120' in with_schema["messages"][0]["content"]
    assert "response_format" not in without


def test_a_vendor_without_any_json_mode_is_told_in_words(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(posts(1), json_schema=True, quirks=Quirks(json_mode="none"))
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    sent = upstream.requests(name)[0].json
    assert "response_format" not in sent
    assert "JSON Schema" in sent["messages"][0]["content"]


def test_a_vendor_whose_streams_follow_no_schema_is_told_in_words_there(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(posts(1), json_schema=True, quirks=Quirks(json_in_streams=False))
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    stream(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert ["response_format" in sent.json for sent in upstream.requests(name)] == [True, False]


def test_an_answer_in_the_oldest_shape_is_read(place: PlaceOf) -> None:
    choices = [{"text": "Hello", "index": 0, "logprobs": None, "finish_reason": "stop"}]
    assert chat(place(replays(200, {}, {"choices": choices}))[0]).text == "Hello"


def test_a_refused_field_is_dropped_and_remembered(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(refuses("unsupported_value", "temperature"), answers("Hello"))
    request = ChatRequest(HELLO.messages, temperature=0.5)
    assert chat(endpoint, request).text == "Hello"
    chat(endpoint, request)
    assert ["temperature" in sent.json for sent in upstream.requests(name)] == [True, False, False]


def test_a_refused_limit_is_sent_by_its_other_name(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(refuses("unsupported_parameter", "max_tokens"), answers("Hello"))
    assert chat(endpoint).text == "Hello"
    sent = upstream.requests(name)[1].json
    assert sent["max_completion_tokens"] == 50
    assert "max_tokens" not in sent


def test_a_refused_response_format_is_written_out(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(refuses("unsupported_parameter", "response_format"), posts(1), json_schema=True)
    chat(endpoint, ChatRequest(HELLO.messages, json_schema=SCHEMA))
    assert "JSON Schema" in upstream.requests(name)[1].json["messages"][0]["content"]


def test_an_extra_field_that_mistral_forbids_is_dropped(place: PlaceOf, upstream: Upstream) -> None:
    detail = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]
    endpoint, name = place(replays(422, {}, {"detail": detail}), answers("Hello"))
    assert chat(endpoint, ChatRequest(HELLO.messages, seed=1)).text == "Hello"
    assert "seed" not in upstream.requests(name)[1].json


def test_a_field_refused_again_and_again_is_our_fault(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(refuses("unsupported_parameter", "temperature"))
    error = chat_fault(endpoint, ChatRequest(HELLO.messages, temperature=0.5))
    assert type(error) is InvalidRequestError
    assert len(upstream.requests(name)) == 2


def test_the_messages_are_never_dropped(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(refuses("unsupported_parameter", "messages"))
    chat_fault(endpoint)
    assert len(upstream.requests(name)) == 1


def test_missing_usage_is_estimated(place: PlaceOf) -> None:
    usage = chat(place(answers("Hello there, you", usage=False))[0]).usage
    assert usage.estimated
    assert (usage.prompt_tokens, usage.completion_tokens) == (HELLO.estimated_prompt_tokens, 5)


def test_odd_usage_does_not_cost_the_answer(place: PlaceOf) -> None:
    completion = chat(place(reply({"content": "Hello"}, usage={"prompt_tokens": "many"}))[0])
    assert (completion.text, completion.usage.estimated) == ("Hello", True)


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({"content": "<think>\nHm.\n</think>\n\nHello"}, "Hello", "Hm."),
        ({"content": "Hello", "reasoning": "Hm."}, "Hello", "Hm."),
        ({"content": "Hello", "reasoning_content": "Hm."}, "Hello", "Hm."),
        ({"content": "Say <think> aloud"}, "Say <think> aloud", ""),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"text": "Hello"}]},
            "Hello",
            "Hm.",
        ),
        ({"content": {"name": "Zoë"}}, '{"name": "Zoë"}', ""),
    ],
    ids=["think tag", "reasoning", "reasoning_content", "a tag in the middle", "parts", "an object"],
)
def test_thinking_is_kept_apart_from_the_answer(
    place: PlaceOf, message: dict[str, Any], text: str, reasoning: str
) -> None:
    completion = chat(place(reply(message))[0])
    assert (completion.text, completion.reasoning) == (text, reasoning)


def test_an_unclosed_thought_is_no_answer(place: PlaceOf) -> None:
    error = chat_fault(place(reply({"content": "<think>Let me see"}, "length"))[0])
    assert type(error) is BrokenAnswerError


def test_an_unknown_finish_reason_is_said(place: PlaceOf) -> None:
    assert chat(place(reply({"content": "Hello"}, None))[0]).finish_reason is FinishReason.UNKNOWN


def test_padding_before_the_json_is_skipped(place: PlaceOf) -> None:
    body = json.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]})
    assert chat(place(replays(200, {}, "\n\n   \n" + body))[0]).text == "Hello"


def test_a_compressed_answer_is_read(place: PlaceOf) -> None:
    body = json.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}).encode()
    assert chat(place(replays(200, {"content-encoding": "gzip"}, gzip.compress(body)))[0]).text == "Hello"


def test_a_compressed_flood_is_refused(place: PlaceOf) -> None:
    bomb = gzip.compress(b" " * 200_000_000, compresslevel=1)
    error = chat_fault(place(replays(200, {"content-encoding": "gzip"}, bomb))[0])
    assert "more than" in error.detail


def test_cookies_are_forgotten(place: PlaceOf, upstream: Upstream) -> None:
    body = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
    endpoint, name = place(replays(200, {"set-cookie": "who=me; Path=/"}, body))

    async def twice() -> None:
        for _ in range(2):
            await adapter_for("openai").chat(endpoint, HELLO)

    asyncio.run(twice())
    assert ["cookie" in sent.headers for sent in upstream.requests(name)] == [False, False]


def test_a_proxy_in_the_environment_is_not_used(place: PlaceOf, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert chat(place(answers("Hello"))[0]).text == "Hello"


def test_many_calls_share_one_connection(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(answers("Hello"))

    async def five_times() -> None:
        for _ in range(5):
            await adapter_for("openai").chat(endpoint, HELLO)

    asyncio.run(five_times())
    assert len({sent.client for sent in upstream.requests(name)}) == 1


def test_a_message_can_hold_any_letter(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(answers("Zażółć gęślą jaźń"))
    assert chat(endpoint, ChatRequest((Message(Role.USER, "Łódź 🎧"),))).text == "Zażółć gęślą jaźń"
    assert upstream.requests(name)[0].json["messages"][0]["content"] == "Łódź 🎧"
