"""One stream of each dialect, recorded where there is a recording, and what it says."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from providers.types import Endpoint, FinishReason
from tests.providers.adapters import recorded
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour

SSE = "text/event-stream"
NDJSON = "application/x-ndjson"


def events(*bodies: dict[str, Any], end: str = "\n") -> bytes:
    """Server-sent events named by their `type`, as Anthropic, Cohere and OpenAI's Responses send them."""
    named = (f"event: {body['type']}{end}" if "type" in body else "" for body in bodies)
    data = (f"data: {json.dumps(body, ensure_ascii=False)}{end}{end}" for body in bodies)
    return "".join(name + line for name, line in zip(named, data, strict=True)).encode()


def lines(*bodies: dict[str, Any]) -> bytes:
    """Lines of JSON, as Ollama sends them."""
    return "".join(json.dumps(body, ensure_ascii=False) + "\n" for body in bodies).encode()


# No exchange of Cohere's streams is recorded: these are the events of its documentation.
COHERE = events(
    {"type": "message-start", "id": "29f14a5a", "delta": {"message": {"role": "assistant"}}},
    {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Cześć"}}}},
    {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 0, "end": 3}}}},
    {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": ", świecie"}}}},
    {"type": "content-end", "index": 0},
    {
        "type": "message-end",
        "delta": {
            "finish_reason": "COMPLETE",
            "usage": {
                "billed_units": {"input_tokens": 3, "output_tokens": 5},
                "tokens": {"input_tokens": 71.0, "output_tokens": 6.0},
            },
        },
    },
)


@dataclass(frozen=True)
class Streamed:
    """A stream: its bytes (or the recording that has them), the pieces of text in it, its count and its model."""

    protocol: str
    source: str | bytes
    texts: tuple[str, ...]
    tokens: tuple[int, int]
    model_id: str
    kind: str = SSE

    @property
    def raw(self) -> bytes:
        return recorded.raw(self.source) if isinstance(self.source, str) else self.source

    @property
    def last_byte(self) -> int:
        """Where the last byte stands that the answer cannot do without."""
        return self.raw.rindex(b"}")

    def __str__(self) -> str:
        return self.source if isinstance(self.source, str) else self.protocol


_COUNTED = ("Okay", ",", " here", " we", " go", "!", "\n\n", *"1, 2, 3, 4, 5", "\n")
STREAMS = (
    Streamed("anthropic", "anthropic--messages-stream--200--2", ("ok",), (1639, 4), "claude-sonnet-4-6"),
    Streamed(
        "anthropic",
        "anthropic--messages-stream--200",
        ("The Ruby programming language was created by Yukihiro Matsumoto in 1993.",),
        (672, 39),
        "claude-haiku-4-5-20251001",
    ),
    Streamed("gemini", "gemini--generate-stream--200", ("1, 2, 3",), (8, 28), "gemini-2.5-flash"),
    Streamed("cohere", COHERE, ("Cześć", ", świecie"), (71, 6), "test-model"),
    Streamed("ollama", "ollama--ollama-generate-stream--200", _COUNTED, (16, 22), "gemma3:1b", NDJSON),
    Streamed("openai-responses", "openai--responses-stream--200", ("2",), (13, 5), "gpt-5.4-2026-03-05"),
)
FINISHED = FinishReason.STOP


def speaking(
    place: PlaceOf, protocol: str, *behaviours: Behaviour, model_id: str = "test-model", **changes: Any
) -> Endpoint:
    """A new place that is asked in this protocol."""
    return replace(place(*behaviours, **changes)[0], protocol=protocol, model_id=model_id)
