"""Roles, what each may do, and how a view says what it asks for. The only table of rights in the product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from django.apps import apps as registry
from django.apps.registry import Apps
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, Group
from django.db import DEFAULT_DB_ALIAS, models
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _

V = TypeVar("V", bound=Callable[..., Any])
Person = AbstractBaseUser | AnonymousUser


class Role(models.TextChoices):
    """A person's part; the value is the name of a Django group."""

    ADMINISTRATOR = "administrator", _("administrator")
    APPROVER = "approver", _("approver")
    MARKETER = "marketer", _("marketer")
    ANALYST = "analyst", _("analyst")


class Permission(StrEnum):
    """What a page, an endpoint or an action asks for."""

    USE_DESK = "use_desk"  # see the desk and one's own work
    SEE_ALL_WORK = "see_all_work"  # see everybody's work
    MAKE = "make"  # ask for texts, edit and keep them
    APPROVE = "approve"  # approve or reject what others made
    SEE_REPORTS = "see_reports"  # figures: performance, providers' state, cost
    EXPORT = "export"  # take data out as a file
    CONFIGURE = "configure"  # the administration
    SEE_AUDIT = "see_audit"  # the audit log


class Door(StrEnum):
    """What a view without a signed-in person asks for."""

    OPEN = "open"  # nothing: sign-in, language, liveness
    SIGNED = "signed"  # the view itself checks its sender's signature
    CLIENT_KEY = "client key"  # the view itself calls `authenticate`


_LOOK = {Permission.USE_DESK, Permission.SEE_REPORTS, Permission.EXPORT}
RIGHTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Permission),
        Role.APPROVER: frozenset(_LOOK | {Permission.SEE_ALL_WORK, Permission.MAKE, Permission.APPROVE}),
        Role.MARKETER: frozenset(_LOOK | {Permission.MAKE}),
        Role.ANALYST: frozenset(_LOOK | {Permission.SEE_ALL_WORK}),
    }
)
_ATTRIBUTE = "asks_for"
_REMEMBERED = "_prometheus_roles"


def roles_of(user: Person) -> tuple[Role, ...]:
    """The roles of a person, the mightiest first; read once for each user object. A superuser is an administrator."""
    if not user.is_active or not user.is_authenticated:
        return ()
    found: tuple[Role, ...] | None = getattr(user, _REMEMBERED, None)
    if found is None:
        if getattr(user, "is_superuser", False):
            found = (Role.ADMINISTRATOR,)
        else:
            # A list of people brings their groups along.
            fetched = getattr(user, "_prefetched_objects_cache", {}).get("groups")
            groups = Group.objects.filter(user__pk=user.pk) if fetched is None else fetched
            names = {group.name for group in groups}
            found = tuple(role for role in Role if role.value in names)
        setattr(user, _REMEMBERED, found)
    return found


def permissions_of(user: Person) -> frozenset[Permission]:
    """What a person may do: what any of their roles may. Nothing without a role."""
    return frozenset().union(*(RIGHTS[role] for role in roles_of(user)))


def may(user: Person, permission: Permission) -> bool:
    """Whether a person may do this."""
    return permission in permissions_of(user)


def requires(asked: Permission | Door) -> Callable[[V], V]:
    """Declare what a view asks for; `PermissionMiddleware` refuses a view that declares nothing."""

    def declare(view: V) -> V:
        setattr(view, _ATTRIBUTE, asked)
        return view

    return declare


def declared(view: Callable[..., Any]) -> Permission | Door | None:
    """What a view asks for, or None when it does not say."""
    return getattr(view, _ATTRIBUTE, None)


def guarded(patterns: Iterable[Any], asked: Permission | Door) -> None:
    """Declare it for every view of these URL patterns that says nothing itself: an admin site, a NinjaAPI's URLs."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            guarded(pattern.url_patterns, asked)
        elif isinstance(pattern, URLPattern) and declared(pattern.callback) is None:
            requires(asked)(pattern.callback)


def ensure_roles(using: str = DEFAULT_DB_ALIAS, apps: Apps = registry, **_signal: Any) -> None:
    """Create the groups that are missing; after every `migrate`, so that no role can be lost for good."""
    try:
        group = apps.get_model("auth", "Group")
    except LookupError:
        # A migration to a point before accounts.
        return
    group._default_manager.using(using).bulk_create([group(name=role.value) for role in Role], ignore_conflicts=True)
