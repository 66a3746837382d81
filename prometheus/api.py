"""The Lab API: one NinjaAPI for all rooms, with problem details for errors and its documentation from our own host."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema

from marketing import api as marketing_api
from prometheus.bodies import BodyError, StrictJSON
from prometheus.problems import described, problem, problem_of
from providers import api as providers_api
from providers.access import AccessError, Door, LabDoor, Permission, requires
from providers.errors import ProviderError

# What only a body can get wrong.
_BODY_PROBLEMS = {
    400: "The body is no JSON in UTF-8.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
}
_PROBLEMS = {
    401: "No client key, or one that is not good.",
    403: "The key lacks the scope, the person the right, or a source wants its terms accepted first.",
    404: "There is no such thing.",
    409: "Its state does not allow it.",
    422: "The request is not valid.",
    429: "The client's own limit is reached; Retry-After says when to come back.",
    502: "The source of the answer failed.",
    503: "The source is busy or not ready; Retry-After says when to come back.",
}
# What an operation that makes a job, and one that tells of it, read beside their bodies.
_JOB_HEADERS = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": "`respond-async`: 202 with the job at once. `wait=N`: 202 when it takes longer than N seconds.",
        "schema": {"type": "string"},
        "example": "wait=30",
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Makes the request safe to send again: the same key and body bring the first answer, also while "
        "the first is still running. The same key with another body, or one of over 255 characters, is refused (422).",
        "schema": {"type": "string"},
        "example": "order-2026-0711",
    },
]
_EVENT_HEADERS = [
    {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "The id of the last event that arrived; the events after it follow.",
        "schema": {"type": "string"},
        "example": "3",
    }
]
_BODY_FAULTS = {HTTPStatus.BAD_REQUEST: "unreadable", HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not-json"}
_log = logging.getLogger(__name__)
_DESCRIPTION = "What the modules of HardbanRecords Lab ask Prometheus AI for. Errors are problem details (RFC 9457)."


class _Docs(Swagger):
    """The page that tries operations out: it sends the page's token along, as a signed-in person has to."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **named: Any) -> HttpResponse:
        """The page with its token."""
        shown = {**self.settings, "url": self.get_openapi_url(api, named)}
        context = {"swagger_settings": json.dumps(shown), "api": api, "add_csrf": request.user.is_authenticated}
        return render(request, self.template, context)


def _headers_of(place: str, operation: dict[str, Any]) -> list[dict[str, Any]]:
    if place.endswith("/events"):
        return _EVENT_HEADERS
    return _JOB_HEADERS if "requestBody" in operation and HTTPStatus.ACCEPTED in operation["responses"] else []


class LabAPI(NinjaAPI):
    """The API, whose schema tells for every operation how it can fail."""

    def get_openapi_schema(self, *arguments: Any, **named: Any) -> OpenAPISchema:
        """The schema with the problems that any operation can end with."""
        schema = super().get_openapi_schema(*arguments, **named)
        for place, operations in schema["paths"].items():
            for operation in operations.values():
                operation.setdefault("parameters", []).extend(_headers_of(place, operation))
                fitting = _PROBLEMS | (_BODY_PROBLEMS if "requestBody" in operation else {})
                for status, description in fitting.items():
                    operation["responses"].setdefault(status, described(status, description))
        return schema


api = LabAPI(
    title="Prometheus AI",
    version="1",
    description=_DESCRIPTION,
    # Each router says whom it lets in; one that forgets lets in nobody but administrators.
    auth=LabDoor(None, Permission.CONFIGURE),
    urls_namespace="api",
    docs=_Docs(),
    parser=StrictJSON(),
)
for _router in (*marketing_api.ROUTERS, *providers_api.ROUTERS):
    api.add_router("", _router)


@api.exception_handler(AuthenticationError)
def _unknown(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401, "missing-key", "Send a client key, or sign in")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(AccessError)
def _not_let_in(_request: HttpRequest, error: AccessError) -> HttpResponse:
    answer = problem(error.status, error.code.replace("_", "-"), str(error))
    for name, value in error.headers.items():
        answer[name] = value
    return answer


@api.exception_handler(AuthorizationError)
def _forbidden(_request: HttpRequest, _error: AuthorizationError) -> HttpResponse:
    return problem(403, "not-allowed", "Not allowed")


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"where": ".".join(map(str, one["loc"])), "what": one["msg"]} for one in error.errors]
    return problem(422, "invalid-request", "The request is not valid", errors=faults)


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(404, "not-found", "Not found")


@api.exception_handler(RequestDataTooBig)
def _too_large(_request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problem(413, "body-too-large", "The body is too large", f"At most {most} bytes are taken.", most=most)


@api.exception_handler(HttpError)
def _other(_request: HttpRequest, error: HttpError) -> HttpResponse:
    body = error.__cause__
    if isinstance(body, BodyError):
        return problem(body.status, f"body-{_BODY_FAULTS[body.status]}", "The body cannot be read", str(body))
    name = HTTPStatus(error.status_code).phrase
    return problem(error.status_code, name.lower().replace(" ", "-"), name, error.message)


@api.exception_handler(ProviderError)
def _source_failed(_request: HttpRequest, error: ProviderError) -> HttpResponse:
    return problem_of(error)


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    _log.error("a fault of our own at %s", request.path, exc_info=error)
    # Whoever records faults listens to Django's own signal.
    got_request_exception.send(sender=None, request=request)
    return problem(500, "fault-of-our-own", "Something broke on our side")


# Nothing is done here, and a program gets no page that asks for a token.
@csrf_exempt
@requires(Door.CLIENT_KEY)
def _no_such_address(_request: HttpRequest, rest: str = "", **_named: Any) -> HttpResponse:
    return problem(404, "not-found", "Not found", f"There is no /{rest[:200]} here.")


def urls() -> tuple[list[URLPattern], str, str]:
    """Everything below `/api/v1/`. Who may what is decided here and not by the pages' sign-in."""
    found, app_name, namespace = api.urls
    patterns = [pattern for pattern in found if isinstance(pattern, URLPattern)]
    for pattern in patterns:
        is_root = pattern.name == "api-root"
        pattern.callback = _no_such_address if is_root else requires(Door.CLIENT_KEY)(_telling(pattern.callback))
    return [*patterns, path("<path:rest>", _no_such_address)], app_name, namespace


def _telling(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, with a problem in place of the bare page that says that a method is not allowed."""

    def told(answer: HttpResponse) -> HttpResponse:
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        mended = problem(405, "method-not-allowed", "Method not allowed")
        mended["Allow"] = answer["Allow"]
        return mended

    if iscoroutinefunction(view):

        @wraps(view)
        async def awaited(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
            return told(await view(request, *arguments, **named))

        return awaited

    @wraps(view)
    def called(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        return told(view(request, *arguments, **named))

    return called
