"""The Hub as a catalogue: models, data sets and rows in the shapes that the vendor documents and was recorded with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.adapters.hub import Hub, RowsWanted, Search
from providers.errors import ProviderError
from providers.types import Endpoint, Quirks
from tests.providers.adapters.conftest import SECRET
from tests.upstream import Behaviour, Upstream, answers, replays

RECORDINGS = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
BERT = {
    "_id": "1",
    "id": "google-bert/bert-base-uncased",
    "modelId": "google-bert/bert-base-uncased",
    "likes": 2000,
    "downloads": 60_000_000,
    "private": False,
    "tags": ["transformers", "fill-mask", "license:apache-2.0", "language:en"],
    "pipeline_tag": "fill-mask",
    "library_name": "transformers",
    "createdAt": "2022-03-02T23:29:04.000Z",
}
ROWS = {
    "features": [
        {"feature_idx": 0, "name": "text", "type": {"dtype": "string", "_type": "Value"}},
        {"feature_idx": 1, "name": "label", "type": {"names": ["neg", "pos"], "_type": "ClassLabel"}},
        {"feature_idx": 2, "name": "words", "type": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "List"}},
        {"feature_idx": 3, "name": "pairs", "type": [{"dtype": "string", "_type": "Value"}]},
    ],
    "rows": [{"row_idx": 7, "row": {"text": "Hi", "label": 1}, "truncated_cells": ["text"]}],
    "num_rows_total": 25000,
    "num_rows_per_page": 100,
    "partial": False,
}
HubOf = Callable[..., Hub]


@pytest.fixture
def hub(upstream: Upstream) -> HubOf:
    def make(routes: dict[str, Any], api_key: str = SECRET) -> Hub:
        base = upstream.add("hub", answers("no chat here"), routes=routes).removesuffix("/v1")
        quirks = Quirks(hub_url=base, rows_url=base)
        return Hub(Endpoint("hf", "huggingface", base, "", api_key, 5.0, allow_private_address=True, quirks=quirks))

    return make


def asked(upstream: Upstream, number: int = 0) -> dict[str, list[str]]:
    return parse_qs(urlsplit(upstream.requests("hub")[number].path).query)


def fault(asking: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        asyncio.run(asking)
    return caught.value


def test_a_search_asks_for_what_a_choice_needs(hub: HubOf, upstream: Upstream) -> None:
    there = hub({"GET /api/models": replays(200, {}, [BERT])})
    search = Search("bert ", task="fill-mask", library="transformers", author="google-bert", warm=True, limit=5)
    found = asyncio.run(there.search_models(search)).items[0]
    facts = (found.model_id, found.task, found.library, found.author, found.downloads, found.likes, found.license)
    assert facts == (BERT["id"], "fill-mask", "transformers", "google-bert", 60_000_000, 2000, "apache-2.0")
    assert (found.warm, found.gated, found.languages) == (False, False, ("en",))
    query = asked(upstream)
    assert query["search"] == ["bert"]
    assert (query["pipeline_tag"], query["inference"], query["limit"]) == (["fill-mask"], ["warm"], ["5"])
    assert {"inference", "inferenceProviderMapping", "gated"} <= set(query["expand[]"])


def test_only_the_cursor_is_taken_from_the_servers_link(hub: HubOf, upstream: Upstream) -> None:
    link = '<https://elsewhere.example/api/models?limit=9&cursor=ey%3D%3D>; rel="next"'
    there = hub({"GET /api/models": [replays(200, {"link": link}, [BERT]), replays(200, {}, [])]})
    first = asyncio.run(there.search_models(Search("bert")))
    assert first.cursor == "ey=="
    second = asyncio.run(there.search_models(Search("bert", cursor=first.cursor)))
    assert (second.items, second.cursor) == ((), "")
    assert asked(upstream, 1)["cursor"] == ["ey=="]


@pytest.mark.parametrize(
    "mapping",
    [
        {"groq": {"status": "live", "providerId": "llama", "task": "conversational"}, "x": {"status": "staging"}},
        [
            {"provider": "groq", "status": "live", "providerId": "llama", "task": "conversational"},
            {"provider": "x", "status": "staging"},
        ],
    ],
)
def test_partners_are_read_as_a_table_and_as_a_list(hub: HubOf, mapping: Any) -> None:
    there = hub({"GET /api/models/org/name": replays(200, {}, {"id": "org/name", "inferenceProviderMapping": mapping})})
    model = asyncio.run(there.model("org/name"))
    assert model.live_partners == ("groq",)
    assert model.warm
    assert [(partner.name, partner.task, partner.provider_id) for partner in model.partners] == [
        ("groq", "conversational", "llama"),
        ("x", "", ""),
    ]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["hub-model-info--200", "hub-model-info--200--2", "hub-model-info-revision--200"])
def test_a_recorded_model_is_understood(hub: HubOf, name: str) -> None:
    body = json.loads((RECORDINGS / f"huggingface--{name}.json").read_text())["response"]["body"]
    model = asyncio.run(hub({"GET /api/models/org/name": replays(200, {}, body)}).model("org/name"))
    assert (model.model_id, model.task, model.likes) == (body["id"], body["pipeline_tag"], body["likes"])
    assert model.license == body["cardData"]["license"]
    assert model.warm is (body.get("inference") == "warm")
    assert model.changed_at


def test_an_old_name_is_followed_once_on_the_same_host(hub: HubOf, upstream: Upstream) -> None:
    moved = replays(307, {"location": "/hub/api/models/google-bert/bert-base-uncased"}, "Temporary Redirect")
    there = hub(
        {
            "GET /api/models/bert-base-uncased": moved,
            "GET /api/models/google-bert/bert-base-uncased": replays(200, {}, BERT),
        }
    )
    assert asyncio.run(there.model("bert-base-uncased")).model_id == "google-bert/bert-base-uncased"
    assert "inferenceProviderMapping" in asked(upstream, 1)["expand[]"]


@pytest.mark.parametrize("location", ["https://elsewhere.example/x", "//elsewhere.example/x", "/\\elsewhere.example"])
def test_a_redirect_to_another_host_is_not_followed(hub: HubOf, upstream: Upstream, location: str) -> None:
    there = hub({"GET /api/models/org/name": replays(307, {"location": location}, "")})
    assert fault(there.model("org/name")).kind == "BrokenAnswer"
    assert len(upstream.requests("hub")) == 1


def test_a_redirect_in_a_circle_ends(hub: HubOf, upstream: Upstream) -> None:
    there = hub({"GET /api/models/org/name": replays(307, {"location": "/hub/api/models/org/name"}, "")})
    assert fault(there.model("org/name")).kind == "BrokenAnswer"
    assert len(upstream.requests("hub")) == 2


@pytest.mark.parametrize("name", ["", "../datasets", "a/b/c", "org/na me", "org/..", "https://x.example/a", "org/?a=b"])
def test_what_cannot_be_a_name_is_never_asked_for(hub: HubOf, upstream: Upstream, name: str) -> None:
    there = hub({})
    asking: tuple[Any, ...] = (
        there.model(name),
        there.dataset(name),
        there.dataset_splits(name),
        there.dataset_rows(RowsWanted(name, "a", "b")),
    )
    for one in asking:
        assert fault(one).kind == "InvalidRequest"
    assert upstream.requests("hub") == []


def test_an_unknown_order_is_refused_here(hub: HubOf) -> None:
    assert fault(hub({}).search_models(Search(sort="name"))).kind == "InvalidRequest"


def test_data_sets_are_searched_and_read(hub: HubOf, upstream: Upstream) -> None:
    songs = {
        "id": "org/songs",
        "downloads": 12,
        "likes": 3,
        "gated": "auto",
        "description": "Songs\n\n of the   sea",
        "tags": ["task_categories:text-classification", "size_categories:1K<n<10K", "license:cc0-1.0"],
        "cardData": {"language": ["pl", 5]},
    }
    there = hub(
        {"GET /api/datasets": replays(200, {}, [songs]), "GET /api/datasets/org/songs": replays(200, {}, songs)}
    )
    found = asyncio.run(there.search_datasets(Search("sea", task="text-classification"))).items[0]
    assert found == asyncio.run(there.dataset("org/songs"))
    assert (found.description, found.gated, found.license) == ("Songs of the sea", True, "cc0-1.0")
    assert (found.tasks, found.size, found.languages) == (("text-classification",), "1K<n<10K", ("pl",))
    assert asked(upstream)["filter"] == ["task_categories:text-classification"]


def test_rows_come_with_their_columns(hub: HubOf, upstream: Upstream) -> None:
    splits = {"splits": [{"dataset": "org/songs", "config": "default", "split": "train"}], "pending": [], "failed": []}
    there = hub(
        {
            "GET /splits": replays(200, {}, splits),
            "GET /rows": replays(200, {}, ROWS),
            "GET /search": replays(200, {}, ROWS),
        }
    )
    split = asyncio.run(there.dataset_splits("org/songs"))[0]
    assert (split.config, split.split) == ("default", "train")
    page = asyncio.run(there.dataset_rows(RowsWanted("org/songs", "default", "train", offset=-4, length=900)))
    kinds = [(column.name, column.kind) for column in page.columns]
    assert kinds == [
        ("text", "string"),
        ("label", "ClassLabel"),
        ("words", "list of int64"),
        ("pairs", "list of string"),
    ]
    assert (page.total, page.rows[0].number, page.rows[0].truncated) == (25000, 7, ("text",))
    assert (asked(upstream, 1)["offset"], asked(upstream, 1)["length"]) == (["0"], ["100"])
    asyncio.run(there.dataset_rows(RowsWanted("org/songs", "default", "train", query="sea")))
    assert asked(upstream, 2)["query"] == ["sea"]


def test_the_token_goes_along_where_there_is_one(hub: HubOf, upstream: Upstream) -> None:
    asyncio.run(hub({"GET /api/models": replays(200, {}, [])}).search_models(Search()))
    assert upstream.requests("hub")[0].headers["authorization"] == f"Bearer {SECRET}"
    asyncio.run(hub({"GET /api/models": replays(200, {}, [])}, api_key="").search_models(Search()))
    assert "authorization" not in upstream.requests("hub")[0].headers


REFUSALS = [
    (replays(401, {"x-error-code": "RepoNotFound"}, {"error": "Repository not found"}), "ModelUnavailable", None),
    (replays(401, {}, {"error": "Invalid username or password."}), "ModelUnavailable", None),
    (replays(401, {}, {"error": "Invalid credentials in Authorization header"}), "Authentication", None),
    (replays(404, {"x-error-code": "ExternalAuthenticatedError"}, {"error": "no"}), "ModelUnavailable", None),
    (replays(404, {"x-error-code": "ResponseNotFound"}, {"error": "no"}), "ModelUnavailable", None),
    (replays(403, {"x-error-code": "GatedRepo"}, {"error": "gated"}), "ModelForbidden", None),
    (replays(429, {"ratelimit": '"api";r=0;t=243'}, {"error": "slow down"}), "RateLimit", 243.0),
    (replays(429, {"ratelimit": '"api";r=3;t=243', "retry-after": "7"}, {"error": "slow"}), "RateLimit", 7.0),
    (replays(500, {"x-error-code": "ResponseNotReady"}, {"error": "busy"}), "Overloaded", 10.0),
    (replays(500, {}, "the index is loading, retry later"), "Overloaded", 10.0),
    (replays(500, {}, "Internal Server Error"), "Unavailable", None),
    (replays(501, {"x-error-code": "DatasetInBlockListError"}, {"error": "no"}), "ModelUnavailable", None),
    (replays(422, {"x-error-code": "MissingRequiredParameter"}, {"error": "no"}), "InvalidRequest", None),
    (replays(200, {"content-type": "text/html"}, "<html>"), "BrokenAnswer", None),
    (replays(200, {}, {"rows": "x"}), "BrokenAnswer", None),
]


@pytest.mark.parametrize(("act", "kind", "wait"), REFUSALS)
def test_a_refusal_becomes_one_of_our_errors(hub: HubOf, act: Behaviour, kind: str, wait: float | None) -> None:
    error = fault(hub({"GET /rows": act}).dataset_rows(RowsWanted("org/songs", "default", "train")))
    assert (error.kind, error.wait_seconds) == (kind, wait)
    assert error.detail


def test_a_refused_token_is_known_in_a_search_and_never_repeated(hub: HubOf) -> None:
    there = hub({"GET /api/models": replays(401, {}, {"error": f"bad {SECRET}"})})
    error = fault(there.search_models(Search()))
    assert error.kind == "Authentication"
    assert SECRET not in error.detail


@pytest.mark.parametrize("body", [{}, [{"name": 1}], "no", None])
def test_an_odd_search_is_broken(hub: HubOf, body: Any) -> None:
    routes = {
        "GET /api/models": replays(200, {}, json.dumps(body)),
        "GET /api/datasets": replays(200, {}, json.dumps(body)),
    }
    there = hub(routes)
    assert fault(there.search_models(Search())).kind == "BrokenAnswer"
    assert fault(there.search_datasets(Search())).kind == "BrokenAnswer"
