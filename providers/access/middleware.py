"""The one place where a person's rights are checked: before any view runs, by what the view asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from providers.access.auditing import Origin, acting, person, record
from providers.access.permissions import Door, Permission, declared, may
from providers.audit import Deed

logger = logging.getLogger(__name__)

_LOOKING = frozenset({"GET", "HEAD"})


class PermissionMiddleware(LoginRequiredMiddleware):
    """Refuses whoever lacks the permission that the view asks for, and everybody where it asks for none.

    What is recorded while the request runs carries the person, their address and the request's id.
    """

    def __call__(self, request: HttpRequest) -> Any:
        """Serve a request under its person's name."""
        if self.async_mode:
            return self._aserve(request)
        with acting(_origin(request)):
            return super().__call__(request)

    async def _aserve(self, request: HttpRequest) -> Any:
        with acting(_origin(request)):
            return await self.__acall__(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: Any,  # noqa: ARG002 - Django's own signature
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the view run, lead to the sign-in, or raise PermissionDenied."""
        asked = declared(view_func)
        if isinstance(asked, Door):
            return None
        if not request.user.is_authenticated:
            return self.handle_no_permission(request, view_func)
        if asked is None:
            logger.error("%s asks for no permission, so nobody may see it", request.path)
        if asked is None or not may(request.user, asked):
            record(Deed.REFUSED, f"{request.method} {request.path}")
            raise PermissionDenied
        if asked is Permission.CONFIGURE:
            _note_admin(request, view_kwargs)
        return None


def _origin(request: HttpRequest) -> Callable[[], Origin]:
    return lambda: person(request.user, request)


def _note_admin(request: HttpRequest, facts: dict[str, Any]) -> None:
    """What an administrator looks at, and actions on many rows, which change them without saving each."""
    match = request.resolver_match
    # A page's name reads app_model_page; one that does not is about no table.
    _app, _, name = ((match.url_name if match else "") or "").partition("_")
    table, _, page = name.partition("_")
    if request.method in _LOOKING:
        if "object_id" in facts or table == "auditentry":
            record(Deed.SAW, f"{table} {facts.get('object_id', '')}".strip(), after={"page": page})
    elif page == "changelist" and (action := request.POST.get("action")):
        rows = request.POST.getlist("_selected_action")
        record(Deed.ACTED, table, after={"action": action, "rows": rows})
