"""The page that adds a vendor from the built-in catalogue in one step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from providers.admin.explaining import Words, departures
from providers.admin.forms import CAPABILITIES, VendorForm
from providers.admin.state import limit_words, provider_state
from providers.catalogue import Vendor, vendors
from providers.configuration import add_vendor
from providers.models import Provider

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin


@dataclass(frozen=True, slots=True)
class Row:
    """One vendor as the page shows it; `provider` where it was added already."""

    vendor: Vendor
    note: str
    limits: list[str]
    abilities: list[str]
    departures: list[str]
    form: VendorForm
    provider: Provider | None = None
    state: str = ""

    @property
    def search(self) -> str:
        """What typing looks through."""
        return " ".join([self.vendor.name, self.vendor.slug, self.note, *self.abilities, *self.model_ids]).lower()

    @property
    def model_ids(self) -> list[str]:
        """The models that come with it."""
        return [model.id for model in self.vendor.models]


class Group(NamedTuple):
    """Vendors of one kind, as the page heads them."""

    title: Words
    note: Words
    rows: list[Row]


_OWN = "own"
_KINDS: dict[str, tuple[Words, Words]] = {
    "free": (gettext_lazy("Free for good"), gettext_lazy("Free access that stays, within the limits.")),
    "freemium": (
        gettext_lazy("Free with conditions, or to try"),
        gettext_lazy("A trial, a credit once or monthly, or free access that asks for something; read the note."),
    ),
    _OWN: (gettext_lazy("On your own machine"), gettext_lazy("Model servers of your own; no key, and nothing leaves.")),
    "paid": (gettext_lazy("Paid"), gettext_lazy("Every request costs money.")),
}


def show_catalogue(page: ProviderAdmin, request: HttpRequest) -> HttpResponseBase:
    """List the vendors; a POST with `vendor` and `key` adds one and leads to its page."""
    if not page.has_add_permission(request):
        raise PermissionDenied
    posted = _posted_form(request)
    if posted and posted.is_valid():
        return _add(page, request, posted)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Add from the catalogue"),
        "groups": _groups(_rows(posted), request.GET.get("q", "") if posted is None else ""),
        "q": request.GET.get("q", ""),
    }
    return TemplateResponse(request, "admin/providers/provider/catalogue.html", context)


def _posted_form(request: HttpRequest) -> VendorForm | None:
    if request.method != "POST":
        return None
    vendor = next((one for one in vendors() if one.slug == request.POST.get("vendor")), None)
    if vendor is None:
        raise Http404
    return VendorForm(vendor, os.environ, data=request.POST)


def _add(page: ProviderAdmin, request: HttpRequest, form: VendorForm) -> HttpResponseBase:
    vendor, secret = form.vendor, form.cleaned_data["key"]
    variable = "" if secret else form.variable
    try:
        add_vendor(vendor, variable=variable, secret=secret, values=form.values())
    except IntegrityError:
        page.message_user(request, _("%(name)s was added meanwhile.") % {"name": vendor.name}, messages.WARNING)
        return redirect("admin:providers_provider_catalogue")
    provider = Provider.objects.get(slug=vendor.slug)
    page.log_addition(request, provider, [{"added": {}}])
    page.message_user(request, _what_next(provider), messages.SUCCESS)
    return redirect("admin:providers_provider_change", provider.pk)


def _what_next(provider: Provider) -> str:
    return format_html(
        '{} <a href="{}">{}</a>',
        _("%(name)s was added and will be asked from now on, in its turn.") % {"name": provider.name},
        reverse("admin:providers_provider_test", args=[provider.pk]),
        _("Test now whether the key works"),
    )


def _groups(rows: list[Row], query: str) -> list[Group]:
    """The vendors by kind; with a query only those that have all its words."""
    wanted = query.lower().split()
    found = [row for row in rows if all(word in row.search for word in wanted)]
    by_kind: dict[str, list[Row]] = {kind: [] for kind in _KINDS}
    for row in found:
        by_kind[_OWN if row.vendor.allow_private_address else row.vendor.tier].append(row)
    return [Group(*_KINDS[kind], those) for kind, those in by_kind.items() if those]


def _rows(posted: VendorForm | None) -> list[Row]:
    stored = list(Provider.objects.select_related("circuit").prefetch_related("models", "keys"))
    by_slug = {provider.slug: provider for provider in stored}
    rows = []
    for vendor in vendors():
        provider = by_slug.get(vendor.slug) or _at_its_address(vendor, stored)
        form = VendorForm(vendor, os.environ)
        rows.append(
            Row(
                vendor=vendor,
                note=vendor.note.text(get_language() or "en"),
                limits=limit_words(vendor.limits),
                abilities=_abilities(vendor),
                departures=departures(vendor.quirks.stored()) if vendor.quirks else [],
                form=posted if posted and posted.vendor.slug == vendor.slug else form,
                provider=provider,
                state=provider_state(provider) if provider else "",
            )
        )
    return rows


def _at_its_address(vendor: Vendor, stored: list[Provider]) -> Provider | None:
    return next((provider for provider in stored if vendor.answers_at(provider.base_url)), None)


def _abilities(vendor: Vendor) -> list[str]:
    able = {capability.value for model in vendor.models for capability in model.capabilities}
    return [str(words) for name, words in CAPABILITIES if name in able]
