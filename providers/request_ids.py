"""Which request something happens for: one id in every line of the log, from a page over the queue to a vendor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Tasks and callbacks of an event loop inherit it, threads and processes are given it.
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """The id of the request that is being served, empty outside of any."""
    return _current.get()


@contextmanager
def serving(request_id: str) -> Iterator[None]:
    """Whatever happens inside happens for this request."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)
