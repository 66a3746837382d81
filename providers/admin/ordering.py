"""Who is asked first: one POST that puts the providers into an order and numbers them anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from providers.models import Provider

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin

# Room for typing a number in between.
STEP = 10


def change_order(page: ProviderAdmin, request: HttpRequest) -> HttpResponseBase:
    """A POST with `order` (ids, the first to be asked first) or `move` (`up:ID`, `down:ID`).

    Answers with the new numbers as JSON to whom asks for that, else with the way back to the list.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not page.has_change_permission(request):
        raise PermissionDenied
    changed = _moved(request.POST["move"]) if "move" in request.POST else put_in_order(request.POST.getlist("order"))
    if changed:
        # Django translates the field's name when somebody reads it.
        LogEntry.objects.log_actions(str(request.user.pk), changed, CHANGE, [{"changed": {"fields": ["priority"]}}])
    said = _("Order saved. Every provider now has a number of its own.")
    if request.accepts("application/json") and not request.accepts("text/html"):
        numbers = {str(pk): priority for pk, priority in Provider.objects.values_list("pk", "priority")}
        return JsonResponse({"priorities": numbers, "said": said})
    page.message_user(request, said, messages.SUCCESS)
    return redirect("admin:providers_provider_changelist")


@transaction.atomic
def put_in_order(wanted: Sequence[str]) -> list[Provider]:
    """Number all providers 10, 20, 30 and so on; those in `wanted` share their old places in this new order.

    Ids that nobody has are left out. Returns the providers whose number changed.
    """
    providers = list(Provider.objects.select_for_update().order_by("priority", "slug"))
    known = {str(provider.pk): provider for provider in providers}
    moved = [known[pk] for pk in dict.fromkeys(wanted) if pk in known]
    places = iter(moved)
    ordered = [next(places) if provider in moved else provider for provider in providers]
    changed = []
    for priority, provider in enumerate(ordered, start=1):
        if provider.priority != priority * STEP:
            provider.priority = priority * STEP
            changed.append(provider)
    Provider.objects.bulk_update(changed, ["priority"])
    return changed


@transaction.atomic
def _moved(move: str) -> list[Provider]:
    """Change places with the neighbour above or below; at the end of the list nothing moves."""
    way, _colon, pk = move.partition(":")
    ids = [str(one.pk) for one in Provider.objects.select_for_update().order_by("priority", "slug")]
    if pk not in ids or way not in {"up", "down"}:
        return []
    here = ids.index(pk)
    there = here + (1 if way == "down" else -1)
    if not 0 <= there < len(ids):
        return []
    ids[here], ids[there] = ids[there], ids[here]
    return put_in_order(ids)
