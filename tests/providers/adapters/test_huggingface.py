"""Hugging Face's router and its tasks: chat as partners answer it, and every shape that a task's answer may have."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import ProviderError
from providers.types import (
    Capability,
    ClassificationRequest,
    Completion,
    EmbeddingRequest,
    ImageRequest,
    ModerationRequest,
    SummaryRequest,
)
from tests.providers.adapters.conftest import SECRET
from tests.providers.adapters.huggingface_house import (
    JPEG,
    PNG,
    House,
    ask,
    embed,
    fault,
    house,
    recorded,
    replayed,
)
from tests.upstream import Behaviour, replays

__all__ = ["house"]


@pytest.mark.shared
def test_a_recorded_vector_is_taken_as_it_is(house: House) -> None:
    vectors = embed(house.open(replayed("feature-extraction--200")), "This is an example again")
    assert vectors == (tuple(recorded("feature-extraction--200")["body"]),)


@pytest.mark.parametrize("shape", [[3.0, 4.0], [[3.0, 4.0]], [[[3.0, 4.0]]]])
def test_one_vector_is_found_however_deep_it_lies(house: House, shape: Any) -> None:
    assert embed(house.open(replays(200, {}, shape)), "a") == ((3.0, 4.0),)


def test_token_vectors_become_their_mean_of_length_one(house: House) -> None:
    of_tokens = [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 2.0], [0.0, 4.0], [0.0, 6.0]]]
    first, second = embed(house.open(replays(200, {}, of_tokens)), "a", "b")
    assert first == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)))
    assert second == pytest.approx((0.0, 1.0))


def test_token_vectors_of_a_single_text_are_pooled_too(house: House) -> None:
    for shape in ([[1.0, 0.0], [1.0, 0.0]], [[[1.0, 0.0], [1.0, 0.0]]], [[[[1.0, 0.0], [1.0, 0.0]]]]):
        assert embed(house.open(replays(200, {}, shape)), "a") == ((1.0, 0.0),)


def test_many_texts_go_in_batches_and_come_back_in_their_order(house: House) -> None:
    first, second = [[float(number), 1.0] for number in range(32)], [[float(number), 1.0] for number in range(32, 40)]
    endpoint = house.open(replays(200, {}, first), replays(200, {}, second))
    vectors = embed(endpoint, *(f"text {number}" for number in range(40)))
    assert [vector[0] for vector in vectors] == [float(number) for number in range(40)]
    assert [len(body["inputs"]) for body in house.bodies] == [32, 8]
    assert house.paths == ["/hf-inference/models/org/name/pipeline/feature-extraction"] * 2
    assert (house.bodies[0]["normalize"], house.bodies[0]["truncate"]) == (True, True)


@pytest.mark.parametrize("body", [[[1.0, 2.0]], [[1.0, 2.0], [1.0]], [[], []], "no", [["a"], ["b"]], {"a": 1}])
def test_vectors_that_do_not_fit_the_texts_are_broken(house: House, body: Any) -> None:
    assert fault(house.open(replays(200, {}, body)), "embed", EmbeddingRequest(("a", "b"))).kind == "BrokenAnswer"


# Classification


FLAT = [{"label": "NEGATIVE", "score": 0.1}, {"label": "POSITIVE", "score": 0.9000001}]


@pytest.mark.parametrize("shape", [FLAT, [FLAT]])
def test_a_classification_is_read_nested_and_flat_the_best_first(house: House, shape: Any) -> None:
    found = ask(house.open(replays(200, {}, shape)), "classify", ClassificationRequest("Nice"))
    assert [label.name for label in found.labels] == ["POSITIVE", "NEGATIVE"]
    assert found.usage.estimated
    assert house.bodies == [{"inputs": "Nice", "parameters": {"top_k": 50}}]


def test_a_score_a_hair_above_one_is_one(house: House) -> None:
    endpoint = house.open(replays(200, {}, [{"label": "A", "score": 1.0000001192092896}]))
    assert ask(endpoint, "classify", ClassificationRequest("Nice")).labels[0].score == 1.0


@pytest.mark.parametrize("body", [[], [[]], {}, "x", [{"label": "A"}], [{"label": "A", "score": 7}], [[1, 2]], None])
def test_an_odd_classification_is_broken(house: House, body: Any) -> None:
    endpoint = house.open(replays(200, {}, json.dumps(body)))
    assert fault(endpoint, "classify", ClassificationRequest("Nice")).kind == "BrokenAnswer"


NEW = [{"label": "music", "score": 0.9}, {"label": "books", "score": 0.2}]
OLD = {"sequence": "x", "labels": ["music", "books"], "scores": [0.9, 0.2]}


@pytest.mark.parametrize("shape", [NEW, OLD, [OLD], [NEW]])
def test_zero_shot_scores_are_read_in_the_new_and_the_old_shape(house: House, shape: Any) -> None:
    request = ClassificationRequest("A song", ("books", "music"), several=True)
    found = ask(house.open(replays(200, {}, shape)), "classify_zero_shot", request)
    assert [(label.name, label.score) for label in found.labels] == [("music", 0.9), ("books", 0.2)]
    assert house.bodies[0]["parameters"] == {"candidate_labels": ["books", "music"], "multi_label": True}


@pytest.mark.parametrize("body", [NEW[:1], [{"label": "art", "score": 1.0}], {"labels": ["music"], "scores": []}])
def test_zero_shot_labels_that_were_not_asked_for_are_broken(house: House, body: Any) -> None:
    request = ClassificationRequest("A song", ("books", "music"))
    assert fault(house.open(replays(200, {}, body)), "classify_zero_shot", request).kind == "BrokenAnswer"


def test_zero_shot_without_labels_is_not_sent(house: House) -> None:
    error = fault(house.open(), "classify_zero_shot", ClassificationRequest("A song"))
    assert error.kind == "InvalidRequest"
    assert house.paths == []


# Summaries


@pytest.mark.parametrize("shape", [[{"summary_text": " Short. "}], {"summary_text": "Short."}])
def test_a_summary_is_read_as_list_and_as_object(house: House, shape: Any) -> None:
    summary: Completion = ask(house.open(replays(200, {}, shape)), "summarize", SummaryRequest("Long text", 50))
    assert summary.text == "Short."
    assert summary.usage.estimated
    assert summary.usage.completion_tokens > 0
    assert house.bodies[0]["parameters"] == {"generate_parameters": {"max_new_tokens": 100}}


def test_a_summary_that_is_too_long_ends_with_a_whole_sentence(house: House) -> None:
    text = "One two three. Four five six! Seven eight nine."
    summary = ask(house.open(replays(200, {}, [{"summary_text": text}])), "summarize", SummaryRequest("x", 6))
    assert summary.text == "One two three. Four five six!"


@pytest.mark.parametrize("body", [[], [{}], [{"summary_text": "  "}], "text", {"summary_text": 5}])
def test_a_summary_without_words_is_broken(house: House, body: Any) -> None:
    assert fault(house.open(replays(200, {}, body)), "summarize", SummaryRequest("x")).kind == "BrokenAnswer"


# Pictures


def test_raw_bytes_are_a_picture_whatever_their_header_says(house: House) -> None:
    endpoint = house.open(replays(200, {"content-type": "image/jpeg"}, PNG))
    images = ask(endpoint, "draw", ImageRequest("A cat", width=512, height=256, count=2, seed=7))
    assert [(image.content, image.media_type) for image in images.images] == [(PNG, "image/png")] * 2
    assert [body["parameters"]["seed"] for body in house.bodies] == [7, 8]
    assert house.bodies[0]["inputs"] == "A cat"
    assert house.bodies[0]["parameters"] | {"seed": 0} == {"width": 512, "height": 256, "seed": 0}


@pytest.mark.parametrize("wrap", [lambda b64: {"data": [{"b64_json": b64}]}, lambda b64: {"image": f"data:x,{b64}"}])
def test_a_partners_base64_is_a_picture(house: House, wrap: Any) -> None:
    endpoint = house.open(replays(200, {}, wrap(base64.b64encode(JPEG).decode())))
    assert ask(endpoint, "draw", ImageRequest("A cat")).images[0].media_type == "image/jpeg"


@pytest.mark.parametrize("wrap", [lambda url: {"images": [{"url": url}]}, lambda url: {"output": [url]}])
def test_a_partners_address_is_fetched_without_the_key(house: House, wrap: Any) -> None:
    endpoint = house.open()
    url = f"{endpoint.base_url}/files/cat.png"
    picture = replays(200, {"content-type": "image/png"}, PNG)
    endpoint = house.open(replays(200, {}, wrap(url)), routes={"GET /files/cat.png": picture})
    assert ask(endpoint, "draw", ImageRequest("A cat")).images[0].content == PNG
    asked, fetched = house.upstream.requests(house.name)
    assert SECRET in asked.headers["authorization"]
    assert SECRET not in str(fetched.headers)


@pytest.mark.parametrize(
    "act",
    [
        replays(200, {"content-type": "text/html"}, "<html>"),
        replays(200, {"content-type": "image/png"}, b""),
        replays(200, {}, {"data": []}),
        replays(200, {}, {"image": "%%%"}),
        replays(200, {"content-type": "application/json"}, b"{"),
    ],
)
def test_what_is_no_picture_is_broken(house: House, act: Behaviour) -> None:
    assert fault(house.open(act), "draw", ImageRequest("A cat")).kind == "BrokenAnswer"


# Moderation


def test_a_toxicity_model_flags_from_one_half_on(house: House) -> None:
    harsh = [[{"label": "toxic", "score": 0.9}, {"label": "insult", "score": 0.5}, {"label": "threat", "score": 0.49}]]
    fine = [{"label": "non-toxic", "score": 0.99}, {"label": "toxic", "score": 0.01}]
    endpoint = house.open(replays(200, {}, harsh), replays(200, {}, fine))
    first, second = ask(endpoint, "moderate", ModerationRequest(("You …", "Good day"))).verdicts
    assert (first.flagged, first.categories) == (True, ("toxic", "insult"))
    assert first.scores == {"toxic": 0.9, "insult": 0.5, "threat": 0.49}
    assert (second.flagged, second.scores) == (False, {"toxic": 0.01})


# Refusals of tasks


def test_a_cold_model_is_overloaded_for_as_long_as_it_says(house: House) -> None:
    cold = replays(503, {}, {"error": "Model org/name is currently loading", "estimated_time": 20.0})
    error = fault(house.open(cold), "classify", ClassificationRequest("Nice"))
    assert (error.kind, error.wait_seconds) == ("Overloaded", 20.0)


@pytest.mark.shared
def test_a_recorded_list_of_faults_is_one_bad_request(house: House) -> None:
    error = fault(house.open(replayed("question-answering--400")), "classify", ClassificationRequest("Nice"))
    assert error.kind == "InvalidRequest"
    assert "field required" in error.detail


@pytest.mark.shared
def test_the_retired_host_says_where_to_go(house: House) -> None:
    error = fault(house.open(replayed("feature-extraction-retired-host--410")), "embed", EmbeddingRequest(("a",)))
    assert error.kind == "ModelUnavailable"
    assert "router.huggingface.co" in error.detail


def test_no_task_repeats_the_key_in_its_error(house: House) -> None:
    echo = replays(401, {}, {"error": f"bad token {SECRET}"})
    for method, request in (("embed", EmbeddingRequest(("a",))), ("draw", ImageRequest("x"))):
        assert SECRET not in str(fault(house.open(echo), method, request))


# The list of models


def partner(name: str, **facts: Any) -> dict[str, Any]:
    return {"provider": name, "status": "live", **facts}


LISTED = {
    "object": "list",
    "data": [
        {
            "id": "deepseek-ai/DeepSeek-V3.2",
            "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
            "providers": [
                partner("novita", context_length=163840, pricing={"input": 0.269, "output": 0.4},
                        supports_structured_output=False),
                partner("together", context_length=131072, pricing={"input": 1, "output": 1},
                        supports_structured_output=True),
                {"provider": "broken", "status": "error", "context_length": 10},
            ],
        },
        {"id": "org/free", "providers": [partner("a", is_free=True, supports_structured_output=True)]},
        {"id": "org/partly", "providers": [partner("a", is_free=True), partner("b", pricing={"input": 1})]},
        {"id": "org/unknown", "providers": [partner("a")]},
        {"id": "org/gone", "providers": [{"provider": "a", "status": "error"}]},
    ],
}  # fmt: skip


def test_the_list_says_what_every_live_partner_can(house: House) -> None:
    endpoint = house.open(routes={"GET /v1/models": replays(200, {}, LISTED)})
    models = {model.model_id: model for model in asyncio.run(adapter_for("huggingface").list_models(endpoint))}
    big = models["deepseek-ai/DeepSeek-V3.2"]
    assert (big.context_tokens, big.json_schema, big.free, big.retired) == (131072, False, False, False)
    assert big.capabilities == frozenset({Capability.TEXT_GENERATION})
    assert (models["org/free"].free, models["org/free"].json_schema) == (True, True)
    assert (models["org/partly"].free, models["org/partly:a"].free) == (False, True)
    assert models["org/unknown"].free is None
    assert models["org/gone"].retired
    assert set(models) == {entry["id"] for entry in LISTED["data"]} | {"org/partly:a"}  # type: ignore[index]


def test_an_odd_list_is_broken(house: House) -> None:
    endpoint = house.open(routes={"GET /v1/models": replays(200, {}, {"data": [{"name": "x"}]})})
    with pytest.raises(ProviderError, match="not a list of models"):
        asyncio.run(adapter_for("huggingface").list_models(endpoint))


def test_the_protocol_offers_every_capability() -> None:
    assert all(adapter_for("huggingface").offers(capability) for capability in Capability)
