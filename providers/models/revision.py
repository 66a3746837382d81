"""A token that changes with every change of the configuration, so that processes may keep it in memory."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

from providers.statements import Query, rows

_Row_co = TypeVar("_Row_co", bound=models.Model, covariant=True)
_THE_ROW = 1
# Asked together with other things by whoever is in a hurry.
CURRENT: Query = ("SELECT token FROM providers_revision WHERE id = %s", (_THE_ROW,))


class Revision(models.Model):
    """The one row with the token. A random one: a counter could come back to an old value with other contents."""

    token = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.token)

    @staticmethod
    def renew() -> None:
        """Make every process read the configuration again; part of the transaction that changed it."""
        Revision.objects.bulk_create(
            [Revision(pk=_THE_ROW, token=uuid.uuid4())],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["token"],
        )

    @staticmethod
    def current() -> str | None:
        """The token as the database writes it, or None before the first change. Asked for at every call, so by hand."""
        return Revision.read_from(rows(*CURRENT))

    @staticmethod
    def read_from(found: list[tuple[Any, ...]]) -> str | None:
        """The token in the answer to `CURRENT`."""
        return str(found[0][0]) if found else None


class ConfiguredQuerySet(models.QuerySet[_Row_co]):
    """Changes of many rows at once; they call no `save`."""

    def update(self, **values: Any) -> int:
        """As Django's."""
        changed = super().update(**values)
        if changed:
            Revision.renew()
        return changed

    def bulk_create(self, *arguments: Any, **options: Any) -> list[_Row_co]:
        """As Django's."""
        made = super().bulk_create(*arguments, **options)
        Revision.renew()
        return made

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's."""
        gone = super().delete()
        Revision.renew()
        return gone


class ConfiguredManager(models.Manager[_Row_co]):
    """Where the rows' changes begin."""

    def get_queryset(self) -> ConfiguredQuerySet[_Row_co]:
        """As Django's."""
        return ConfiguredQuerySet(self.model, using=self._db)


class Configured(models.Model):
    """A row that the ledger keeps in memory."""

    objects: ClassVar[ConfiguredManager[Self]] = ConfiguredManager()

    class Meta:
        abstract = True

    def save(self, *arguments: Any, **options: Any) -> None:
        """As Django's."""
        super().save(*arguments, **options)
        Revision.renew()

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """As Django's."""
        gone = super().delete(*arguments, **options)
        Revision.renew()
        return gone
