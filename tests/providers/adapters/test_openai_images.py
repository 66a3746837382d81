from __future__ import annotations

import base64
from typing import Any

import pytest

from providers.adapters.openai_images import nearest_size
from providers.errors import BrokenAnswerError, ContentRefusedError, ForbiddenAddressError, ProviderError
from providers.types import Capability, Endpoint, ImageRequest, Images, Quirks
from tests.providers.adapters.asking import perform, perform_fault
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.upstream import Behaviour, Upstream, redirects, replays

CAT = ImageRequest("A cat with headphones")
KINDS = {
    "image/png": b"\x89PNG\r\n\x1a\n" + b"rest",
    "image/jpeg": b"\xff\xd8\xff\xe0rest",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPrest",
    "image/gif": b"GIF89arest",
    "image/avif": b"\x00\x00\x00\x1cftypavifrest",
}
PNG = KINDS["image/png"]


def draw(endpoint: Endpoint, request: ImageRequest = CAT) -> Images:
    result = perform(endpoint, Capability.IMAGE_GENERATION, request)
    assert isinstance(result, Images)
    return result


def fault(endpoint: Endpoint) -> ProviderError:
    return perform_fault(endpoint, Capability.IMAGE_GENERATION, CAT)


def pictures(*entries: dict[str, Any], **more: Any) -> Behaviour:
    return replays(200, {}, {"created": 1, "data": list(entries), **more})


def packed(content: bytes = PNG, **more: Any) -> dict[str, Any]:
    return {"b64_json": base64.b64encode(content).decode(), **more}


@pytest.mark.parametrize("media_type", KINDS)
def test_a_picture_is_what_its_bytes_say(place: PlaceOf, media_type: str) -> None:
    image = draw(place(pictures(packed(KINDS[media_type])))[0]).images[0]
    assert (image.media_type, image.content) == (media_type, KINDS[media_type])


def test_the_request_says_what_was_asked(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(pictures(packed(), packed()))
    draw(endpoint, ImageRequest("A cat", width=640, height=480, count=2, seed=7))
    sent = upstream.requests(name)[0]
    assert sent.path.endswith("/v1/images/generations")
    assert sent.json == {"model": "test-model", "prompt": "A cat", "n": 2, "size": "640x480", "seed": 7}


def test_a_format_is_asked_for_only_where_the_vendor_needs_it(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(pictures(packed()), quirks=Quirks(image_response_format="b64_json"))
    draw(endpoint)
    assert upstream.requests(name)[0].json["response_format"] == "b64_json"


def test_a_field_that_the_model_refuses_is_left_out(place: PlaceOf, upstream: Upstream) -> None:
    refusal = {"error": {"message": "Unknown parameter: 'seed'.", "param": "seed", "code": "unknown_parameter"}}
    endpoint, name = place(replays(400, {}, refusal), pictures(packed()))
    draw(endpoint, ImageRequest("A cat", seed=7))
    assert ["seed" in sent.json for sent in upstream.requests(name)] == [True, False]


def test_what_the_vendor_tells_about_the_picture_is_kept(place: PlaceOf) -> None:
    usage = {"input_tokens": 9, "output_tokens": 272, "total_tokens": 281}
    result = draw(place(pictures(packed(revised_prompt="A grey cat"), usage=usage, model="dated"))[0])
    assert (result.revised_prompt, result.model_id) == ("A grey cat", "dated")
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (9, 272)


def test_a_link_is_followed_at_once_and_the_key_stays_here(place: PlaceOf, upstream: Upstream) -> None:
    storage, storage_name = place(routes={"GET cat.png": replays(200, {"content-type": "text/plain"}, PNG)})
    endpoint, name = place(pictures({"url": f"{storage.base_url}/cat.png?sig=abc"}))
    image = draw(endpoint).images[0]
    assert (image.content, image.media_type) == (PNG, "image/png")
    sent = upstream.requests(storage_name)[0]
    assert SECRET not in str(sent.headers)
    assert "authorization" not in sent.headers
    assert upstream.requests(name)[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_link_with_the_picture_in_it_needs_no_download(place: PlaceOf) -> None:
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert draw(place(pictures({"url": url}))[0]).images[0].content == PNG


def test_more_pictures_than_asked_for_are_left_out(place: PlaceOf) -> None:
    assert len(draw(place(pictures(packed(), packed()))[0]).images) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"b64_json": "!"},
        packed(b"<html>sorry</html>"),
        {"url": "data:image/png,nonsense"},
        {"url": "data:image/png;base64,"},
    ],
    ids=["nothing", "no base64", "a web page", "odd data", "no data"],
)
def test_what_is_no_picture_is_refused(place: PlaceOf, entry: dict[str, Any]) -> None:
    assert type(fault(place(pictures(entry))[0])) is BrokenAnswerError


@pytest.mark.parametrize(
    "behaviour", [replays(403, {}, "expired"), redirects("http://127.0.0.1/"), replays(200, {}, b"<html>")]
)
def test_a_link_that_gives_no_picture_is_a_broken_answer_that_does_not_print_it(
    place: PlaceOf, behaviour: Behaviour
) -> None:
    storage, _ = place(routes={"GET cat.png": behaviour})
    error = fault(place(pictures({"url": f"{storage.base_url}/cat.png?sig=secret-signature"}))[0])
    assert type(error) is BrokenAnswerError
    assert "secret-signature" not in error.detail + error.raw


@pytest.mark.parametrize("url", ["file:///etc/passwd", "nonsense", "http://"])
def test_an_odd_link_is_not_opened(place: PlaceOf, url: str) -> None:
    assert type(fault(place(pictures({"url": url}))[0])) is ForbiddenAddressError


def test_no_pictures_are_a_broken_answer(place: PlaceOf) -> None:
    assert type(fault(place(pictures())[0])) is BrokenAnswerError


def test_a_refused_subject_is_told(place: PlaceOf) -> None:
    refusal = {"error": {"message": "Your request was rejected", "code": "moderation_blocked"}}
    assert type(fault(place(replays(400, {}, refusal))[0])) is ContentRefusedError


SIZES = ("1024x1024", "1536x1024", "1024x1536")


@pytest.mark.parametrize(
    ("sizes", "width", "height", "chosen"),
    [
        ((), 640, 480, "640x480"),
        (SIZES, 1024, 1024, "1024x1024"),
        (SIZES, 512, 512, "1024x1024"),
        (SIZES, 1920, 1080, "1536x1024"),
        (SIZES, 1080, 1920, "1024x1536"),
        (SIZES, 1080, 1200, "1024x1024"),
        (("256x256", "1024x1024"), 900, 900, "1024x1024"),
        (("256x256", "1024x1024"), 300, 300, "256x256"),
    ],
)
def test_a_vendor_with_fixed_sizes_is_asked_for_the_nearest(
    sizes: tuple[str, ...], width: int, height: int, chosen: str
) -> None:
    assert nearest_size(sizes, width, height) == chosen
