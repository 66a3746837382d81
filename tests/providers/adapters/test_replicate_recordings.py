"""Real exchanges with Replicate, replayed over real sockets: every one of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from providers.adapters import replicate_account as account
from providers.adapters.base import adapter_for
from providers.types import Capability, Endpoint
from tests.providers.adapters.asking import HELLO, chat, chat_fault, stream
from tests.providers.adapters.replicate_places import created, prediction, replicate, says, sent
from tests.upstream import Behaviour, Exchange, Upstream, replays

pytestmark = pytest.mark.shared

T = TypeVar("T")
FOLDER = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
RECORDINGS: dict[str, dict[str, Any]] = {
    path.stem.removeprefix("replicate--"): json.loads(path.read_text())
    for path in sorted(FOLDER.glob("replicate--*.json"))
}
TRIED = {
    "files-create--201",
    "hardware-list--200",
    "model-get--200",
    "model-get--200--2",
    "models-list--200",
    "models-search--200",
    "prediction-cancel--200",
    "prediction-get--200",
    "prediction-get--200--2",
    "prediction-stream--200",
}
CREATED = [name for name, one in RECORDINGS.items() if one["response"]["status"] == 201 and "prediction" in name]
# What each refusal becomes, by the decision table that all vendors share.
REFUSALS = {
    "prediction-create--401": {"Authentication"},
    "prediction-create--402": {"QuotaExhausted", "NoCredit"},
    "prediction-create--422": {"InvalidRequest", "ModelUnavailable"},
    "prediction-create--422--required": {"InvalidRequest"},
    "prediction-create--422--required--2": {"InvalidRequest"},
}


def recorded(name: str) -> Behaviour:
    response = RECORDINGS[name]["response"]
    dropped = {"content-length", "content-encoding", "transfer-encoding", "connection"}
    headers = {key: value for key, value in (response.get("headers") or {}).items() if key.lower() not in dropped}
    body = response.get("body", response.get("sse"))
    return replays(response["status"], headers, body)


def body_of(name: str) -> Any:
    return RECORDINGS[name]["response"]["body"]


def asked(upstream: Upstream, route: str, name: str, ask: Callable[[Endpoint], Awaitable[T]]) -> tuple[T, Any]:
    """What a recorded answer is read as, and the request as it arrived."""
    endpoint, place = replicate(upstream, routes={route: recorded(name)})

    async def wait() -> T:
        return await ask(endpoint)

    found = asyncio.run(wait())
    return found, upstream.requests(place)[-1]


def test_no_recording_is_left_out() -> None:
    assert set(RECORDINGS) == TRIED | set(CREATED) | set(REFUSALS)
    assert len(CREATED) == 5


@pytest.mark.parametrize("name", CREATED)
def test_a_recorded_start_is_waited_for_and_not_taken_for_the_end(upstream: Upstream, name: str) -> None:
    body = body_of(name)
    run_id = body["id"]
    looks = {f"GET predictions/{run_id}": says("succeeded", ["the ", "end"], id=run_id)}
    endpoint, place = replicate(upstream, recorded(name), routes=looks)
    completion = chat(endpoint)
    assert (completion.text, completion.vendor_request_id) == ("the end", run_id)
    assert len(sent(upstream, place, "GET", f"/predictions/{run_id}")) == 1


@pytest.mark.parametrize("name", ["prediction-get--200", "prediction-get--200--2"])
def test_a_recorded_look_is_not_the_end(upstream: Upstream, name: str) -> None:
    run_id = body_of(name)["id"]
    looks = [recorded(name), says("succeeded", "end", id=run_id)]
    endpoint, place = replicate(
        upstream, says("starting", http=201, id=run_id), routes={f"GET predictions/{run_id}": looks}
    )
    assert chat(endpoint).text == "end"
    assert len(sent(upstream, place, "GET", run_id)) == 2


def test_a_recorded_cancelling_is_understood(upstream: Upstream) -> None:
    name = "prediction-cancel--200"
    run_id = body_of(name)["id"]
    found, request = asked(upstream, f"POST {run_id}/cancel", name, lambda endpoint: account.cancel(endpoint, run_id))
    assert (found.status, found.ended, found.metrics.predict_time) == ("canceled", True, 0.128148)
    assert request.path.endswith(f"/v1/predictions/{run_id}/cancel")


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_recorded_stream_is_understood_however_it_is_cut(upstream: Upstream, size: int) -> None:
    raw = RECORDINGS["prediction-stream--200"]["response"]["sse"].encode()

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for at in range(0, len(raw), size):
            await exchange.send_chunk(raw[at : at + size])
        await exchange.send_chunk(b"")

    endpoint, place = replicate(upstream)
    starting = prediction("starting", urls={"stream": f"{endpoint.base_url}/streams/s1"})
    routes = {"GET streams/s1": act, "GET predictions/p1": says("succeeded", None)}
    upstream.add(place, replays(201, {}, starting), routes=routes)
    chunks, error = stream(endpoint)
    text = "".join(chunk.text for chunk in chunks)
    assert error is None
    assert text.startswith("Sure, here's a joke about OpenTelemetry:\n\nWhy did the OpenTelemetry agent go")
    assert text.endswith("your face! Is there anything else I can assist you with?")
    assert [bool(chunk.finish_reason) for chunk in chunks].index(True) == len(chunks) - 1


@pytest.mark.parametrize("name", sorted(REFUSALS))
def test_a_recorded_refusal_becomes_its_error_and_is_not_repeated(upstream: Upstream, name: str) -> None:
    endpoint, place = replicate(upstream, recorded(name))
    error = chat_fault(endpoint)
    assert error.kind in REFUSALS[name]
    assert error.http_status == RECORDINGS[name]["response"]["status"]
    assert error.detail
    assert len(created(upstream, place)) == 1


def test_a_recorded_search_is_asked_by_query_and_understood(upstream: Upstream) -> None:
    found, request = asked(
        upstream, "QUERY /models", "models-search--200", lambda endpoint: account.search_models(endpoint, "llama")
    )
    assert (request.method, request.body, request.headers["content-type"]) == ("QUERY", b"llama", "text/plain")
    assert [one.path for one in found] == ["meta/meta-llama-3-8b"]
    assert found[0].capabilities == {Capability.TEXT_GENERATION}
    assert found[0].model_id.startswith("meta/meta-llama-3-8b:9a9e68fc")


def test_a_recorded_list_is_understood(upstream: Upstream) -> None:
    routes = {
        "GET collections/official": replays(404, {}, {"detail": "no"}),
        "GET /models": recorded("models-list--200"),
    }
    endpoint, _ = replicate(upstream, routes=routes)
    (found,) = asyncio.run(adapter_for("replicate").list_models(endpoint))
    assert found.model_id.startswith("catio-apps/controlnet-interior-design:32d731f4")
    # Its own picture is no required input, so it may be asked in words.
    assert found.capabilities == frozenset({Capability.IMAGE_GENERATION})
    assert found.free is False


def test_recorded_models_are_understood(upstream: Upstream) -> None:
    empty, _ = asked(
        upstream, "GET mattt/empty", "model-get--200", lambda endpoint: account.model(endpoint, "mattt/empty")
    )
    assert (empty.path, empty.model_id, empty.capabilities) == ("mattt/empty", "mattt/empty", frozenset())
    draws, _ = asked(
        upstream, "GET kvfrans/clipdraw", "model-get--200--2", lambda one: account.model(one, "kvfrans/clipdraw")
    )
    assert draws.capabilities == {Capability.IMAGE_GENERATION}


def test_recorded_hardware_is_understood(upstream: Upstream) -> None:
    found, _ = asked(upstream, "GET /hardware", "hardware-list--200", account.hardware)
    assert [one.sku for one in found] == ["cpu", "gpu-t4", "gpu-a40-small", "gpu-a40-large"]


def test_a_recorded_upload_is_understood(upstream: Upstream) -> None:
    found, request = asked(
        upstream,
        "POST /files",
        "files-create--201",
        lambda endpoint: account.upload(endpoint, 'a "b".txt', b"bytes", "text/plain"),
    )
    assert found == body_of("files-create--201")["urls"]["get"]
    assert b'name="content"; filename="a__b_.txt"' in request.body
    assert b"\r\n\r\nbytes\r\n--" in request.body


def test_a_recorded_model_with_a_recorded_start_makes_a_request(upstream: Upstream) -> None:
    model = body_of("models-search--200")["results"][0]
    endpoint, place = replicate(
        upstream,
        routes={"GET meta/meta-llama-3-8b": replays(200, {}, model)},
        model_id=f"{model['owner']}/{model['name']}",
    )
    chat(endpoint, HELLO)
    wanted = {"prompt": "Be brief.\n\nSay hello.", "max_tokens": 50}
    assert created(upstream, place)[0].json["input"] == wanted
