"""The door of the Lab API: a client by its key and scope, or a signed-in person by their permission."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from ninja.errors import AuthorizationError, HttpError
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from providers.access.auditing import request_id_of
from providers.access.door import Caller, admit, authenticate
from providers.access.errors import MissingKeyError
from providers.access.limits import Allowance
from providers.access.permissions import Permission, may
from providers.clients import Scope


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: a client or a person, never both. `allowance` is what the client has left."""

    client: Caller | None = None
    person: AbstractBaseUser | None = None
    allowance: Allowance | None = None

    @property
    def client_id(self) -> int | None:
        """The client's number."""
        return self.client.client_id if self.client else None

    @property
    def person_id(self) -> int | None:
        """The person's number."""
        return self.person.pk if self.person else None


class LabDoor(AuthBase):
    """What an operation asks for: of a client the scope (None: any good key), of a person the permission.

    `counted`: the call counts against the client's limits. Raises AccessError, AuthorizationError, or HttpError 403
    for a person's request without the page's token.
    """

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: Scope | None, permission: Permission | None, *, counted: bool = True) -> None:
        super().__init__()
        self.scope = scope
        self.permission = permission
        self._counted = counted

    async def __call__(self, request: HttpRequest) -> Visitor:
        """The visitor, let in."""
        authorization = request.headers.get("Authorization")
        if authorization:
            return await self._client(request, authorization)
        person = await request.auser()
        if not person.is_authenticated or self.permission is None:
            raise MissingKeyError
        if not await sync_to_async(may)(person, self.permission):
            raise AuthorizationError
        if await sync_to_async(check_csrf)(request):
            raise HttpError(403, "Send the page's token as 'X-CSRFToken'.")
        return Visitor(person=person)

    async def _client(self, request: HttpRequest, authorization: str) -> Visitor:
        address = request.META.get("REMOTE_ADDR")
        caller = await authenticate(authorization, self.scope, address=address)
        allowance = await admit(caller) if self._counted else None
        return Visitor(client=caller, allowance=allowance)


def visitor_of(request: HttpRequest) -> Visitor:
    """Who a LabDoor let in."""
    found: Any = getattr(request, "auth", None)
    assert isinstance(found, Visitor), "an operation without a LabDoor"  # noqa: S101 - a fault of our own
    return found


def request_id(request: HttpRequest) -> str:
    """The id under which the request is recorded."""
    return str(request_id_of(request))
