"""What templates know of a person's rights: `{% if may.make %}`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from providers.access.permissions import Permission, Person, Role, permissions_of, roles_of


class Rights:
    """A person's permissions by name, looked up when a template first asks. An unknown name is never true."""

    def __init__(self, user: Person) -> None:
        self._user = user

    def __getitem__(self, name: str) -> bool:
        return Permission(name) in permissions_of(self._user)

    @property
    def role(self) -> str:
        """The mightiest role in words, or nothing."""
        roles = roles_of(self._user)
        return str(Role(roles[0]).label) if roles else ""


def rights(request: HttpRequest) -> dict[str, Any]:
    """The context processor."""
    return {"may": Rights(getattr(request, "user", AnonymousUser()))}
