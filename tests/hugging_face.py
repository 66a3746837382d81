"""A Hugging Face of our own at the simulated upstream: router, Hub and row server, and a provider that leads there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.models import Provider, ProviderKey
from tests.upstream import Behaviour, Exchange, Upstream, answers, replays

KEY = "hf_planted-not-to-be-found-0123456789"


def model(model_id: str, task: str, *partners: str, **facts: Any) -> dict[str, Any]:
    """A model as the Hub lists it; `partners` serve it now."""
    doing = "conversational" if task == "text-generation" else task
    mapping = {name: {"status": "live", "providerId": model_id.lower(), "task": doing} for name in partners}
    return {
        "_id": "1",
        "id": model_id,
        "pipeline_tag": task,
        "downloads": 1_234_567,
        "likes": 890,
        "gated": False,
        "private": False,
        "tags": ["license:apache-2.0", task],
        "lastModified": "2026-08-01T10:00:00.000Z",
        "inferenceProviderMapping": mapping,
        **({"inference": "warm"} if partners else {}),
        **facts,
    }


MODELS = [
    model("meta-llama/Llama-3.1-8B-Instruct", "text-generation", "groq", "cerebras", "novita", gated="manual"),
    model("BAAI/bge-small-en-v1.5", "feature-extraction", "hf-inference"),
    model("facebook/bart-large-mnli", "zero-shot-classification", "hf-inference"),
    model("unitary/toxic-bert", "text-classification", "hf-inference"),
    model("black-forest-labs/FLUX.1-schnell", "text-to-image", "fal-ai", "nscale"),
    model("openai/whisper-large-v3", "automatic-speech-recognition", "hf-inference"),
    model("org/cold-model", "summarization"),
]
CHATTING = {
    "object": "list",
    "data": [
        {
            "id": "meta-llama/Llama-3.1-8B-Instruct",
            "providers": [
                {"provider": "groq", "status": "live", "context_length": 131072, "supports_structured_output": True},
                {"provider": "novita", "status": "live", "context_length": 16384, "supports_structured_output": True},
            ],
        }
    ],
}
SONGS: dict[str, Any] = {
    "id": "music/songs",
    "author": "music",
    "downloads": 4321,
    "likes": 56,
    "gated": False,
    "private": False,
    "description": "Songs of four continents with their listeners by month.",
    "tags": ["license:cc0-1.0", "language:en", "language:pl", "size_categories:1K<n<10K"],
    "lastModified": "2026-08-01T10:00:00.000Z",
}
SPLITS = {
    "splits": [
        {"dataset": "music/songs", "config": "default", "split": "train"},
        {"dataset": "music/songs", "config": "default", "split": "test"},
    ],
    "pending": [],
    "failed": [],
}


def _gives_rows(total: int) -> Behaviour:
    async def act(exchange: Exchange) -> None:
        at = int(exchange.path.partition("offset=")[2].partition("&")[0] or 0)
        numbers = range(at, min(at + 20, total))
        rows = [{"row_idx": n, "row": {"title": f"Song {n}", "plays": n * 10}, "truncated_cells": []} for n in numbers]
        features = [
            {"feature_idx": 0, "name": "title", "type": {"dtype": "string", "_type": "Value"}},
            {"feature_idx": 1, "name": "plays", "type": {"dtype": "int64", "_type": "Value"}},
        ]
        await exchange.send_json({"features": features, "rows": rows, "num_rows_total": total, "partial": False})

    return act


def _gives_models(more: bool) -> Behaviour:  # noqa: FBT001 - a plain switch
    async def act(exchange: Exchange) -> None:
        further = "cursor=" in exchange.path
        link = {"link": '<https://huggingface.co/api/models?cursor=next-page>; rel="next"'} if more else {}
        models = [model("org/second-page", "summarization", "hf-inference")] if further else MODELS
        await exchange.send_json(models, headers={} if further else link)

    return act


def house(upstream: Upstream, routes: Mapping[str, Any] | None = None, *, more: bool = False, name: str = "hf") -> str:
    """Open the place; its address without a slash. `routes` take the place of what it does by itself."""
    one_each = {f"GET /api/models/{found['id']}": replays(200, {}, found) for found in MODELS}
    missing = {"error": "Invalid username or password."}
    usual: dict[str, Any] = {
        "GET /api/models": _gives_models(more),
        **one_each,
        "GET /api/models/org/missing": replays(401, {"x-error-code": "RepoNotFound"}, missing),
        # Whatever else is looked for is not there, which the Hub says in the same words.
        "GET ": replays(401, {"x-error-code": "RepoNotFound"}, missing),
        "GET /v1/models": replays(200, {}, CHATTING),
        "GET /api/datasets": replays(200, {}, [SONGS]),
        "GET /api/datasets/music/songs": replays(200, {}, SONGS),
        "GET /splits": replays(200, {}, SPLITS),
        "GET /rows": _gives_rows(45),
        "GET /search": _gives_rows(1),
    }
    base = upstream.add(name, answers("Hello"), routes={**usual, **(routes or {})})
    return base.removesuffix("/v1")


def provider(base: str, slug: str = "hugging-face") -> Provider:
    """A stored Hugging Face provider that reaches the house, with a key."""
    row = Provider.objects.create(
        slug=slug,
        name="Hugging Face",
        protocol="huggingface",
        base_url=base,
        allow_private_address=True,
        timeout_seconds=5,
        quirks={"hub_url": base, "rows_url": base},
    )
    key = ProviderKey(provider=row)
    key.hold(KEY)
    key.save()
    return row
