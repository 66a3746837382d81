"""Streams through the gateway: honest ends, rescue, heartbeats, and clients that hang up."""

from __future__ import annotations

import asyncio
import time

import httpx
import openai
import pytest

from providers.access.client_keys import create_client
from providers.clients import Client, StreamMode
from providers.gateway import streaming
from providers.models import Attempt
from tests.upstream import answers, hangs, rate_limited, server_error, slow, streams

HELLO = [{"role": "user", "content": "Say hello."}]
BODY = {"model": "auto", "messages": HELLO, "stream": True}
RESCUE = {"x-prometheus-stream": "rescue"}


@pytest.fixture
def events(gateway, bearer):
    """`events(**headers)`: everything that a plain HTTP client reads of a stream."""

    def read(**headers):
        return _read(gateway, {**bearer, **headers})

    return read


def _read(gateway, headers):
    with httpx.stream("POST", f"{gateway}/chat/completions", json=BODY, headers=headers, timeout=20) as answer:
        return "".join(answer.iter_text())


def test_a_stream_that_breaks_upstream_never_ends_as_if_it_were_whole(events, connect):
    connect("breaks", streams(["Hello", " there", "!"], cut_after=2))
    connect("whole", streams(["Something", " else"]))
    said = events()
    assert "Hello" in said
    assert "Something" not in said
    assert '"error"' in said
    assert "[DONE]" not in said
    assert '"finish_reason":"stop"' not in said


def test_openais_client_raises_when_a_stream_breaks(client, connect):
    connect("breaks", streams(["Hello", " there", "!"], cut_after=2))
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="auto", messages=HELLO, stream=True))


def test_a_stream_that_breaks_before_its_first_word_moves_on_unseen(events, connect):
    connect("breaks", streams(["Hello"], cut_after=0))
    connect("whole", streams(["Something", " else"]))
    said = events()
    assert "Something" in said
    assert "error" not in said
    assert said.rstrip().endswith("data: [DONE]")


def test_a_rescued_stream_is_one_complete_answer(events, connect):
    connect("breaks", streams(["Hello", " there", "!"], cut_after=2), server_error())
    connect("whole", answers("Something else"))
    said = events(**RESCUE)
    assert "Something else" in said
    assert "Hello" not in said
    assert said.rstrip().endswith("data: [DONE]")


def test_a_stream_that_nobody_can_begin_has_the_status_of_its_fault(gateway, bearer, connect):
    connect("only", rate_limited(30))
    answer = httpx.post(f"{gateway}/chat/completions", json=BODY, headers=bearer)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "no_capacity"


def test_rescue_can_be_a_clients_habit(gateway, connect):
    connect("breaks", streams(["Hello", " there", "!"], cut_after=2), server_error())
    connect("whole", answers("Something else"))
    careful = create_client("careful", ["openai"])
    Client.objects.update(stream_mode=StreamMode.RESCUE)
    said = _read(gateway, {"authorization": f"Bearer {careful.secret}"})
    assert "Something else" in said
    assert "Hello" not in said


def test_a_stream_remembers_how_long_its_first_words_took(events, connect):
    connect("steady", streams(["Hello", " there"]))
    events()
    attempt = Attempt.objects.get()
    assert attempt.first_token_ms is not None
    assert attempt.latency_ms is not None
    assert 0 <= attempt.first_token_ms <= attempt.latency_ms


def test_a_client_that_waits_long_gets_heartbeats(events, connect, monkeypatch):
    monkeypatch.setattr(streaming, "FIRST_PIECE_SECONDS", 0.2)
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.2)
    connect("slow", slow(1, "Hello"), timeout_seconds=10)
    said = events(**RESCUE)
    assert said.count(": waiting") >= 3
    assert said.rstrip().endswith("data: [DONE]")


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_hangs_up_ends_the_vendors_work_and_blames_nobody(gateway, bearer, connect, upstream, stream):
    provider = connect("hangs", hangs(), timeout_seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway}/chat/completions", json={**BODY, "stream": stream}, headers=bearer, timeout=0.5)
    (request,) = upstream.wait_for_requests("hangs")
    deadline = time.monotonic() + 5
    while not request.gave_up and time.monotonic() < deadline:
        time.sleep(0.02)
    assert request.gave_up
    while Attempt.objects.get().outcome == Attempt.Outcome.RUNNING and time.monotonic() < deadline:
        time.sleep(0.02)
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.error_class) == (Attempt.Outcome.CANCELLED, "")
    assert not getattr(provider, "circuit", None)


def test_many_streams_at_once_are_all_whole(gateway, bearer, connect):
    connect("steady", streams([f"word{number} " for number in range(20)]))
    number = 50

    async def one(client: httpx.AsyncClient) -> str:
        return (await client.post(f"{gateway}/chat/completions", json=BODY, headers=bearer)).text

    async def all_of_them() -> list[str]:
        async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=number)) as client:
            return await asyncio.gather(*(one(client) for _ in range(number)))

    said = asyncio.run(all_of_them())
    assert all(text.rstrip().endswith("data: [DONE]") and "word19" in text for text in said)
