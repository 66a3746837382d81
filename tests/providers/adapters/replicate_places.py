"""What the tests of Replicate share: predictions as the vendor sends them, and places that answer like it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from providers.types import Endpoint
from tests.upstream import Behaviour, Exchange, Recorded, Upstream, replays

TOKEN = "r8_PLANTED0secret1with2digits3and4letters"
MODEL = "meta/meta-llama-3-8b-instruct"
VERSION = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"

_numbers = itertools.count(1)

Routes = Mapping[str, Behaviour | Sequence[Behaviour]]


def prediction(status: str = "succeeded", output: Any = None, **facts: Any) -> dict[str, Any]:
    """A prediction's JSON."""
    return {
        "id": "p1",
        "model": MODEL,
        "version": "hidden",
        "input": {},
        "logs": "",
        "output": output,
        "data_removed": False,
        "error": None,
        "status": status,
        "created_at": "2026-11-24T10:00:00.000Z",
        "urls": {"get": "https://elsewhere.example/p1", "cancel": "https://elsewhere.example/p1/cancel"},
        **facts,
    }


def says(status: str = "succeeded", output: Any = None, *, http: int = 200, **facts: Any) -> Behaviour:
    """An answer that is a prediction."""
    return replays(http, {}, prediction(status, output, **facts))


def model_json(inputs: Mapping[str, Any], output: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """A model's JSON with a schema."""
    schemas = {"Input": {"type": "object", "properties": inputs}, "Output": output, **facts.pop("schemas", {})}
    if required := facts.pop("required", None):
        schemas["Input"]["required"] = required
    version = {
        "id": VERSION,
        "created_at": "2026-01-01T00:00:00Z",
        "openapi_schema": {"components": {"schemas": schemas}},
    }
    owner, name = MODEL.split("/")
    return {"owner": owner, "name": name, "description": None, "latest_version": version, **facts}


def replicate(
    upstream: Upstream, *creating: Behaviour, routes: Routes | None = None, model_id: str = MODEL, **changes: Any
) -> tuple[Endpoint, str]:
    """A place that answers creating with these behaviours in turn; its endpoint and its name."""
    name = f"replicate{next(_numbers)}"
    base = {
        "GET /predictions": replays(200, {}, {"next": None, "previous": None, "results": []}),
        "GET predictions/p1": says("succeeded", ["Hel", "lo"]),
        "POST p1/cancel": says("canceled"),
        f"GET models/{MODEL}": replays(
            404, {}, {"detail": "The requested resource could not be found.", "status": 404}
        ),
    }
    base_url = upstream.add(
        name, *(creating or (says("succeeded", ["Hel", "lo"], http=201),)), routes={**base, **(routes or {})}
    )
    facts: dict[str, Any] = {"api_key": TOKEN, "timeout_seconds": 5.0, "allow_private_address": True, **changes}
    return Endpoint(provider=name, protocol="replicate", base_url=base_url, model_id=model_id, **facts), name


def sent(upstream: Upstream, name: str, method: str, ending: str) -> list[Recorded]:
    """The requests of a place by method and the end of their path."""
    return [one for one in upstream.requests(name) if one.method == method and one.path.endswith(ending)]


def created(upstream: Upstream, name: str) -> list[Recorded]:
    """The requests that would start a prediction."""
    return sent(upstream, name, "POST", "/predictions")


def sse(*blocks: str, stall: float = 0, cut: bool = False) -> Behaviour:
    """A stream of raw event blocks; `stall`: seconds of silence after the first; `cut`: no last chunk."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        for number, block in enumerate(blocks):
            await exchange.send_chunk(f"{block}\n\n".encode())
            if stall and number == 0:
                await asyncio.sleep(stall)
        if cut:
            exchange.close()
        else:
            await exchange.send_chunk(b"")

    return act
