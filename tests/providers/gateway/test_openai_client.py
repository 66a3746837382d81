"""OpenAI's own Python client against the gateway: whatever it can do with OpenAI it can do here."""

from __future__ import annotations

import json

import openai
import pytest

from tests.upstream import answers, rate_limited, server_error, streams

HELLO = [{"role": "user", "content": "Say hello."}]


def test_a_chat_is_answered_although_two_vendors_failed(client, connect):
    connect("first", rate_limited(), models=("big",))
    connect("second", server_error(), models=("middle",))
    connect("third", answers("Hello there"), models=("small",))
    raw = client.chat.completions.with_raw_response.create(model="auto", messages=HELLO)
    said = raw.parse()
    assert said.choices[0].message.content == "Hello there"
    assert said.choices[0].finish_reason == "stop"
    assert said.usage.completion_tokens > 0
    assert raw.headers["x-prometheus-provider"] == "third"
    tried = json.loads(raw.headers["x-prometheus-attempts"])
    assert (tried[0]["provider"], tried[0]["outcome"]) == ("first", "failed")
    assert tried[-1]["outcome"] == "answered"


def test_a_stream_comes_in_pieces_with_its_usage(client, connect):
    connect("first", rate_limited())
    connect("second", streams(["Hello", " there", "!"]))
    stream = client.chat.completions.create(
        model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert said == ["Hello", " there", "!"]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens > 0


def test_nobody_left_is_a_503_that_says_when_to_come_back(client, connect):
    connect("only", rate_limited(30))
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model="auto", messages=HELLO)
    assert caught.value.status_code == 503
    assert 25 <= int(caught.value.response.headers["retry-after"]) <= 31


def test_a_wish_that_is_wrong_names_its_parameter(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="auto", messages=HELLO, temperature=7)
    assert caught.value.param == "temperature"
