"""A job's server-sent events, as a browser reads them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.http import StreamingHttpResponse
from django.test import AsyncClient
from django.urls import reverse
from django.utils import translation

from marketing.models import Job, Variant
from tests.pages.conftest import marketer

pytestmark = pytest.mark.django_db(transaction=True)
DEADLINE = 10.0
T = TypeVar("T")


async def open_stream(user: User, job: Job, query: str = "", language: str = "en") -> AsyncIterator[bytes]:
    client = AsyncClient()
    await client.aforce_login(user, backend="django.contrib.auth.backends.ModelBackend")
    headers = {"accept-language": language}
    response = await client.get(reverse("job_events", args=[job.pk]) + query, headers=headers)
    assert isinstance(response, StreamingHttpResponse)
    stream: AsyncIterator[bytes] = aiter(response)
    return stream


def run(story: Coroutine[Any, Any, T]) -> T:
    async def told() -> T:
        try:
            return await story
        finally:
            # The thread behind the async ORM outlives the loop and would hold the test database.
            await sync_to_async(connections.close_all)()

    return asyncio.run(told())


async def messages(stream: AsyncIterator[bytes]) -> list[str]:
    async with asyncio.timeout(DEADLINE):
        return [message.decode() async for message in stream]


async def following(stream: AsyncIterator[bytes]) -> str:
    async with asyncio.timeout(DEADLINE):
        return (await anext(stream)).decode()


def test_ends_at_once_when_the_browser_knows_the_end(editor: User, job: Job) -> None:
    async def read() -> list[str]:
        return await messages(await open_stream(editor, job, f"?since={job.version}"))

    assert run(read()) == ["event: done\ndata: \n\n"]


def test_sends_the_card_that_the_browser_does_not_know(editor: User, make_job: Callable[..., Job]) -> None:
    job = make_job(editor, version=4)

    async def read() -> list[str]:
        return await messages(await open_stream(editor, job, "?since=3"))

    card, done = run(read())
    assert card.startswith("id: 4\nevent: card\ndata: ")
    assert done.startswith("event: done")


def test_tells_each_change_as_it_happens(editor: User, make_job: Callable[..., Job]) -> None:
    job = make_job(editor, state=Job.State.RUNNING, version=1)
    step = {"at": "2026-11-23T12:00:00+01:00", "kind": "asking", "part": "x", "provider": "Groq"}

    async def read() -> tuple[str, list[str]]:
        stream = await open_stream(editor, job)
        await following(stream)
        await Job.objects.filter(pk=job.pk).aupdate(version=2, steps=[step])
        asking = await following(stream)
        await Job.objects.filter(pk=job.pk).aupdate(version=3, state=Job.State.DONE)
        return asking, await messages(stream)

    asking, rest = run(read())
    assert "Asking Groq" in asking
    assert [message.split("event: ")[1].split("\n")[0] for message in rest] == ["card", "done"]


def test_names_each_platform_that_is_written(
    editor: User, make_job: Callable[..., Job], make_variant: Callable[..., Variant]
) -> None:
    job = make_job(editor, version=1)
    make_variant(job, platform="youtube")

    async def read() -> list[str]:
        return await messages(await open_stream(editor, job))

    assert "event: place-youtube\ndata: \n\n" in run(read())


@pytest.mark.parametrize("language", ["pl", "en"])
def test_speaks_the_language_of_the_page(editor: User, make_job: Callable[..., Job], language: str) -> None:
    job = make_job(editor, version=1)

    async def read() -> str:
        return await following(await open_stream(editor, job, language=language))

    with translation.override(language):
        expected = translation.gettext("Edit the brief again")
    assert expected in run(read())


@pytest.mark.parametrize("who", ["stranger", "nobody"])
def test_gives_nothing_to_others(editor: User, job: Job, who: str) -> None:
    async def ask() -> Any:
        client = AsyncClient()
        if who == "stranger":
            other = await sync_to_async(marketer)("ktoś")
            await client.aforce_login(other, backend="django.contrib.auth.backends.ModelBackend")
        return await client.get(reverse("job_events", args=[job.pk]))

    assert run(ask()).status_code == (404 if who == "stranger" else 302)


def test_one_watcher_serves_several_streams(editor: User, make_job: Callable[..., Job]) -> None:
    job = make_job(editor, state=Job.State.RUNNING, version=1)

    async def read() -> list[list[str]]:
        streams = [await open_stream(editor, job) for _number in range(3)]
        await asyncio.gather(*(following(stream) for stream in streams))
        await Job.objects.filter(pk=job.pk).aupdate(version=2, state=Job.State.CANCELLED)
        return list(await asyncio.gather(*(messages(stream) for stream in streams)))

    assert [len(told) for told in run(read())] == [2, 2, 2]
