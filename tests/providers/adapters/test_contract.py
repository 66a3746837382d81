"""What holds for every adapter that the registry finds; a new one only adds its endpoint here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from providers.adapters.base import UnknownProtocolError, adapter_for, registry
from providers.errors import UnavailableError
from providers.types import Endpoint, FinishReason
from tests.providers.adapters.asking import HELLO, chat, check_key, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.providers.adapters.native import NATIVE, answers_natively, lists_natively
from tests.upstream import answers, hangs


def _native(protocol: str) -> Callable[[PlaceOf], Endpoint]:
    listing = lists_natively(protocol)
    routes = {"GET ": listing, "POST /check-api-key": listing}
    return lambda place: place(answers_natively(protocol), protocol=protocol, routes=routes)[0]


def _silent(protocol: str) -> Callable[[PlaceOf], Endpoint]:
    return lambda place: place(hangs(), protocol=protocol, timeout_seconds=30.0)[0]


ANSWERING: dict[str, Callable[[PlaceOf], Endpoint]] = {
    "openai": lambda place: place(answers("Hello there"))[0],
    "local": lambda _place: Endpoint("local", "local", "", "smollm2-135m-instruct", timeout_seconds=60),
    **{protocol: _native(protocol) for protocol in NATIVE},
}
SILENT: dict[str, Callable[[PlaceOf], Endpoint]] = {
    "openai": _silent("openai"),
    **{protocol: _silent(protocol) for protocol in NATIVE},
    "local": lambda _place: Endpoint("local", "local", "", "smollm2-135m-instruct", timeout_seconds=60),
}


@pytest.fixture(params=sorted(registry()))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_registry_finds_every_protocol() -> None:
    assert set(registry()) == set(ANSWERING) == set(SILENT)


def test_an_unknown_protocol_is_named() -> None:
    with pytest.raises(UnknownProtocolError, match="telegraph"):
        adapter_for("telegraph")


def test_a_chat_brings_text_model_and_usage(protocol: str, place: PlaceOf) -> None:
    completion = chat(ANSWERING[protocol](place))
    assert completion.text.strip()
    assert completion.model_id
    assert completion.usage.completion_tokens > 0


def test_only_the_last_chunk_carries_finish_reason_and_usage(protocol: str, place: PlaceOf) -> None:
    chunks, error = stream(ANSWERING[protocol](place))
    assert error is None
    assert "".join(chunk.text for chunk in chunks).strip()
    assert [bool(chunk.finish_reason) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].finish_reason in {FinishReason.STOP, FinishReason.LENGTH}
    assert chunks[-1].usage


def test_a_key_that_works_passes_the_check(protocol: str, place: PlaceOf) -> None:
    check_key(ANSWERING[protocol](place))


def test_a_cancelled_caller_is_not_told_of_a_fault(protocol: str, place: PlaceOf) -> None:
    endpoint = SILENT[protocol](place)

    async def cancel() -> bool:
        asking = asyncio.ensure_future(adapter_for(protocol).chat(endpoint, HELLO))
        await asyncio.sleep(0.1)
        asking.cancel()
        await asyncio.wait({asking}, timeout=10)
        return asking.cancelled()

    assert asyncio.run(cancel())


def test_nobody_waits_longer_than_the_timeout(protocol: str, place: PlaceOf) -> None:
    endpoint = replace(SILENT[protocol](place), timeout_seconds=0.3)
    began = time.monotonic()
    with pytest.raises(UnavailableError, match=r"no answer within 0\.3 s"):
        chat(endpoint)
    assert time.monotonic() - began < 5
