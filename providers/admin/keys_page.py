"""The page that takes several keys of one provider at once, one a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.admin.key_forms import SeveralKeysForm
from providers.models import Provider

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin


def add_keys(page: ProviderAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The form; a POST stores the keys that are new and leads back to the provider."""
    provider = get_object_or_404(Provider, pk=pk)
    if not (page.has_change_permission(request, provider) and request.user.has_perm("providers.add_providerkey")):
        raise PermissionDenied
    form = SeveralKeysForm(provider, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        fresh, known = form.save()
        if fresh:
            # Django translates the name when somebody reads it.
            page.log_change(request, provider, [{"added": {"name": "provider keys", "object": str(fresh)}}])
        page.message_user(request, _said(fresh, known), messages.SUCCESS if fresh else messages.WARNING)
        return redirect("admin:providers_provider_change", pk)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Add keys to %(name)s") % {"name": provider.name},
        "provider": provider,
        "form": form,
    }
    return TemplateResponse(request, "admin/providers/provider/keys.html", context)


def _said(fresh: int, known: int) -> str:
    words = ngettext("%(count)s key added.", "%(count)s keys added.", fresh) % {"count": fresh} if fresh else ""
    if not known:
        return words
    there = ngettext("%(count)s was stored here already.", "%(count)s were stored here already.", known)
    return f"{words} {there % {'count': known}}".strip()
