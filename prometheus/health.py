"""Whether this process answers at all."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse


@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """Say "ok", without a look at the database or a session."""
    return HttpResponse("ok", content_type="text/plain")
