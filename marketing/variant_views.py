"""The pages for texts: editing, keeping and regenerating a variant, and the library of kept ones."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketing import cards, services
from marketing.content.measure import measure
from marketing.content.platforms import platform, platforms
from marketing.models import Variant
from marketing.views import DeskRequest, visible_jobs, visible_variants
from providers.access import Permission, requires

CARDS_A_PAGE = 24
# Beyond this the library says "more than": counting on would walk through everything.
MOST_COUNTED = 1000
# Longer than any title that a platform takes; the column's own length.
LONGEST_TITLE = 300


def _find(request: DeskRequest, variant_id: UUID) -> Variant:
    return get_object_or_404(visible_variants(request.user), pk=variant_id)


def _newest(variant: Variant) -> Variant:
    while variant.replaced_by:
        variant = variant.replaced_by
    return variant


def _card(variant: Variant) -> cards.VariantCard:
    return cards.variant_card(variant, cards.newest_regenerations([variant]).get(variant.pk))


def _answer(request: DeskRequest, variant: Variant, said: str = "") -> HttpResponse:
    """The card in place for htmx, the job's page for a browser without scripts."""
    if request.htmx:
        return render(request, "marketing/variant.html#card", _shown(request, variant, said))
    if said:
        messages.info(request, said)
    return redirect(_on_page(variant))


def _shown(request: DeskRequest, variant: Variant, said: str) -> dict[str, Any]:
    # In the library cards of many jobs stand together, so there each names its own.
    titled = (request.htmx.current_url_abs_path or "").startswith(reverse("library"))
    # Who closes the editor goes on at the link that opened it.
    edited_now = request.method == "POST" and "done" in request.POST
    return {"card": _card(variant), "said": said, "titled": titled, "edited_now": edited_now}


def _on_page(variant: Variant) -> str:
    return f"{reverse('job', args=[variant.root_id])}#variant-{variant.pk}"


def _typed(request: DeskRequest, variant: Variant) -> tuple[str, str]:
    """Title and text as they came, in NFC and with plain line ends; a field that did not come stays."""
    title = request.POST.get("title", variant.title)
    text = request.POST.get("text", variant.text).replace("\r\n", "\n").replace("\x00", "")
    return (
        unicodedata.normalize("NFC", title.replace("\x00", ""))[:LONGEST_TITLE],
        unicodedata.normalize("NFC", text),
    )


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def card(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """A variant's card, or that of the one which took its place."""
    return _answer(request, _newest(_find(request, variant_id)))


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def progress(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """How far another text is: the strip while it is written, then the whole card in place of the old one."""
    variant = _find(request, variant_id)
    newest = _newest(variant)
    said = _("The new text is there.") if newest.pk != variant.pk else ""
    shown = _shown(request, newest, said)
    if shown["card"].working:
        return render(request, "marketing/variant.html#strip", shown)
    answer = render(request, "marketing/variant.html#card", shown)
    answer["HX-Retarget"] = f"#variant-{variant.pk}"
    answer["HX-Reswap"] = "outerHTML"
    return answer


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def edit(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Edit a text. It is saved while one types; `done` closes the editor."""
    variant = _find(request, variant_id)
    if request.method == "POST":
        title, text = _typed(request, variant)
        services.edit_variant(variant, title=title, text=text)
        if not request.htmx or "done" in request.POST:
            return _answer(request, variant, _("Saved."))
        return render(request, "marketing/variant.html#counter", {"card": _card(variant), "saved": True})
    if request.htmx:
        return render(request, "marketing/variant.html#editor", {"card": _card(variant), "focus": True})
    return render(request, "marketing/variant.html", {"card": _card(variant), "editing": True})


@requires(Permission.MAKE)
@require_POST
def restore(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Put the provider's own words back."""
    variant = _find(request, variant_id)
    services.edit_variant(variant, title=variant.original_title, text=variant.original_text)
    return _answer(request, variant, _("The first version is back."))


@requires(Permission.MAKE)
@require_POST
def measured(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """How a text stands that is being typed; nothing is stored."""
    variant = _find(request, variant_id)
    variant.title, variant.text = _typed(request, variant)
    return render(request, "marketing/variant.html#counter", {"card": cards.variant_card(variant)})


@requires(Permission.MAKE)
@require_POST
def keep(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Put a text into the library or take it out. One that its platform would refuse does not go in."""
    variant = _find(request, variant_id)
    wanted = request.POST.get("keep") == "yes"
    if wanted and measure(platform(variant.platform), variant.title, variant.text).over:
        return _answer(request, variant, _("Not kept: the platform would refuse this text. Edit it first."))
    services.keep_variant(variant, keep=wanted)
    return _answer(request, variant, _("Kept in the library.") if wanted else _("Taken out of the library."))


@requires(Permission.MAKE)
@require_POST
def regenerate(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Ask for another text in this place."""
    variant = _newest(_find(request, variant_id))
    services.regenerate(variant)
    return _answer(request, variant)


def _place(variant: Variant) -> str:
    """Where a kept text stands in the library, for the link to those behind it."""
    return f"{variant.kept_at:%Y-%m-%dT%H:%M:%S.%f}~{variant.pk}"


def _place_before(typed: str) -> Q | None:
    """What stands behind this place; None for the beginning, and for a place that is none."""
    moment, _mark, number = typed.partition("~")
    try:
        kept_at, pk = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC), UUID(number)
    except ValueError:
        return None
    return Q(kept_at__lte=kept_at) & (Q(kept_at__lt=kept_at) | Q(pk__lt=pk))


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def library(request: DeskRequest) -> HttpResponse:
    """The kept texts: searched, filtered by platform, page by page; as fast with 100,000 as with ten."""
    words = unicodedata.normalize("NFC", request.GET.get("q", "").replace("\x00", "")).strip()[:200]
    slug = request.GET.get("platform", "")
    # A kept text stays also when a newer one took its place on the job's page.
    # Asked as "exists", so that databases walk along the index of kept texts and not through a person's jobs.
    own = Exists(visible_jobs(request.user).filter(pk=OuterRef("root_id")).order_by())
    kept = Variant.objects.filter(own, kept_at__isnull=False).order_by("-kept_at", "-pk")
    present = [one for one in platforms() if kept.filter(platform=one.slug).exists()]
    found = kept
    for word in words.split():
        found = found.filter(Q(text__icontains=word) | Q(title__icontains=word) | Q(root__title__icontains=word))
    if slug:
        found = found.filter(platform=slug)
    before = _place_before(request.GET.get("before", ""))
    # One walk along the index gives the count, as far as it is worth knowing, and the page.
    numbers = list((found.filter(before) if before else found).values_list("pk", flat=True)[: MOST_COUNTED + 1])
    shown_now = Variant.objects.select_related("root").in_bulk(numbers[:CARDS_A_PAGE])
    variants = [shown_now[number] for number in numbers[:CARDS_A_PAGE] if number in shown_now]
    asked = cards.newest_regenerations(variants)
    shown = {
        "count": min(len(numbers), MOST_COUNTED),
        "uncounted": len(numbers) > MOST_COUNTED,
        "first": not before,
        "older": _place(variants[-1]) if len(numbers) > CARDS_A_PAGE else "",
        "cards": [cards.variant_card(variant, asked.get(variant.pk)) for variant in variants],
        "platforms": present,
        "words": words,
        "slug": slug,
        "any": bool(present),
    }
    return render(request, "marketing/library.html#found" if request.htmx else "marketing/library.html", shown)
