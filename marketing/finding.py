"""Finding kept texts by their words, alike on both kinds of database, whether somebody types Polish letters or not.

Words are compared in plain letters and from their beginning; several must all be there, those in quotation marks side
by side and in this order. The text is brought into that form here, so no database's own idea of letters matters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.signals import post_save
from django.dispatch import receiver

from marketing.letters import plain
from marketing.models import LibraryEntry, Variant

_NO_WORD = re.compile(r"[\W_]+")
_TYPED = re.compile(r'["„”“«»]([^"„”“«»]*)["„”“«»]|([^\s"„”“«»]+)')
# PostgreSQL leaves out words of 2 kB; nobody types one.
_LONGEST_WORD = 60
# More words than this narrow nothing down.
_MOST_WORDS = 20
_TOGETHER = 2000
_SAVED = {"title", "text", "kept_at"}


def words_of(text: str) -> list[str]:
    """The words of a text in plain letters."""
    return [word[:_LONGEST_WORD] for word in _NO_WORD.split(plain(text)) if word]


def phrases(typed: str) -> list[list[str]]:
    """What somebody typed as runs of words; each word of a run is a beginning where it is the last of its run."""
    found: list[list[str]] = []
    for quoted, bare in _TYPED.findall(typed):
        # A hyphen or an apostrophe joins words that stand side by side in the text as well.
        if words := words_of(quoted or bare):
            found.append(words[:_MOST_WORDS])
    return found[:_MOST_WORDS]


def entries(typed: str) -> QuerySet[LibraryEntry]:
    """The entries in which all of it occurs, the latest first; none for something without a single word."""
    wanted = phrases(typed)
    if not wanted:
        return LibraryEntry.objects.none()
    return LibraryEntry.objects.filter(_matches(wanted)).order_by("-pk")


def _matches(wanted: list[list[str]]) -> RawSQL:
    # Words are letters and digits alone, so they cannot be read as anything else.
    if connection.vendor == "sqlite":
        query = " ".join(f'"{" ".join(words)}"*' for words in wanted)
        statement = (
            '"marketing_libraryentry"."id" IN '
            "(SELECT rowid FROM marketing_librarywords WHERE marketing_librarywords MATCH %s)"
        )
    else:
        query = " & ".join(f"({' <-> '.join([*words[:-1], f'{words[-1]}:*'])})" for words in wanted)
        statement = "to_tsvector('simple', \"marketing_libraryentry\".\"words\") @@ to_tsquery('simple', %s)"
    return RawSQL(statement, [query], output_field=BooleanField())  # noqa: S611 - the value is a parameter


def _words(variant: Variant) -> str:
    return " ".join(words_of(f"{variant.title} {variant.root.title} {variant.text}"))


@receiver(post_save, sender=Variant, dispatch_uid="library entry")
def _follow(instance: Variant, update_fields: Iterable[str] | None = None, **_more: Any) -> None:
    """Every way that keeps or changes a text saves it, so none can forget the search."""
    if update_fields is not None and _SAVED.isdisjoint(update_fields):
        return
    if instance.kept_at is None:
        LibraryEntry.objects.filter(variant=instance).delete()
    else:
        LibraryEntry.objects.update_or_create(variant=instance, defaults={"words": _words(instance)})


def mend() -> int:
    """Bring entries in line with texts that were stored in bulk; how many were missing or too many."""
    gone, _each = LibraryEntry.objects.filter(variant__kept_at=None).delete()
    return gone + sum(_added(numbers) for numbers in _missing())


def _missing() -> Iterable[list[Any]]:
    waiting = Variant.objects.filter(kept_at__isnull=False, entry=None).order_by("kept_at", "pk").values_list("pk")
    while numbers := [number for (number,) in waiting[:_TOGETHER]]:
        yield numbers


@transaction.atomic
def _added(numbers: list[Any]) -> int:
    kept = Variant.objects.filter(pk__in=numbers).select_related("root").order_by("kept_at", "pk")
    new = [LibraryEntry(variant=variant, words=_words(variant)) for variant in kept]
    LibraryEntry.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)
