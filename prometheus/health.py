"""Whether this process answers at all."""

from django.http import HttpRequest, HttpResponse

from providers.access import Door, requires


@requires(Door.OPEN)
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Say "ok", without a look at the database or a session."""
    return HttpResponse("ok", content_type="text/plain")
