"""Jobs as server-sent events. One watcher per process asks the database for all open streams together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connections
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.http import require_GET

from marketing.models import Job, Variant
from marketing.views import DeskRequest, job_card, visible_jobs
from providers.access import Permission, requires

POLL_SECONDS = 0.2
HEARTBEAT_SECONDS = 15.0

T = TypeVar("T")
# A thread of its own with a connection of its own: streams stay open long and must hold none.
_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="job-watch")


async def _read(function: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_reader, function, *arguments)


def _versions(job_ids: Iterable[UUID]) -> dict[UUID, int]:
    return dict(Job.objects.filter(pk__in=list(job_ids)).values_list("pk", "version"))


@dataclass(slots=True)
class _Watcher:
    """The streams of one event loop and the task that wakes them."""

    streams: dict[UUID, set[asyncio.Event]] = field(default_factory=dict)
    versions: dict[UUID, int] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None

    def join(self, job_id: UUID) -> asyncio.Event:
        """An event that is set whenever the job changes."""
        changed = asyncio.Event()
        self.streams.setdefault(job_id, set()).add(changed)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._watch())
        return changed

    def leave(self, job_id: UUID, changed: asyncio.Event) -> None:
        """Stop waking; the last one to leave ends the watch."""
        waiting = self.streams.get(job_id, set())
        waiting.discard(changed)
        if not waiting:
            self.streams.pop(job_id, None)
            self.versions.pop(job_id, None)
        if not self.streams:
            # Nobody looks on: the connection goes back, after whatever is being read.
            _reader.submit(connections.close_all)

    async def _watch(self) -> None:
        while self.streams:
            for job_id, version in (await _read(_versions, tuple(self.streams))).items():
                if self.versions.get(job_id) != version:
                    self.versions[job_id] = version
                    for changed in self.streams.get(job_id, ()):
                        changed.set()
            await asyncio.sleep(POLL_SECONDS)


_watchers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Watcher] = WeakKeyDictionary()


def _watcher() -> _Watcher:
    return _watchers.setdefault(asyncio.get_running_loop(), _Watcher())


@dataclass(frozen=True, slots=True)
class _View:
    """One rendering of a job."""

    version: int
    finished: bool
    html: str
    written: tuple[str, ...]


def _render(request: HttpRequest, job_id: UUID, language: str) -> _View | None:
    """The job card in the language of the page; None when the job is gone."""
    job = Job.objects.select_related("owner").filter(pk=job_id).first()
    if job is None:
        return None
    written = Variant.objects.filter(root=job, replaced_by=None).values_list("platform", flat=True).distinct()
    with translation.override(language):
        html = render_to_string("marketing/job.html#card", job_card(job), request)
    return _View(job.version, job.is_finished, html, tuple(written.order_by()))


def _message(event: str, data: str, number: int | None = None) -> str:
    head = f"id: {number}\n" if number is not None else ""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"{head}event: {event}\n{lines}\n"


async def ended(job_id: UUID, seconds: float) -> bool:
    """Wait until a job has ended, at most so long; whether it has."""
    watcher = _watcher()
    changed = watcher.join(job_id)
    try:
        async with asyncio.timeout(seconds):
            while not await _read(_has_ended, job_id):
                await changed.wait()
                changed.clear()
    except TimeoutError:
        return False
    finally:
        watcher.leave(job_id, changed)
    return True


def _has_ended(job_id: UUID) -> bool:
    job = Job.objects.filter(pk=job_id).first()
    return job is None or job.is_finished


def json_events(job_id: UUID, known: int, render: Callable[[Job], str]) -> StreamingHttpResponse:
    """A job's changes for a program: `job` with what `render` makes of it after each change since version `known`.

    `done` stands at the end.
    """

    def view() -> _View | None:
        job = Job.objects.filter(pk=job_id).first()
        return None if job is None else _View(job.version, job.is_finished, render(job), ())

    return _streamed(_follow(job_id, known, view, "job"))


async def _follow(
    job_id: UUID, known: int, render: Callable[[], _View | None], name: str = "card"
) -> AsyncIterator[str]:
    """The rendering after each change, `place-…` for each platform that is written, and `done` at the end."""
    watcher = _watcher()
    changed = watcher.join(job_id)
    try:
        while True:
            changed.clear()
            view = await _read(render)
            if view is None:
                break
            if view.version != known:
                known = view.version
                yield _message(name, view.html, view.version)
                for platform in view.written:
                    yield _message(f"place-{platform}", "")
            if view.finished:
                break
            while not changed.is_set():
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
        yield _message("done", "")
    finally:
        watcher.leave(job_id, changed)


def _known_version(request: HttpRequest) -> int:
    """The version that the browser shows: from its last event, else from the page's address."""
    told = request.headers.get("Last-Event-ID") or request.GET.get("since", "")
    return int(told) if told.isdecimal() else -1


@requires(Permission.USE_DESK)
@require_GET
async def events(request: DeskRequest, job_id: UUID) -> StreamingHttpResponse:
    """A job's changes as they happen, for whoever may see the job."""
    # The middleware has looked up the person and their roles; asking anew would need a thread.
    if not await visible_jobs(request.user).filter(pk=job_id).aexists():
        raise Http404
    language = translation.get_language_from_request(request)
    render = partial(_render, request, job_id, language)
    return _streamed(_follow(job_id, _known_version(request), render))


def _streamed(stream: AsyncIterator[str]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(stream, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-store"
    # A proxy that gathers the answer would hold the news back.
    response["X-Accel-Buffering"] = "no"
    return response
