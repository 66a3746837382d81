"""What can be taken away of a text or looked at on its own: an e-mail as it arrives, files for ad and mail tools."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from marketing import cards, claims, exporting, mailing
from marketing.models import Variant
from marketing.variant_views import answer_with
from marketing.views import DeskRequest, visible_variants
from providers.access import Permission, requires

# An e-mail brings its own styles and pictures; it runs nothing, and only our own pages may frame it.
_MAIL_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["https:", "data:"],
    "frame-ancestors": [SELF],
    "sandbox": True,
}


def _find(request: DeskRequest, variant_id: UUID) -> Variant:
    return get_object_or_404(visible_variants(request.user), pk=variant_id)


@requires(Permission.MAKE)
@require_POST
def confirm(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Take a person's word for one sentence of a text."""
    variant = _find(request, variant_id)
    done = claims.confirm(variant, request.POST.get("sentence", ""), request.user)
    return answer_with(request, variant, _("Confirmed.") if done else _("The text no longer says that."))


@requires(Permission.USE_DESK)
@require_GET
@never_cache
@xframe_options_sameorigin
@csp(_MAIL_POLICY)  # type: ignore[arg-type]  # the stubs know one argument only
def mail(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """An e-mail as it arrives, for the sandboxed preview."""
    variant = _find(request, variant_id)
    if not _is_mail(variant):
        raise Http404
    return HttpResponse(mailing.laid_out(variant, dark="dark" in request.GET).html)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def file(request: DeskRequest, variant_id: UUID, form: str) -> HttpResponse:
    """A text as a file for the tool that takes it. An ad with an open claim gives none."""
    variant = _find(request, variant_id)
    if form not in dict(cards.variant_card(variant).files):
        raise Http404
    name = slugify(variant.root.title) or "text"
    if form == "csv":
        return _attached(
            exporting.as_csv(variant).encode(), "text/csv; charset=utf-8", f"{name}-{variant.platform}.csv"
        )
    laid_out = mailing.laid_out(variant, form)
    if form == "eml":
        sender = str(variant.root.brief.get("sender") or "")
        return _attached(mailing.as_eml(laid_out, sender), "message/rfc822", f"{name}.eml")
    return _attached(laid_out.html.encode(), "text/html; charset=utf-8", f"{name}-{form}.html")


def _is_mail(variant: Variant) -> bool:
    sheet = cards.variant_card(variant).sheet
    return bool(sheet and sheet.is_mail)


def _attached(content: bytes, content_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
