"""The recorded exchanges of real vendors, and how each is played back by the simulated upstream."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.upstream import Behaviour, Exchange

FOLDER = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
_NOT_REPLAYED = {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"}
FIRST_ERROR = 400


@dataclass(frozen=True)
class Recording:
    """One exchange. `kind` is `ok`, `stream` or `error`, as in the index of the recordings."""

    name: str
    provider: str
    operation: str
    kind: str
    model: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]

    @property
    def status(self) -> int:
        return int(self.response["status"])

    @property
    def body(self) -> Any:
        """The parsed JSON of the answer, or its text."""
        return self.response.get("body", self.response.get("text", self.response.get("sse")))

    @property
    def headers(self) -> dict[str, str]:
        """The recorded headers that a server may send again."""
        return {
            name.lower(): value
            for name, value in (self.response.get("headers") or {}).items()
            if isinstance(value, str) and value.isascii() and name.lower() not in _NOT_REPLAYED
        }

    @property
    def raw(self) -> bytes:
        """The answer's bytes."""
        if "base64" in self.response:
            return base64.b64decode(self.response["base64"])
        body = self.body
        if body is None:
            return b""
        return body.encode() if isinstance(body, str) else json.dumps(body, ensure_ascii=False).encode()

    @property
    def content_type(self) -> str:
        """As it was recorded, else by what the body is."""
        usual = "text/event-stream" if "sse" in self.response else "application/json"
        return self.headers.get("content-type", usual)


@cache
def recordings() -> Mapping[str, Recording]:
    """Every recording by its name; empty where the shared folder is missing."""
    if not FOLDER.is_dir():
        return {}
    index = json.loads((FOLDER / "INDEX.json").read_text())
    rows = next(value for value in index.values() if isinstance(value, list))
    return {Path(row["file"]).stem: _read(row) for row in rows}


def _read(row: Mapping[str, Any]) -> Recording:
    found = json.loads((FOLDER / row["file"]).read_text())
    return Recording(
        name=Path(row["file"]).stem,
        provider=row["provider"],
        operation=row["operation"],
        kind=row["kind"],
        model=row["model"] or "test-model",
        request=found["request"],
        response=found["response"],
    )


def replayed(recording: Recording, *, piece: int = 0, until: int | None = None, body: bytes | None = None) -> Behaviour:
    """The recording as an answer: whole, or in chunks of `piece` bytes, or only its first `until` bytes."""
    raw = (recording.raw if body is None else body)[:until]
    headers = {**recording.headers, "content-type": recording.content_type}

    async def act(exchange: Exchange) -> None:
        if not piece:
            await exchange.send(recording.status, headers, raw)
            return
        await exchange.send_head(recording.status, {**headers, "transfer-encoding": "chunked"})
        for at in range(0, len(raw), piece):
            await exchange.send_chunk(raw[at : at + piece])
        await exchange.send_chunk(b"")

    return act
