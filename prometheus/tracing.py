"""OpenTelemetry's part that sends spans away, loaded only where an endpoint is set."""

from __future__ import annotations

import asyncio
import os
import threading
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from django.conf import settings

from prometheus.bounded import App
from providers import tracing

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

# A process that ends loses what it gathered since; OpenTelemetry's own five seconds are long for a worker.
SEND_EVERY_MS = 1000
# A stop waits so long for a collector that does not answer, and no longer.
MOST_SECONDS = 3.0
# Before multiprocessing's own tidying, which ends threads.
_EARLY = 100

_tracers: dict[int, Tracer] = {}
_endings: dict[int, Finalize] = {}
_lock = threading.Lock()


def tell_collector() -> bool:
    """Send spans where OpenTelemetry's variables say; whether that is on. Without an endpoint nothing is loaded."""
    if not settings.TRACING:
        return False
    # Loaded now, so that no request waits for it; without threads, which would not live through a fork.
    import opentelemetry.exporter.otlp.proto.http.trace_exporter
    import opentelemetry.sdk.trace.export  # noqa: F401 - as above

    tracing.connect(_tracer)
    return True


def _tracer() -> Tracer:
    """A tracer of this process: threads and connections of a parent do not work in its children."""
    pid = os.getpid()
    found = _tracers.get(pid)
    if found is None:
        with _lock:
            found = _tracers.setdefault(pid, _tracers.get(pid) or _made())
    return found


def _made() -> Tracer:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ or "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" in os.environ
    exporter = OTLPSpanExporter(timeout=None if named else MOST_SECONDS)
    delay = None if "OTEL_BSP_SCHEDULE_DELAY" in os.environ else SEND_EVERY_MS
    # What OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say goes before our own name.
    named_otherwise = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    resource = Resource.create({} if named_otherwise else {SERVICE_NAME: "prometheus-ai"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=delay))
    # Workers leave by os._exit, where `atexit` is not asked; multiprocessing's list is, there and at any other end.
    _endings[os.getpid()] = Finalize(None, provider.shutdown, exitpriority=_EARLY)
    return provider.get_tracer("prometheus")


class Ending:
    """An ASGI application that sends its last spans when the server stops: uvicorn then leaves by the signal itself."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection, or the life of the server."""
        if scope["type"] != "lifespan":
            await self._inner(scope, receive, send)
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                if ending := _endings.get(os.getpid()):
                    await asyncio.to_thread(ending)
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})
