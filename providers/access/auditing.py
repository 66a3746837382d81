"""Writing the audit log: who stands behind what happens now, and one verb that adds a row."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.http import HttpRequest
from django.utils.encoding import force_str

from providers.access.permissions import Person, roles_of
from providers.adapters.redaction import redact
from providers.audit import AuditEntry, Deed

# Fields that hold a secret in some form. They are left out whole: not even a ciphertext enters the log.
SECRET_FIELDS = frozenset({"sealed", "digest", "password", "secret", "token"})
_MOST_IDS = 50


@dataclass(frozen=True, slots=True)
class Origin:
    """Who does something: a person, a client or the system itself; from where, in which request."""

    actor: str = ""
    kind: str = "system"
    role: str = ""
    address: str | None = None
    request_id: str = ""


SYSTEM = Origin()
# Worked out only when something is recorded: most requests record nothing and need no look at the roles.
_present: ContextVar[Callable[[], Origin]] = ContextVar("audit_origin", default=lambda: SYSTEM)


def person(user: Person, request: HttpRequest | None = None) -> Origin:
    """The origin of what a person does; nobody when not signed in."""
    roles = roles_of(user)
    return Origin(
        actor=user.get_username() if user.is_authenticated else "",
        kind="person" if user.is_authenticated else "nobody",
        role=roles[0].value if roles else "",
        address=address_of(request) if request else None,
        request_id=request_id_of(request) if request else "",
    )


def address_of(request: HttpRequest) -> str | None:
    """The address a request came from, as the server saw it; a proxy's only when the server trusts it."""
    return request.META.get("REMOTE_ADDR") or None


def request_id_of(request: HttpRequest) -> str:
    """The request's id, made when first asked for."""
    found = getattr(request, "request_id", None)
    if found is None:
        found = uuid.uuid4()
        request.request_id = found  # type: ignore[attr-defined]  # ours, carried along
    return str(found)


@contextmanager
def acting(origin: Callable[[], Origin]) -> Iterator[None]:
    """Whatever is recorded inside, and whatever configuration changes, is this origin's doing."""
    token = _present.set(origin)
    try:
        yield
    finally:
        _present.reset(token)


def record(
    deed: Deed,
    about: Model | str | None = None,
    *,
    by: Origin | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add a row, in the caller's transaction. `about` is a row or words; secrets in the facts are left out."""
    origin = _present.get()() if by is None else by
    row = about if isinstance(about, Model) else None
    return AuditEntry.objects.create(
        actor=origin.actor[:150],
        actor_kind=origin.kind,
        role=origin.role,
        deed=deed,
        object_type=row._meta.model_name or "" if row else "",
        object_id=str(row.pk)[:40] if row else "",
        object_name=redact(force_str(about))[:200] if about is not None else "",
        address=origin.address,
        request_id=origin.request_id,
        before=_clean(before or {}),
        after=_clean(after or {}),
    )


def facts_of(row: Model) -> dict[str, Any]:
    """A row's columns without its secrets."""
    columns = row._meta.concrete_fields
    return {field.attname: field.value_from_object(row) for field in columns if field.name not in SECRET_FIELDS}


def _clean(facts: Mapping[str, Any]) -> dict[str, Any]:
    """JSON's types, with whatever looks like a key struck out: it may have been typed into the wrong field."""
    return {name: _cleaned(value) for name, value in facts.items() if name not in SECRET_FIELDS}


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return _clean({str(name): item for name, item in value.items()})
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_cleaned(item) for item in list(value)[:_MOST_IDS]]
    plain = value if isinstance(value, str) else DjangoJSONEncoder().encode(value).strip('"')
    return redact(plain)
