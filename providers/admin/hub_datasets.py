"""Pages for data sets of the Hub: those that were picked, the search for others, and their rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from providers.admin.hub_forms import ROWS_A_PAGE, DatasetReferenceForm, DatasetSearchForm, PageForm
from providers.admin.hub_words import grouped, hub_words
from providers.errors import ProviderError
from providers.hub import HubDataset, HubReader, Row, Rows, RowsWanted, Split, reader
from providers.models import DatasetReference

_LONGEST_CELL = 300
_SEARCH, _DATA_SET = "admin/providers/hub/datasets.html", "admin/providers/hub/dataset.html"
_PART = "{0.config}/{0.split}"


@dataclass(frozen=True, slots=True)
class Result:
    """A data set as the pages show it."""

    data_set: HubDataset
    downloads: str
    likes: str

    @classmethod
    def of(cls, data_set: HubDataset) -> Result:
        """With its numbers written out."""
        return cls(data_set, grouped(data_set.downloads), grouped(data_set.likes))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table, its cells in the order of the columns and fit to be read."""

    number: str
    cells: tuple[str, ...]


@admin.register(DatasetReference)
class DatasetReferenceAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Data sets that somebody picked; new ones are found on the Hub."""

    list_display = ("dataset_id", "config", "split", "note", "added_by", "added_at", "rows")
    list_select_related = ("added_by",)
    search_fields = ("dataset_id", "note")
    fields = ("dataset_id", "config", "split", "note", "added_by", "added_at", "rows")
    readonly_fields = ("dataset_id", "config", "split", "added_by", "added_at", "rows")

    @admin.display(description=gettext_lazy("rows"))
    def rows(self, reference: DatasetReference) -> str:
        """The way to the rows."""
        query = {"id": reference.dataset_id, "part": _PART.format(reference)}
        address = f"{reverse('admin:providers_datasetreference_rows')}?{urlencode(query)}"
        return format_html('<a href="{}">{}</a>', address, _("Show rows"))

    def get_urls(self) -> list[URLPattern]:
        """With the search and the rows."""
        view = self.admin_site.admin_view
        return [
            path("hub/", view(require_GET(self.search)), name="providers_datasetreference_hub"),
            path(
                "hub/rows/",
                view(require_http_methods(["GET", "POST"])(self.data_set)),
                name="providers_datasetreference_rows",
            ),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Nobody types a data set's name by heart."""
        del request, form_url, extra_context
        return redirect("admin:providers_datasetreference_hub")

    def search(self, request: HttpRequest) -> HttpResponseBase:
        """The search; htmx gets the results, or with a cursor only the further ones."""
        self._allow(request)
        form = DatasetSearchForm(request.GET)
        search = form.search(limit=20)
        found, problem = None, ""
        try:
            found = reader().search_datasets(search)
        except ProviderError as error:
            problem = hub_words(error)
        query = request.GET.copy()
        query["cursor"] = found.cursor if found else ""
        context = {
            **self._common(request),
            "form": form,
            "results": [Result.of(data_set) for data_set in found.items] if found else [],
            "more": query.urlencode() if query["cursor"] else "",
            "problem": problem,
        }
        part = ("#further" if search.cursor else "#results") if getattr(request, "htmx", False) else ""
        return TemplateResponse(request, f"{_SEARCH}{part}", context)

    def data_set(self, request: HttpRequest) -> HttpResponseBase:
        """One data set with the rows of a part; a POST keeps that part."""
        self._allow(request)
        keeping = DatasetReferenceForm(request.POST or None)
        if request.method == "POST":
            if not self.has_add_permission(request):
                raise PermissionDenied
            if keeping.is_valid():
                return self._keep(request, keeping)
        page = PageForm(request.GET)
        if not page.is_valid():
            raise Http404
        context = {**self._common(request), **_shown(reader(), page), "may_add": self.has_add_permission(request)}
        if request.method != "POST" and context["part"]:
            part = context["part"]
            initial = {"dataset_id": page.cleaned_data["id"], "config": part.config, "split": part.split}
            keeping = DatasetReferenceForm(initial=initial)
        template = f"{_DATA_SET}#rows" if getattr(request, "htmx", False) else _DATA_SET
        return TemplateResponse(request, template, {**context, "keeping": keeping})

    def _keep(self, request: HttpRequest, form: DatasetReferenceForm) -> HttpResponseBase:
        reference: DatasetReference = form.save(commit=False)
        reference.added_by = request.user if request.user.is_authenticated else None
        reference.save()
        self.log_addition(request, reference, [{"added": {}}])
        words = _("Kept: %(data_set)s. Its rows stay on the Hub.") % {"data_set": reference}
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:providers_datasetreference_changelist")

    def _allow(self, request: HttpRequest) -> None:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied

    def _common(self, request: HttpRequest) -> Mapping[str, Any]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Find data sets on the Hub")}


def _shown(hub: HubReader, page: PageForm) -> dict[str, Any]:
    """What the page shows of a data set; whatever cannot be had is told in its place."""
    name, words = page.cleaned_data["id"], page.cleaned_data.get("q", "")
    shown: dict[str, Any] = {"name": name, "title": name, "words": words, "part": None, "parts": [], "rows": None}
    try:
        shown["found"] = Result.of(hub.dataset(name))
        splits = hub.dataset_splits(name)
        part = _chosen(splits, page.cleaned_data.get("part", ""))
        kept = set(DatasetReference.objects.filter(dataset_id=name).values_list("config", "split"))
        shown["parts"] = [(_PART.format(split), split == part) for split in splits]
        if part:
            shown["part"], shown["kept"] = part, (part.config, part.split) in kept
            wanted = RowsWanted(name, part.config, part.split, page.first_row(), ROWS_A_PAGE, words)
            rows = hub.dataset_rows(wanted)
            shown |= {"rows": rows, "lines": [_line(rows, row) for row in rows.rows], **_paging(page, part, rows)}
    except ProviderError as error:
        shown["problem"] = hub_words(error)
    return shown


def _chosen(splits: tuple[Split, ...], wanted: str) -> Split | None:
    first = splits[0] if splits else None
    return next((split for split in splits if _PART.format(split) == wanted), first)


def _paging(page: PageForm, part: Split, rows: Rows) -> dict[str, Any]:
    at = page.first_row()
    same = {"id": page.cleaned_data["id"], "part": _PART.format(part), "q": page.cleaned_data.get("q", "")}
    before = urlencode({**same, "offset": max(0, at - ROWS_A_PAGE)}) if at else ""
    after = urlencode({**same, "offset": at + ROWS_A_PAGE}) if at + ROWS_A_PAGE < rows.total else ""
    numbers = {"first": grouped(at + 1), "last": grouped(at + len(rows.rows)), "total": grouped(rows.total)}
    return {"before": before, "after": after, **numbers}


def _line(rows: Rows, row: Row) -> Line:
    return Line(grouped(row.number + 1), tuple(_cell(row.cells.get(column.name)) for column in rows.columns))


def _cell(value: Any) -> str:
    """A value as a table shows it: text as it is, the rest as JSON, cut where it gets too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"
