"""Changes of configuration, accounts and sign-ins, written to the audit log as they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest

from providers.access import throttle
from providers.access.auditing import address_of, facts_of, person, record
from providers.audit import Deed
from providers.clients import Client
from providers.models import AIModel, Provider, ProviderKey, Quota, RoutingPolicy

# Columns that change with use, not by anyone's decision.
_INCIDENTAL = frozenset({"last_login", "updated_at", "listed_at"})
_EARLIER = "_audit_before"
_quiet: ContextVar[bool] = ContextVar("audit_quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Nothing that happens inside is anybody's deed: rows come back that the log itself tells of."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def watched() -> list[type[Model]]:
    """The tables that are configuration or accounts."""
    return [Provider, AIModel, ProviderKey, Quota, RoutingPolicy, Client, get_user_model(), Group]


def connect() -> None:
    """Listen; once for each process."""
    for model in watched():
        name = f"audit.{model.__name__}"
        pre_save.connect(_remember, sender=model, dispatch_uid=f"{name}.before")
        post_save.connect(_saved, sender=model, dispatch_uid=f"{name}.saved")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"{name}.deleted")
    m2m_changed.connect(_roles_changed, sender=get_user_model().groups.through, dispatch_uid="audit.roles")
    user_logged_in.connect(_signed_in, dispatch_uid="audit.in")
    user_logged_out.connect(_signed_out, dispatch_uid="audit.out")
    user_login_failed.connect(_failed, dispatch_uid="audit.failed")
    user_locked_out.connect(_paused, dispatch_uid="audit.paused")


def _remember(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002 - a signal's
    if raw or instance._state.adding:  # noqa: SLF001 - Django's own name
        return
    stored = sender._default_manager.filter(pk=instance.pk).first()
    setattr(instance, _EARLIER, (facts_of(stored), _password(stored)) if stored else None)


def _saved(instance: Model, created: bool, raw: bool = False, **_: Any) -> None:  # noqa: FBT001, FBT002 - a signal's
    if raw:
        return
    if created:
        record(Deed.CREATED, instance, after=facts_of(instance))
        return
    earlier = getattr(instance, _EARLIER, None)
    if earlier is None:
        return
    before, old_password = earlier
    now = facts_of(instance)
    changed = [name for name, value in now.items() if before.get(name) != value and name not in _INCIDENTAL]
    after = {name: now[name] for name in changed}
    if _password(instance) != old_password:
        after["new password"] = True
    if after:
        record(Deed.CHANGED, instance, before={name: before.get(name) for name in changed}, after=after)


def _deleted(instance: Model, **_: Any) -> None:
    if _quiet.get():
        return
    record(Deed.DELETED, instance, before=facts_of(instance))


def _password(row: Model | None) -> str:
    return row.password if isinstance(row, AbstractBaseUser) else ""


def _roles_changed(instance: Model, action: str, pk_set: set[int] | None, reverse: bool, **_: Any) -> None:  # noqa: FBT001
    """Roles are given to a person, or from a group's side to several."""
    if action not in {"post_add", "post_remove", "pre_clear"} or _quiet.get():
        return
    others = get_user_model() if reverse else Group
    known = others._default_manager.filter(pk__in=pk_set or ())
    # A clear is told without the rows; who is in is asked before it happens.
    rows = known if pk_set is not None else getattr(instance, "user_set" if reverse else "groups").all()
    names = sorted(map(str, rows))
    if names:
        word = "people" if reverse else "roles"
        facts = {word: names}
        gone = action != "post_add"
        record(Deed.CHANGED, instance, before=facts if gone else None, after=None if gone else facts)


def _signed_in(request: HttpRequest, user: AbstractBaseUser, **_: Any) -> None:
    record(Deed.SIGNED_IN, by=person(user, request))


def _signed_out(request: HttpRequest, user: AbstractBaseUser | None, **_: Any) -> None:
    if user is not None:
        record(Deed.SIGNED_OUT, by=person(user, request))


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """Only a name that exists is written: what was typed there by mistake may be a password."""
    if request is None or throttle.bad_sign_ins(address_of(request)) > throttle.MOST_BAD_A_MINUTE:
        return
    name = str(credentials.get("username") or "")
    known = get_user_model()._default_manager.filter(username=name).exists()
    record(Deed.SIGN_IN_FAILED, name if known else "", by=_nobody(request))


def _paused(request: HttpRequest, username: str, **_: Any) -> None:
    known = get_user_model()._default_manager.filter(username=username).exists()
    record(Deed.SIGN_IN_PAUSED, username if known else "", by=_nobody(request))


def _nobody(request: HttpRequest) -> Any:
    from django.contrib.auth.models import AnonymousUser

    return person(AnonymousUser(), request)
