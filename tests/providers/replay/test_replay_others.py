"""The recorded successes that are no chat: vectors, pictures, verdicts, models, the Hub and Replicate's runs."""

from __future__ import annotations

import asyncio
import base64
import itertools
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar

import pytest

from providers.adapters import replicate_account as account
from providers.adapters.base import adapter_for
from providers.adapters.hub import Hub
from providers.errors import ProviderError
from providers.types import Endpoint, Quirks
from tests.providers.replay.driving import ask, chat_request, endpoint_at, method_of, protocol_of
from tests.providers.replay.recordings import Recording, replayed
from tests.providers.replay.test_replay import RECORDINGS, WITHOUT_ANSWER
from tests.upstream import Behaviour, Upstream, replays

pytestmark = [pytest.mark.shared, pytest.mark.once]

T = TypeVar("T")
Note = Callable[[str, object], None]
_numbers = itertools.count(1)
_PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


def opened(upstream: Upstream, recording: Recording, routes: Mapping[str, Behaviour] | None = None) -> Endpoint:
    name = f"other{next(_numbers)}"
    behaviour = replayed(recording)
    base_url = upstream.add(name, behaviour, routes={"GET ": behaviour, "QUERY ": behaviour, **(routes or {})})
    return endpoint_at(name, recording, base_url)


def named(*methods: str) -> list[str]:
    return [one.name for one in RECORDINGS.values() if one.kind != "error" and method_of(one) in methods]


def told(note: Note, recording: Recording, became: str) -> None:
    note("replay", [recording.name, f"{protocol_of(recording)}.{method_of(recording)}", became])


def waited(call: Awaitable[T]) -> T:
    async def wait() -> T:
        return await call

    return asyncio.run(wait())


def test_every_recorded_success_has_a_case() -> None:
    elsewhere = set(named("chat", "stream")) | WITHOUT_ANSWER
    here = set(named("embed", "draw", "moderate", "list_models", "models-get", "hub model", "inference-endpoint"))
    replicate = {one.name for one in RECORDINGS.values() if method_of(one).startswith("replicate ")}
    assert elsewhere | here | replicate == {one.name for one in RECORDINGS.values() if one.kind != "error"}


@pytest.mark.parametrize("name", named("embed"))
def test_recorded_vectors_are_read(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    result = ask(opened(upstream, recording), recording)
    body = recording.body
    first = body["data"][0]["embedding"] if isinstance(body, dict) else body
    wanted = _floats(first) if isinstance(first, str) else first
    told(record_property, recording, f"{len(result.vectors[0])} numbers, {result.usage.prompt_tokens} tokens")
    assert result.vectors[0] == pytest.approx(tuple(wanted))
    if isinstance(body, dict):
        assert result.usage.prompt_tokens == body["usage"]["prompt_tokens"]


def _floats(packed: str) -> tuple[float, ...]:
    # Recordings are cut: what is left of the last number is no number.
    raw = base64.b64decode(packed + "=" * (-len(packed) % 4))
    return struct.unpack(f"<{len(raw) // 4}f", raw[: len(raw) // 4 * 4])


@pytest.mark.parametrize("name", named("draw"))
def test_a_recorded_picture_is_fetched_from_its_link(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    picture = f"{upstream.add('pictures', replays(200, {}, ''))}/cat.png"
    upstream.add("pictures", routes={"GET /cat.png": _sends(_PNG)})
    body = {**recording.body, "data": [{"url": picture}]}
    endpoint = opened(upstream, recording, {"POST /generations": replays(200, recording.headers, body)})
    (image,) = ask(endpoint, recording).images
    told(record_property, recording, f"1 picture, {image.media_type}")
    assert (image.content, image.media_type) == (_PNG, "image/png")
    (request,) = upstream.requests("pictures")
    assert "authorization" not in request.headers


def _sends(content: bytes) -> Behaviour:
    async def act(exchange: Any) -> None:
        await exchange.send(200, {"content-type": "application/octet-stream"}, content)

    return act


@pytest.mark.parametrize("name", named("moderate"))
def test_a_recorded_verdict_is_read(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    (verdict,) = ask(opened(upstream, recording), recording).verdicts
    wanted = recording.body["results"][0]
    told(record_property, recording, f"flagged: {verdict.flagged}, {len(verdict.scores)} scores")
    assert (verdict.flagged, dict(verdict.scores)) == (wanted["flagged"], wanted["category_scores"])


@pytest.mark.parametrize("name", named("list_models", "models-get"))
def test_a_recorded_list_of_models_is_read(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    endpoint = opened(upstream, recording)
    found = waited(adapter_for(endpoint.protocol).list_models(endpoint))
    entries = recording.body.get("data", [recording.body])
    told(record_property, recording, f"{len(found)} models")
    assert [one.model_id for one in found] == list(dict.fromkeys(entry["id"] for entry in entries))


@pytest.mark.parametrize("name", named("hub model"))
def test_a_recorded_model_of_the_hub_is_read(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    endpoint = opened(upstream, recording)
    hub = Hub(Endpoint("hub", "huggingface", endpoint.base_url, "", allow_private_address=True, quirks=_at(endpoint)))
    found = waited(hub.model(recording.body["id"]))
    told(record_property, recording, f"{found.task or 'no task'}, {found.downloads} downloads")
    assert (found.model_id, found.downloads) == (recording.body["id"], recording.body["downloads"])
    assert found.task == (recording.body.get("pipeline_tag") or "")


def _at(endpoint: Endpoint) -> Quirks:
    return Quirks(hub_url=endpoint.base_url, rows_url=endpoint.base_url)


@pytest.mark.parametrize("name", named("replicate prediction-create", "replicate model-prediction-create"))
def test_a_recorded_start_is_waited_for(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    run_id = recording.body["id"]
    done = replays(200, {}, {**recording.body, "status": "succeeded", "output": ["the ", "end"]})
    endpoint = opened(upstream, recording, {"GET acme/writer": replays(404, {}, {}), f"GET {run_id}": done})
    completion = waited(adapter_for("replicate").chat(endpoint, chat_request(recording)))
    told(record_property, recording, f"{recording.body['status']}, then its end")
    assert (completion.text, completion.vendor_request_id) == ("the end", run_id)


_ACCOUNT: dict[str, Callable[[Endpoint, Any], Awaitable[Any]]] = {
    "prediction-get": lambda endpoint, body: account.prediction(endpoint, body["id"]),
    "prediction-cancel": lambda endpoint, body: account.cancel(endpoint, body["id"]),
    "model-get": lambda endpoint, body: account.model(endpoint, f"{body['owner']}/{body['name']}"),
    "models-list": lambda endpoint, _: account.models(endpoint),
    "models-search": lambda endpoint, _: account.search_models(endpoint, "llama"),
    "hardware-list": lambda endpoint, _: account.hardware(endpoint),
    "files-create": lambda endpoint, _: account.upload(endpoint, "a.txt", b"", "text/plain"),
}
# What each of them must tell, read from the recording by hand.
_TELLS: dict[str, Callable[[Any], Any]] = {
    "prediction-get": lambda found: found.status,
    "prediction-cancel": lambda found: found.status,
    "model-get": lambda found: found.path,
    "models-list": lambda found: [one.path for one in found],
    "models-search": lambda found: [one.path for one in found],
    "hardware-list": lambda found: [one.sku for one in found],
    "files-create": lambda found: found,
}
_WANTED: dict[str, Callable[[Any], Any]] = {
    "prediction-get": lambda body: body["status"],
    "prediction-cancel": lambda body: body["status"],
    "model-get": lambda body: f"{body['owner']}/{body['name']}",
    "models-list": lambda body: [f"{one['owner']}/{one['name']}" for one in body["results"]],
    "models-search": lambda body: [f"{one['owner']}/{one['name']}" for one in body["results"]],
    "hardware-list": lambda body: [one["sku"] for one in body],
    "files-create": lambda body: body["urls"]["get"],
}


@pytest.mark.parametrize("name", named(*(f"replicate {operation}" for operation in _ACCOUNT)))
def test_a_recorded_answer_of_replicate_is_read(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    endpoint = opened(upstream, recording)
    found = _TELLS[recording.operation](waited(_ACCOUNT[recording.operation](endpoint, recording.body)))
    told(record_property, recording, str(found)[:60])
    assert found == _WANTED[recording.operation](recording.body)


@pytest.mark.parametrize("name", named("replicate prediction-stream"))
def test_a_recorded_stream_of_replicate_comes_in_order(upstream: Upstream, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    endpoint = opened(upstream, recording)
    started = {"id": "p1", "status": "starting", "urls": {"stream": f"{endpoint.base_url}/streams/s1"}}
    ended = {**started, "status": "succeeded", "output": None}
    routes = {
        "GET acme/writer": replays(404, {}, {}),
        "POST ": replays(201, {}, started),
        "GET streams/s1": replayed(recording, piece=7),
        "GET predictions/p1": replays(200, {}, ended),
    }
    upstream.add(endpoint.provider, routes=routes)

    async def collected() -> list[Any]:
        return [chunk async for chunk in adapter_for("replicate").stream(endpoint, chat_request(recording))]

    chunks = waited(collected())
    pieces = [chunk.text for chunk in chunks if chunk.text]
    told(record_property, recording, f"{chunks[-1].finish_reason}, {len(pieces)} pieces")
    assert pieces == [piece for piece in _output(recording.body) if piece]


def _output(sse: str) -> list[str]:
    """The data of every `output` event; lines of one event are joined by a line end."""
    blocks = [block.splitlines() for block in sse.split("\n\n")]
    data = [
        [line[len("data: ") :] for line in lines if line.startswith("data:")]
        for lines in blocks
        if "event: output" in lines
    ]
    return ["\n".join(lines) for lines in data]


@pytest.mark.parametrize("name", named("inference-endpoint"))
def test_an_endpoint_that_speaks_another_protocol_is_never_taken_for_an_answer(
    upstream: Upstream, name: str, record_property: Note
) -> None:
    recording = RECORDINGS[name]
    with pytest.raises(ProviderError) as caught:
        waited(adapter_for("huggingface").chat(opened(upstream, recording), chat_request(recording)))
    told(record_property, recording, f"{caught.value.kind}: a dedicated endpoint's own protocol, which is not spoken")
    assert caught.value.kind == "BrokenAnswer"
