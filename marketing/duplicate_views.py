"""The page of entries that look alike, and the word that two of them are different."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import duplicates, records
from marketing.catalogue_views import KINDS
from marketing.duplicates import Reason
from marketing.views import DeskRequest
from providers.access import Deed, Permission, record, requires

PAIRS_A_PAGE = 30
_WHY: dict[Reason, str | Promise] = {
    Reason.CODE: gettext_lazy("the same UPC or ISBN"),
    Reason.RECORDING: gettext_lazy("mostly the same recordings"),
    Reason.TITLE: gettext_lazy("the same title and people"),
    Reason.SIMILAR: gettext_lazy("nearly the same title, and people or length agree"),
}


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def pairs(request: DeskRequest, kind: str) -> HttpResponse:
    """The pairs of a kind that look alike, the surest first."""
    _known(kind)
    page = Paginator(duplicates.pairs(kind), PAIRS_A_PAGE).get_page(request.GET.get("page"))
    entries = records.KINDS[kind].objects.in_bulk([number for pair in page for number in (pair.one, pair.other)])
    shown = {
        "known": KINDS[kind],
        "kind": kind,
        "page": page,
        "rows": [(pair, entries[pair.one], entries[pair.other], _WHY[pair.reason]) for pair in page],
    }
    return render(request, "catalogue/duplicates.html", shown)


@requires(Permission.MAKE)
@require_POST
def dismiss(request: DeskRequest, kind: str, one: int, other: int) -> HttpResponse:
    """Say that two entries are different ones; they are not shown as a pair again."""
    _known(kind)
    first, second = (get_object_or_404(records.KINDS[kind], pk=number) for number in (one, other))
    duplicates.not_the_same(kind, first.pk, second.pk, request.user)
    record(Deed.CHANGED, first, after={"not_duplicate_of": second.pk})
    messages.success(
        request, _("Remembered: “%(one)s” and “%(other)s” are different.") % {"one": first, "other": second}
    )
    return redirect("duplicates", kind)


def _known(kind: str) -> None:
    if kind not in records.KINDS:
        raise Http404
