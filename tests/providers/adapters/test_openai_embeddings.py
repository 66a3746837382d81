from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from providers.errors import BrokenAnswerError, InvalidRequestError, ProviderError, RateLimitError
from providers.types import Capability, EmbeddingRequest, Embeddings, Endpoint, Quirks
from tests.providers.adapters.asking import perform, perform_fault
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Exchange, Upstream, rate_limited, replays

TWO = EmbeddingRequest(("first", "second"))


def embed(endpoint: Endpoint, request: EmbeddingRequest = TWO) -> Embeddings:
    result = perform(endpoint, Capability.EMBEDDINGS, request)
    assert isinstance(result, Embeddings)
    return result


def fault(endpoint: Endpoint, request: EmbeddingRequest = TWO) -> ProviderError:
    return perform_fault(endpoint, Capability.EMBEDDINGS, request)


def numbers(*vectors: Any, **more: Any) -> Behaviour:
    """An answer with these vectors, numbered from the last to the first."""
    data = [{"index": at, "embedding": vector} for at, vector in enumerate(vectors)]
    return replays(200, {}, {"object": "list", "data": data[::-1], "model": "dated", **more})


async def lengths(exchange: Exchange) -> None:
    """As many vectors as texts; each tells the length of its text."""
    texts = exchange.request["input"]
    data = [{"index": at, "embedding": [float(len(text)), 1.0]} for at, text in enumerate(texts)]
    await exchange.send_json({"data": data, "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)}})


def test_every_text_gets_its_vector_whatever_their_order(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(numbers([0.5, 1], [2, -3.5], usage={"prompt_tokens": 4, "total_tokens": 4}))
    result = embed(endpoint)
    assert result.vectors == ((0.5, 1.0), (2.0, -3.5))
    assert (result.model_id, result.usage.prompt_tokens, result.usage.estimated) == ("dated", 4, False)
    sent = upstream.requests(name)[0]
    assert sent.path.endswith("/v1/embeddings")
    assert sent.json == {"model": "test-model", "input": ["first", "second"]}


def test_vectors_without_numbers_are_taken_as_they_come(place: PlaceOf) -> None:
    data = [{"embedding": [1.0]}, {"embedding": [2.0]}]
    assert embed(place(replays(200, {}, {"data": data}))[0]).vectors == ((1.0,), (2.0,))


def test_packed_vectors_are_unpacked(place: PlaceOf) -> None:
    packed = [base64.b64encode(struct.pack("<2f", *vector)).decode() for vector in ([0.5, 1.0], [2.0, -3.5])]
    assert embed(place(numbers(*packed))[0]).vectors == ((0.5, 1.0), (2.0, -3.5))


def test_a_vendors_own_fields_and_the_wanted_length_are_sent(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(numbers([1], [2]), quirks=Quirks(embedding_fields={"input_type": "passage"}))
    embed(endpoint, EmbeddingRequest(TWO.inputs, dimensions=256))
    sent = upstream.requests(name)[0].json
    assert (sent["input_type"], sent["dimensions"]) == ("passage", 256)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "This model does not support specifying dimensions.", "param": None, "code": None},
        {"message": "No.", "param": "dimensions", "code": "unsupported_parameter"},
        {"message": "Unsupported field", "param": "dimensions", "code": None},
    ],
)
def test_a_model_that_cannot_shorten_gives_its_own_length(place: PlaceOf, upstream: Upstream, error: Any) -> None:
    endpoint, name = place(replays(400, {}, {"error": error}), numbers([1, 2], [3, 4]))
    assert len(embed(endpoint, EmbeddingRequest(TWO.inputs, dimensions=1)).vectors[0]) == 2
    assert ["dimensions" in sent.json for sent in upstream.requests(name)] == [True, False]


def test_a_long_list_goes_out_in_batches_and_comes_back_whole(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(lengths)
    texts = tuple("x" * (1 + number % 7) for number in range(5000))
    result = embed(endpoint, EmbeddingRequest(texts, dimensions=8))
    assert [vector[0] for vector in result.vectors] == [float(len(text)) for text in texts]
    assert [len(sent.json["input"]) for sent in upstream.requests(name)] == [2048, 2048, 904]
    assert result.usage.prompt_tokens == 5000


def test_long_vectors_go_in_smaller_batches_so_that_their_answer_fits(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(lengths)
    embed(endpoint, EmbeddingRequest(("x",) * 300))
    assert len(upstream.requests(name)) == 2


def test_a_vendor_with_small_batches_gets_small_ones(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(lengths, quirks=Quirks(embedding_batch=2))
    embed(endpoint, EmbeddingRequest(("a", "b", "c")))
    assert [sent.json["input"] for sent in upstream.requests(name)] == [["a", "b"], ["c"]]


def test_long_texts_make_small_batches(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(lengths)
    embed(endpoint, EmbeddingRequest(("x" * 400_000,) * 3))
    assert [len(sent.json["input"]) for sent in upstream.requests(name)] == [1, 1, 1]


def test_missing_usage_is_estimated(place: PlaceOf) -> None:
    usage = embed(place(numbers([1], [2]))[0]).usage
    assert (usage.prompt_tokens, usage.estimated) == (TWO.estimated_prompt_tokens, True)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(numbers([1]), id="too few"),
        pytest.param(numbers([1], [2], [3]), id="too many"),
        pytest.param(numbers([1], [2, 3]), id="several lengths"),
        pytest.param(numbers([], []), id="empty"),
        pytest.param(numbers([1], ["a"]), id="no numbers"),
        pytest.param(replays(200, {}, b'{"data": [{"embedding": [NaN]}, {"embedding": [1]}]}'), id="not a number"),
        pytest.param(numbers("!!", "!!"), id="no base64"),
        pytest.param(numbers(base64.b64encode(b"abc").decode(), [1]), id="odd bytes"),
        pytest.param(replays(200, {}, {"data": [{"index": 0, "embedding": [1]}] * 2}), id="one twice"),
        pytest.param(replays(200, {}, {"data": []}), id="none"),
        pytest.param(replays(200, {}, {"data": None}), id="no list"),
    ],
)
def test_vectors_that_are_not_one_for_each_text_are_refused(place: PlaceOf, behaviour: Behaviour) -> None:
    assert type(fault(place(behaviour)[0])) is BrokenAnswerError


def test_a_refusal_becomes_its_error(place: PlaceOf) -> None:
    assert type(fault(place(rate_limited(3))[0])) is RateLimitError


def test_nothing_to_embed_is_the_callers_fault(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place()
    assert type(fault(endpoint, EmbeddingRequest(()))) is InvalidRequestError
    assert upstream.requests(name) == []
