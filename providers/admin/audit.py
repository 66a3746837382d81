"""The audit log: read, filtered, searched and taken out as a file; never edited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from providers.access import Deed, Permission, Role, may, record
from providers.access.spreadsheets import csv_lines
from providers.access.watching import watched
from providers.admin.records import ReadOnlyAdmin
from providers.audit import AuditEntry
from providers.clients import ClientKey

_COLUMNS = (
    "at",
    "actor",
    "actor_kind",
    "role",
    "deed",
    "object_type",
    "object_id",
    "object_name",
    "address",
    "request_id",
    "before",
    "after",
)
_AT_ONCE = 500
_MOST_DIFFERENCES = 3
_COLUMN = 40


class _ColumnFilter(admin.SimpleListFilter):
    """A filter on a column whose values are known: asking the log for them would read all of it."""

    parameter_name = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's own
        """What has the chosen value."""
        return queryset.filter(**{self.parameter_name: self.value()}) if self.value() else queryset


class RoleFilter(_ColumnFilter):
    """By the actor's role."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's own
        """All four."""
        return list(Role.choices)


class ObjectFilter(_ColumnFilter):
    """By the kind of object."""

    title = _("kind of object")
    parameter_name = "object_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's own
        """What is watched, and client keys, whose verbs tell for themselves."""
        kinds: list[type[Model]] = [*watched(), ClientKey]
        tables = [kind._meta for kind in kinds]
        return sorted((table.model_name or "", capfirst(str(table.verbose_name))) for table in tables)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """Who changed or saw what."""

    list_display = ("at", "who", "deed", "what")
    list_filter = ("deed", "actor_kind", RoleFilter, ObjectFilter, "at")
    search_fields = ("actor", "object_name", "object_id", "request_id", "address")
    search_help_text = _("A name, an object, an address or a request's id.")
    date_hierarchy = "at"
    show_full_result_count = False
    list_per_page = 50
    fields = (
        "at",
        ("actor", "actor_kind", "role"),
        "deed",
        ("object_type", "object_id", "object_name"),
        ("address", "request_id"),
        "before",
        "after",
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - Django's own signature
        """By a permission of its own."""
        return may(request.user, Permission.SEE_AUDIT)

    @admin.display(description=_("who"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        """The name, or what it was without one."""
        return entry.actor or entry.get_actor_kind_display()

    @admin.display(description=_("object"))
    def what(self, entry: AuditEntry) -> str:
        """The object, its kind, and what changed of it."""
        named = f"{entry.object_name} ({entry.object_type})" if entry.object_type else entry.object_name or "–"
        changed = _differences(entry)
        return format_html('{}<br><span class="quiet">{}</span>', named, changed) if changed else named

    def get_urls(self) -> list[URLPattern]:
        """With the file."""
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name="providers_auditentry_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """The entries that the list shows with these filters, as CSV for a spreadsheet, oldest last."""
        if not may(request.user, Permission.SEE_AUDIT) or not may(request.user, Permission.EXPORT):
            raise PermissionDenied
        entries = self.get_changelist_instance(request).get_queryset(request)
        record(Deed.EXPORTED, "audit log", after={"filters": request.GET.dict()})
        answer = StreamingHttpResponse(csv_lines(_rows(entries)), content_type="text/csv; charset=utf-8")
        name = f"audit-{timezone.localdate():%Y-%m-%d}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        answer["Cache-Control"] = "no-store"
        return answer


def _differences(entry: AuditEntry) -> str:
    """What changed, shortened; the entry's own page has it whole. All that a new row holds would say too much."""
    if entry.deed == Deed.CREATED:
        return ""
    names = sorted({*entry.before, *entry.after})
    told = [f"{name}: {_worded(entry, name)}" for name in names]
    return ", ".join(told[:_MOST_DIFFERENCES]) + (" …" if len(told) > _MOST_DIFFERENCES else "")


def _worded(entry: AuditEntry, name: str) -> str:
    if name not in entry.before:
        return _short(entry.after[name])
    return f"{_short(entry.before[name])} → {_short(entry.after[name]) if name in entry.after else '–'}"


def _short(value: Any) -> str:
    """A value as a column takes it."""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _COLUMN else f"{text[: _COLUMN - 1]}…"


def _rows(entries: Any) -> Iterator[list[Any]]:
    yield list(_COLUMNS)
    for entry in entries.iterator(chunk_size=_AT_ONCE):
        yield [_cell(getattr(entry, column)) for column in _COLUMNS]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    return value.isoformat() if hasattr(value, "isoformat") else value
