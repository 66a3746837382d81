"""The page that searches the Hub for models and adds them to a Hugging Face provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from providers.admin.forms import CAPABILITIES
from providers.admin.hub_forms import ModelSearchForm
from providers.admin.hub_words import grouped, hub_words
from providers.errors import ProviderError
from providers.hub import PROTOCOL, HubModel, Use, add_model, reader, use_of
from providers.models import AIModel, Provider

if TYPE_CHECKING:
    _Page = admin.ModelAdmin[Provider]

_TEMPLATE = "admin/providers/hub/models.html"


@dataclass(frozen=True, slots=True)
class Result:
    """A model of the Hub as the page shows it; `row` where the provider has it already."""

    model: HubModel
    use: Use
    good_for: str
    downloads: str
    likes: str
    row: AIModel | None = None


def hub_urls(page: _Page) -> list[URLPattern]:
    """The addresses of the pages below the providers' own."""
    view = page.admin_site.admin_view

    def choose(request: HttpRequest) -> HttpResponseBase:
        return choose_provider(page, request)

    def search(request: HttpRequest, pk: int) -> HttpResponseBase:
        return search_models(page, request, pk)

    def add(request: HttpRequest, pk: int) -> HttpResponseBase:
        return add_from_hub(page, request, pk)

    return [
        path("hub/", view(require_GET(choose)), name="providers_provider_hub_choose"),
        path("<int:pk>/hub/", view(require_GET(search)), name="providers_provider_hub"),
        path("<int:pk>/hub/add/", view(require_POST(add)), name="providers_provider_hub_add"),
    ]


def choose_provider(page: _Page, request: HttpRequest) -> HttpResponseBase:
    """Lead to the one Hugging Face provider, or let choose among several."""
    if not page.has_view_or_change_permission(request):
        raise PermissionDenied
    found = list(Provider.objects.filter(protocol=PROTOCOL))
    if len(found) == 1:
        return redirect("admin:providers_provider_hub", found[0].pk)
    context = {**_common(page, request), "found": found}
    return TemplateResponse(request, "admin/providers/hub/choose.html", context)


def search_models(page: _Page, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The search; htmx gets the results, or with a cursor only the further ones."""
    provider = _provider(page, request, pk)
    form = ModelSearchForm(request.GET)
    search = form.search(limit=20)
    found, problem = None, ""
    try:
        found = reader(provider).search_models(search)
    except ProviderError as error:
        problem = hub_words(error)
    context = {
        **_common(page, request),
        "provider": provider,
        "form": form,
        "results": _results(provider, found.items) if found else [],
        "more": _more(request, found.cursor) if found and found.cursor else "",
        "problem": problem,
        "may_add": _may_add(request),
    }
    part = ("#further" if search.cursor else "#results") if getattr(request, "htmx", False) else ""
    return TemplateResponse(request, f"{_TEMPLATE}{part}", context)


def add_from_hub(page: _Page, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Create the model; htmx gets what takes the place of the button, others go back to the search."""
    provider = _provider(page, request, pk)
    if not _may_add(request):
        raise PermissionDenied
    hub, model_id = reader(provider), request.POST.get("model_id", "")
    row, problem = None, ""
    try:
        model = hub.model(model_id)
        row, is_new = add_model(provider, model, hub)
    except ProviderError as error:
        problem = hub_words(error)
    except ValueError:
        problem = _("Nobody serves this model now, or the product has no use for its task.")
    else:
        if is_new:
            page.log_change(request, provider, [{"added": {"name": str(_("model")), "object": str(row)}}])
    if getattr(request, "htmx", False):
        return TemplateResponse(request, f"{_TEMPLATE}#added", {"row": row, "problem": problem})
    if row:
        page.message_user(request, _("Added: %(model)s.") % {"model": row.model_id}, messages.SUCCESS)
    else:
        page.message_user(request, problem, messages.ERROR)
    return redirect("admin:providers_provider_hub", provider.pk)


def _provider(page: _Page, request: HttpRequest, pk: int) -> Provider:
    provider = get_object_or_404(Provider, pk=pk, protocol=PROTOCOL)
    if not page.has_view_or_change_permission(request, provider):
        raise PermissionDenied
    return provider


def _may_add(request: HttpRequest) -> bool:
    return request.user.has_perm("providers.add_aimodel")


def _common(page: _Page, request: HttpRequest) -> Mapping[str, Any]:
    return {**page.admin_site.each_context(request), "opts": page.opts, "title": _("Find models on the Hub")}


def _results(provider: Provider, models: tuple[HubModel, ...]) -> list[Result]:
    ids = [model.model_id for model in models]
    rows = {row.model_id: row for row in provider.models.filter(model_id__in=ids)}
    words = dict(CAPABILITIES)
    results = []
    for model in models:
        use = use_of(model)
        good_for = str(words[use.capability.value]) if use.capability else ""
        numbers = grouped(model.downloads), grouped(model.likes)
        results.append(Result(model, use, good_for, *numbers, rows.get(model.model_id)))
    return results


def _more(request: HttpRequest, cursor: str) -> str:
    """The query of the next page."""
    query = request.GET.copy()
    query["cursor"] = cursor
    return query.urlencode()
