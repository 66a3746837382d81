"""The outermost middleware: each request has an id, which stands on its answer and in every line that it causes."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from providers import tracing
from providers.access import current_request_id, request_id_of, serving_request

HEADER = "X-Request-ID"
_UNTRACED = ("/static/", "/healthz", "/readyz", "/metrics")
_access = logging.getLogger("prometheus.requests")


class RequestIds:
    """The middleware; it serves pages and asynchronous views alike."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Serve a request."""
        if self._is_async:
            return self._aserve(request)
        began = time.monotonic()
        with serving_request(request_id_of(request)), _span(request) as span:
            answer = self.get_response(request)
            assert isinstance(answer, HttpResponseBase)  # noqa: S101 - what a synchronous chain returns
            return _told(request, answer, began, span)

    async def _aserve(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        with serving_request(request_id_of(request)), _span(request) as span:
            answer = self.get_response(request)
            assert isinstance(answer, Awaitable)  # noqa: S101 - what an asynchronous chain returns
            return _told(request, await answer, began, span)


def _span(request: HttpRequest) -> tracing.Span:
    """Files and the questions of machines, asked every few seconds, would bury what people and programs do."""
    if not tracing.is_on() or request.path.startswith(_UNTRACED):
        return tracing.NOTHING
    return tracing.serving(request.method or "", {name.lower(): value for name, value in request.headers.items()})


def _told(request: HttpRequest, answer: HttpResponseBase, began: float, span: tracing.Span) -> HttpResponseBase:
    answer[HEADER] = current_request_id()
    # Paths hold no secret but the calendar's; questions may hold anything and are left out.
    match = request.resolver_match
    facts = {
        "method": request.method,
        "view": match.view_name if match else "",
        "status": answer.status_code,
        "ms": round((time.monotonic() - began) * 1000),
    }
    tracing.served(span, request.method or "", f"/{match.route}" if match else "", answer.status_code)
    _access.debug("%s %s %s", request.method, facts["view"] or "-", answer.status_code, extra=facts)
    return answer
