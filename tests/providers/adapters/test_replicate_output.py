"""Pictures and vectors from Replicate, and where the token goes when they are fetched."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import Any

import pytest

from providers.adapters import wire
from providers.adapters.base import adapter_for
from providers.adapters.replicate_calls import key_header
from providers.errors import BrokenAnswerError, ForbiddenAddressError, ModelUnavailableError, ProviderError
from providers.types import EmbeddingRequest, Embeddings, Endpoint, ImageRequest, Images
from tests.providers.adapters.replicate_places import (
    MODEL,
    PNG,
    TOKEN,
    Routes,
    created,
    model_json,
    replicate,
    says,
    sent,
)
from tests.upstream import Behaviour, Upstream, replays

PICTURE = replays(200, {"content-type": "image/png"}, PNG)
FILES = {"type": "array", "items": {"type": "string", "format": "uri"}}
NUMBERS = {"type": "array", "items": {"type": "number"}}
ALLOWED = Endpoint("replicate", "replicate", "https://api.replicate.com/v1", MODEL, TOKEN)


def draw(endpoint: Endpoint, **facts: Any) -> Images:
    return asyncio.run(adapter_for("replicate").draw(endpoint, ImageRequest("a corgi", **facts)))


def embed(endpoint: Endpoint, *texts: str) -> Embeddings:
    return asyncio.run(adapter_for("replicate").embed(endpoint, EmbeddingRequest(texts)))


def drawing(
    upstream: Upstream, output: Any, *pictures: Behaviour, host: str = "", routes: Routes | None = None, **changes: Any
) -> tuple[Endpoint, str]:
    """A place that draws; `{}` in the output becomes the place's own address, or that of another host."""
    endpoint, name = replicate(upstream, routes=routes, **changes)
    base = endpoint.base_url.replace("127.0.0.1", host or "127.0.0.1")
    whole = [one.replace("{}", base) for one in output] if isinstance(output, list) else output.replace("{}", base)
    upstream.add(
        name,
        says("succeeded", whole, http=201),
        routes={
            f"GET models/{MODEL}": replays(404, {}, {"detail": "no", "status": 404}),
            **{f"GET out{number}.png": act for number, act in enumerate(pictures)},
            **(routes or {}),
        },
    )
    return endpoint, name


@pytest.mark.parametrize("output", ["{}/out0.png", ["{}/out0.png"]])
def test_a_picture_is_fetched_at_once(upstream: Upstream, output: Any) -> None:
    endpoint, name = drawing(upstream, output, PICTURE)
    drawn = draw(endpoint)
    assert [(image.content, image.media_type) for image in drawn.images] == [(PNG, "image/png")]
    assert (drawn.model_id, drawn.vendor_request_id, drawn.usage.estimated) == (MODEL, "p1", True)
    assert sent(upstream, name, "GET", "out0.png")[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_picture_elsewhere_is_fetched_without_the_token(upstream: Upstream) -> None:
    endpoint, name = drawing(upstream, "{}/out0.png", PICTURE, host="localhost")
    assert draw(endpoint).images[0].content == PNG
    assert "authorization" not in sent(upstream, name, "GET", "out0.png")[0].headers


def test_a_picture_inside_the_answer_is_read(upstream: Upstream) -> None:
    endpoint, _ = drawing(upstream, f"data:image/png;base64,{base64.b64encode(PNG).decode()}")
    assert draw(endpoint).images[0].content == PNG


def test_the_last_of_many_steps_is_the_picture(upstream: Upstream) -> None:
    endpoint, name = drawing(upstream, ["{}/out0.png", "{}/out1.png"], PICTURE, PICTURE)
    assert len(draw(endpoint).images) == 1
    assert [one.path.rpartition("/")[2] for one in sent(upstream, name, "GET", ".png")] == ["out1.png"]


def test_a_picture_of_any_size_does_not_fill_the_memory(upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER_BYTES", 100_000)
    endpoint, _ = drawing(upstream, "{}/out0.png", replays(200, {"content-type": "image/png"}, PNG + b"x" * 200_000))
    with pytest.raises(BrokenAnswerError, match="more than 100000 bytes"):
        draw(endpoint)


@pytest.mark.parametrize(
    ("output", "picture", "kind"),
    [
        ("no address at all", PICTURE, BrokenAnswerError),
        ("{}/out0.png", replays(200, {"content-type": "text/html"}, "<html>"), BrokenAnswerError),
        ("{}/out0.png", replays(200, {"content-type": "video/mp4"}, b"\0\0\0 ftyp"), BrokenAnswerError),
        ("{}/out0.png", replays(200, {"content-type": "image/png"}, b""), BrokenAnswerError),
        ("{}/out0.png", replays(302, {"location": "http://127.0.0.1/"}, b""), BrokenAnswerError),
        ("{}/out0.png", replays(404, {}, b""), ModelUnavailableError),
        ("https://api.replicate.com@127.0.0.1/out0.png", PICTURE, ForbiddenAddressError),
        ("data:image/png;base64,???", PICTURE, BrokenAnswerError),
    ],
)
def test_what_is_no_picture_is_no_answer(
    upstream: Upstream, output: str, picture: Behaviour, kind: type[ProviderError]
) -> None:
    with pytest.raises(kind):
        draw(drawing(upstream, output, picture)[0])


@pytest.mark.parametrize(
    "url",
    [
        "https://api.replicate.com/v1/predictions/p1",
        "https://stream.replicate.com/v1/files/x",
        "https://replicate.delivery/pbxt/out.png",
        "https://TJZK.Replicate.Delivery/out.png",
    ],
)
def test_the_token_goes_to_the_vendor(url: str) -> None:
    assert key_header(ALLOWED, url) == wire.BEARER


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/out.png",
        "https://replicate.com.evil.example/out.png",
        "https://evilreplicate.delivery/out.png",
        "https://replicate.delivery.evil.example/",
        "https://streaming-api.svc.us.c.replicate.net/v1/streams/x",
        "https://evil.example/?replicate.com",
        "https://evil.example#replicate.delivery",
    ],
)
def test_the_token_goes_nowhere_else(url: str) -> None:
    assert not key_header(ALLOWED, url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.replicate.com/v1/predictions/p1",
        "http://replicate.delivery/out.png",
        "https://api.replicate.com@evil.example/",
        "https://evil.example\\@api.replicate.com/",
        "https://api.replicate.com\n.evil.example/",
        "ftp://replicate.delivery/out.png",
        "//replicate.delivery/out.png",
        "",
    ],
)
def test_an_address_that_two_readers_might_read_differently_is_not_called(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        key_header(ALLOWED, url)


def test_a_server_of_ones_own_gets_the_token_and_its_neighbour_does_not() -> None:
    own = replace(ALLOWED, base_url="http://127.0.0.1:8001/v1", allow_private_address=True)
    assert key_header(own, "http://127.0.0.1:8001/files/x") == wire.BEARER
    assert not key_header(own, "http://127.0.0.1:8002/files/x")
    assert not key_header(own, "http://replicate.delivery/out.png")


SIZES = {
    "prompt": {"type": "string"},
    "width": {"type": "integer", "maximum": 768},
    "height": {"type": "integer"},
    "num_outputs": {"type": "integer", "maximum": 4},
    "seed": {"type": "integer"},
}
RATIO = {"prompt": {"type": "string"}, "aspect_ratio": {"allOf": [{"$ref": "#/components/schemas/aspect_ratio"}]}}
RATIOS = {"aspect_ratio": {"type": "string", "enum": ["1:1", "16:9", "9:16", "custom"]}}


def test_size_number_and_seed_are_asked_as_the_model_wants_them(upstream: Upstream) -> None:
    routes = {f"GET models/{MODEL}": replays(200, {}, model_json(SIZES, FILES))}
    endpoint, name = drawing(upstream, ["{}/out0.png", "{}/out1.png"], PICTURE, PICTURE, routes=routes)
    assert len(draw(endpoint, width=1024, height=512, count=2, seed=7).images) == 2
    wanted = {"prompt": "a corgi", "width": 768, "height": 512, "num_outputs": 2, "seed": 7}
    assert [one.json["input"] for one in created(upstream, name)] == [wanted]


def test_a_model_with_shapes_gets_the_nearest_one(upstream: Upstream) -> None:
    routes = {f"GET models/{MODEL}": replays(200, {}, model_json(RATIO, FILES, schemas=RATIOS))}
    endpoint, name = drawing(upstream, "{}/out0.png", PICTURE, routes=routes)
    draw(endpoint, width=1920, height=1080)
    assert created(upstream, name)[0].json["input"] == {"prompt": "a corgi", "aspect_ratio": "16:9"}


def test_several_pictures_take_several_runs_where_a_model_draws_one(upstream: Upstream) -> None:
    endpoint, name = drawing(upstream, "{}/out0.png", PICTURE)
    assert len(draw(endpoint, count=3).images) == 3
    assert len(created(upstream, name)) == 3


BATCH = {"texts": {"type": "string", "description": "A JSON list"}}
LIST = {"inputs": {"type": "array", "items": {"type": "string"}}}
SINGLE = {"text": {"type": "string"}}


@pytest.mark.parametrize(
    ("inputs", "sent_as"),
    [(BATCH, {"texts": '["zażółć", "b"]'}), (LIST, {"inputs": ["zażółć", "b"]})],
)
@pytest.mark.parametrize("output", [[[0.5, 1], [0, -2.0]], [{"embedding": [0.5, 1]}, {"embedding": [0, -2.0]}]])
def test_many_texts_are_one_run_where_the_model_takes_a_list(
    upstream: Upstream, inputs: dict[str, Any], sent_as: dict[str, Any], output: Any
) -> None:
    known = replays(200, {}, model_json(inputs, {"type": "array", "items": NUMBERS}))
    endpoint, name = replicate(upstream, says("succeeded", output, http=201), routes={f"GET models/{MODEL}": known})
    assert embed(endpoint, "zażółć", "b").vectors == ((0.5, 1.0), (0.0, -2.0))
    assert [one.json["input"] for one in created(upstream, name)] == [sent_as]


def test_many_texts_are_as_many_runs_where_it_takes_one(upstream: Upstream) -> None:
    known = replays(200, {}, model_json(SINGLE, NUMBERS))
    behaviours = [says("succeeded", [1.0, 2.0], http=201), says("succeeded", [[3.0, 4.0]], http=201)]
    endpoint, name = replicate(upstream, *behaviours, routes={f"GET models/{MODEL}": known})
    assert embed(endpoint, "a", "b").vectors == ((1.0, 2.0), (3.0, 4.0))
    assert [one.json["input"] for one in created(upstream, name)] == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize("output", [[], [1.0, "x"], "text", [[1.0], [2.0]], [[]], None, [[[[[[1.0]]]]]], [1e400]])
def test_what_is_no_vector_is_no_answer(upstream: Upstream, output: Any) -> None:
    endpoint, _ = replicate(upstream, says("succeeded", output, http=201))
    with pytest.raises(BrokenAnswerError):
        embed(endpoint, "a")


def test_vectors_of_different_lengths_are_no_answer(upstream: Upstream) -> None:
    behaviours = [says("succeeded", [1.0, 2.0], http=201), says("succeeded", [3.0], http=201)]
    with pytest.raises(BrokenAnswerError, match="different lengths"):
        embed(replicate(upstream, *behaviours)[0], "a", "b")
