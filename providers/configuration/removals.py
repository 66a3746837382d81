"""Remembering which providers somebody deleted, whatever page or command did it: the environment asks here."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.db.models.signals import post_delete, post_save

from providers.models import Provider, RemovedProvider


def was_removed(slug: str, base_url: str) -> bool:
    """Whether somebody deleted a provider of this name or at this address, and nobody made it anew since."""
    return RemovedProvider.objects.filter(_same(slug, base_url)).exists()


def connect() -> None:
    """Watch providers come and go."""
    post_delete.connect(_remember, Provider, dispatch_uid="a removed provider is remembered")
    post_save.connect(_forget, Provider, dispatch_uid="a provider made anew is not removed")


def _same(slug: str, base_url: str) -> Q:
    same = Q(slug=slug)
    return same | Q(base_url=base_url) if base_url else same


def _remember(instance: Provider, **_: Any) -> None:
    RemovedProvider.objects.update_or_create(slug=instance.slug, defaults={"base_url": instance.base_url})


def _forget(instance: Provider, *, created: bool, **_: Any) -> None:
    if created:
        RemovedProvider.objects.filter(_same(instance.slug, instance.base_url)).delete()
