"""The page that adds a vendor from the built-in catalogue in one step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from providers.admin.forms import VendorForm
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
    form: VendorForm
    provider: Provider | None = None
    state: str = ""


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
        "rows": _rows(posted),
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
    words = _("%(name)s was added and will be asked from now on.") % {"name": provider.name}
    page.message_user(request, words, messages.SUCCESS)
    return redirect("admin:providers_provider_change", provider.pk)


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
                form=posted if posted and posted.vendor.slug == vendor.slug else form,
                provider=provider,
                state=provider_state(provider) if provider else "",
            )
        )
    return rows


def _at_its_address(vendor: Vendor, stored: list[Provider]) -> Provider | None:
    return next((provider for provider in stored if vendor.answers_at(provider.base_url)), None)
