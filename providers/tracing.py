"""Spans of OpenTelemetry for whoever gathers them; where nobody does, each call here costs next to nothing.

Nothing of OpenTelemetry is loaded before `connect` is called (`prometheus.tracing`). A span says who was asked, how
long it took and how it ended; it never holds a text, a header, a key or the words of an error. Names: the semantic
conventions for HTTP, messaging and GenAI, opentelemetry.io/docs/specs/semconv; our own begin with `prometheus.`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING, Self

from providers import request_ids

if TYPE_CHECKING:
    from opentelemetry import trace

Fact = str | int | float | bool | list[str]

_SERVER_ERROR = 500
# Others are written as `_OTHER`: a name made up by a caller would make a series of its own.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Kind(StrEnum):
    """What a span is in the eyes of others; the names of `opentelemetry.trace.SpanKind`."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    CONSUMER = "CONSUMER"


class Span:
    """The span of a process that tells nobody: false, and every call on it does nothing."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        pass

    def rename(self, name: str) -> None:
        """Give it the name that was not known at its beginning."""

    def note(self, facts: Mapping[str, Fact]) -> None:
        """Add attributes."""

    def happened(self, name: str, facts: Mapping[str, Fact]) -> None:
        """Add an event."""

    def failed(self, kind: str) -> None:
        """Mark it as failed, with the stable word for why."""


NOTHING = Span()


class _Told(Span):
    """A span that is told. Leaving it by an exception marks it with the exception's kind, never with its words."""

    __slots__ = ("_opened", "_span")

    def __init__(self, opened: AbstractContextManager[trace.Span]) -> None:
        self._opened = opened

    def __bool__(self) -> bool:
        return True

    def __enter__(self) -> Self:
        self._span = self._opened.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.failed(str(getattr(error, "kind", type(error).__name__)))
        self._opened.__exit__(None, None, None)

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, facts: Mapping[str, Fact]) -> None:
        self._span.set_attributes(facts)

    def happened(self, name: str, facts: Mapping[str, Fact]) -> None:
        self._span.add_event(name, facts)

    def failed(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


_tracer: Callable[[], trace.Tracer] | None = None


def connect(tracer: Callable[[], trace.Tracer]) -> None:
    """Tell spans from now on; `tracer` is called for each, so that a forked process may make its own."""
    global _tracer  # noqa: PLW0603 - one place a process, set at its start
    _tracer = tracer


def is_on() -> bool:
    """Whether spans are told."""
    return _tracer is not None


def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    facts: Mapping[str, Fact] | None = None,
    parent: Mapping[str, str] | None = None,
) -> Span:
    """A span to use as a context manager, below the current one or below a `parent` as W3C's headers name it."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return _Told(
        _tracer().start_as_current_span(
            name,
            context=TraceContextTextMapPropagator().extract(parent) if parent else None,
            kind=SpanKind[kind],
            attributes=facts,
            record_exception=False,
            set_status_on_exception=False,
        )
    )


def carried() -> str:
    """The current span as W3C's `traceparent`, to go on from elsewhere; empty where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def serving(method: str, headers: Mapping[str, str]) -> Span:
    """The span of a request to us, below the caller's if it names one. `served` tells how it ended."""
    if _tracer is None:
        return NOTHING
    told = method if method in _METHODS else "_OTHER"
    facts: dict[str, Fact] = {"http.request.method": told, "prometheus.request_id": request_ids.current()}
    # Lower case in ASGI, capitals in Django: its own mapping does not mind, and the gateway's holds small letters.
    parent = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
    return span(told, Kind.SERVER, facts, parent)


def of_job(job_id: uuid.UUID, kind: str, carried: str) -> Span:
    """The span of a worker's turn at a job, below the span in which the job was asked for."""
    if _tracer is None:
        return NOTHING
    facts: dict[str, Fact] = {
        "messaging.system": "prometheus",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "jobs",
        "messaging.message.id": str(job_id),
        "prometheus.job.kind": kind,
        "prometheus.request_id": request_ids.current(),
    }
    return span(f"process {kind}", Kind.CONSUMER, facts, {"traceparent": carried} if carried else None)


def served(span: Span, method: str, route: str, status: int) -> None:
    """How a request ended. `route` is a pattern: an address itself may hold a secret (the calendar's does)."""
    if not span:
        return
    facts: dict[str, Fact] = {"http.response.status_code": status}
    if route:
        facts["http.route"] = route
        span.rename(f"{method} {route}")
    span.note(facts)
    if status >= _SERVER_ERROR:
        span.failed(str(status))
