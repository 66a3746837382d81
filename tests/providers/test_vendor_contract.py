"""What holds for every vendor of the catalogue on the wire; a new row is tested by being there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.catalogue import Vendor, rows, vendors
from providers.catalogue.shape import QuirksEntry
from providers.configuration import ProvidersFile, apply
from providers.models import Provider
from providers.probing import endpoint
from providers.types import ChatRequest, Completion, Endpoint, Message, Role
from tests.upstream import Behaviour, Upstream, answers, replays

KEY = "sk-planted-0123456789-vendor"
REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50, temperature=0.5, stop=("END",), seed=7)
# A row whose protocol is not named here has no case: the meta-test below says so.
WRITES: dict[str, Behaviour] = {
    "openai": answers("Hello"),
    # The router of Hugging Face speaks OpenAI's words.
    "huggingface": answers("Hello"),
    "anthropic": replays(
        200,
        {},
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude",
            "content": [{"type": "text", "text": "Hello"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 1},
        },
    ),
    "replicate": replays(
        201,
        {},
        {"id": "p1", "status": "succeeded", "output": ["Hel", "lo"], "error": None, "urls": {}, "metrics": {}},
    ),
}
KEY_HEADERS = {"anthropic": ("x-api-key", KEY)}


@pytest.fixture(scope="module")
def upstream() -> Any:
    with Upstream() as server:
        yield server


@pytest.fixture(params=vendors(), ids=lambda row: row.slug)
def row(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


def stored(row: Vendor) -> Provider:
    values = dict.fromkeys((one.name for one in row.placeholders), "some-account")
    apply(ProvidersFile(providers=[row.entry(values)]))
    return Provider.objects.get()


def place(row: Vendor, upstream: Upstream) -> Endpoint:
    """The vendor as it is stored, answering on this machine."""
    address = upstream.add(row.slug, WRITES[row.protocol])
    here = replace(endpoint(stored(row), None), base_url=address, api_key=KEY, allow_private_address=True)
    return replace(here, timeout_seconds=5.0)


def ask(where: Endpoint, work: Callable[..., Any], *arguments: Any) -> Any:
    return asyncio.run(work(where, *arguments))


def test_every_row_has_a_case() -> None:
    assert {one.protocol for one in rows()} <= set(WRITES)


@pytest.mark.django_db
def test_every_row_is_asked_for_its_plainest_model_and_answers(row: Vendor, upstream: Upstream) -> None:
    where = place(row, upstream)
    said: Completion = ask(where, adapter_for(row.protocol).chat, REQUEST)
    assert said.text == "Hello"
    assert where.model_id in {model.id for model in row.models if model.enabled}


@pytest.mark.django_db
def test_every_row_sends_its_key_where_the_vendor_looks_for_it(row: Vendor, upstream: Upstream) -> None:
    ask(place(row, upstream), adapter_for(row.protocol).chat, REQUEST)
    header, value = KEY_HEADERS.get(row.protocol, ("authorization", f"Bearer {KEY}"))
    for request in upstream.requests(row.slug):
        assert request.headers[header] == value
        assert KEY not in request.path


@pytest.mark.django_db
@pytest.mark.parametrize("row", [one for one in vendors() if one.protocol == "openai"], ids=lambda row: row.slug)
def test_every_openai_compatible_row_sends_what_its_vendor_understands(row: Vendor, upstream: Upstream) -> None:
    ask(place(row, upstream), adapter_for(row.protocol).chat, REQUEST)
    (request,) = upstream.requests(row.slug)
    quirks = row.quirks or QuirksEntry()
    assert request.json[quirks.max_tokens_field] == 50
    assert not set(request.json) & set(quirks.refused_parameters)
    assert request.json[quirks.seed_field] == 7
