"""The pages for texts: editing, keeping and regenerating a variant, and whose favourite it is."""

from __future__ import annotations

import unicodedata
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketing import cards, reviewing, services
from marketing.content.places import place
from marketing.content.sheets.table import Sheet, as_text
from marketing.models import Favourite, Variant
from marketing.safety.text import many_lines
from marketing.views import DeskRequest, visible_variants
from providers.access import Permission, requires

# Longer than any title that a platform takes; the column's own length.
LONGEST_TITLE = 300
# More values than any field takes.
MOST_VALUES = 60


def _find(request: DeskRequest, variant_id: UUID) -> Variant:
    return get_object_or_404(visible_variants(request.user), pk=variant_id)


def _newest(variant: Variant) -> Variant:
    while variant.replaced_by:
        variant = variant.replaced_by
    return variant


def _card(variant: Variant) -> cards.VariantCard:
    return cards.variant_card(variant, cards.newest_regenerations([variant]).get(variant.pk))


def answer_with(request: DeskRequest, variant: Variant, said: str = "") -> HttpResponse:
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
    starred = set(Favourite.objects.filter(owner=request.user, variant=variant).values_list("variant_id", flat=True))
    return {"card": _card(variant), "said": said, "titled": titled, "edited_now": edited_now, "starred": starred}


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


def _typed_into(request: DeskRequest, variant: Variant, *, empty: bool = False) -> None:
    """Put what came into the variant, unsaved: title and text, or the values of its fields.

    `empty` keeps empty values in their places, so that each counter finds its input.
    """
    stands = place(variant.platform)
    if not isinstance(stands, Sheet):
        variant.title, variant.text = _typed(request, variant)
        return
    fields = dict(variant.fields)
    for one in stands.asked:
        if f"field-{one.name}" in request.POST:
            values = (many_lines(value) for value in request.POST.getlist(f"field-{one.name}"))
            fields[one.name] = [value for value in values if value or empty][:MOST_VALUES]
    variant.fields = fields
    variant.title = next(iter(fields.get("subjects", ())), variant.title)[:LONGEST_TITLE]
    variant.text = as_text(stands, fields)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def card(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """A variant's card, or that of the one which took its place."""
    return answer_with(request, _newest(_find(request, variant_id)))


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
        _typed_into(request, variant)
        services.edit_variant(variant, title=variant.title, text=variant.text, fields=variant.fields)
        reviewing.keep_version(variant, request.user)
        if not request.htmx or "done" in request.POST:
            return answer_with(request, variant, _("Saved."))
        _typed_into(request, variant, empty=True)
        return _counter(request, variant, saved=True)
    if request.htmx:
        return render(request, "marketing/variant.html#editor", {"card": _card(variant), "focus": True})
    return render(request, "marketing/variant.html", {"card": _card(variant), "editing": True})


@requires(Permission.MAKE)
@require_POST
def restore(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Put the provider's own words back."""
    variant = _find(request, variant_id)
    first = {"title": variant.original_title, "text": variant.original_text, "fields": variant.original_fields}
    services.edit_variant(variant, **first)
    reviewing.keep_version(variant, request.user, anew=True)
    return answer_with(request, variant, _("The first version is back."))


@requires(Permission.MAKE)
@require_POST
def measured(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """How a text stands that is being typed; nothing is stored."""
    variant = _find(request, variant_id)
    _typed_into(request, variant, empty=True)
    return _counter(request, variant)


def _counter(request: DeskRequest, variant: Variant, *, saved: bool = False) -> HttpResponse:
    """How a text stands: its counter, or that of each value with those beside the inputs."""
    card = cards.variant_card(variant)
    shown = {"card": card, "saved": saved, "out_of_band": True}
    part = "marketing/sheet.html#measured" if card.sheet else "marketing/variant.html#counter"
    return render(request, part, shown)


@requires(Permission.MAKE)
@require_POST
def keep(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Put a text into the library or take it out. One that its platform would refuse does not go in."""
    variant = _find(request, variant_id)
    wanted = request.POST.get("keep") == "yes"
    shown = cards.variant_card(variant)
    if wanted and shown.over:
        return answer_with(request, variant, _("Not kept: the platform would refuse this text. Edit it first."))
    if wanted and shown.marks.blocks:
        return answer_with(request, variant, _("Not kept: a claim has no source yet. Confirm it or take it out."))
    services.keep_variant(variant, keep=wanted)
    return answer_with(request, variant, _("Kept in the library.") if wanted else _("Taken out of the library."))


@requires(Permission.MAKE)
@require_POST
def regenerate(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Ask for another text in this place."""
    variant = _newest(_find(request, variant_id))
    services.regenerate(variant)
    return answer_with(request, variant)


@requires(Permission.MAKE)
@require_POST
def favourite(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Make a text one's favourite, or no longer."""
    variant = _find(request, variant_id)
    if request.POST.get("star") == "yes":
        Favourite.objects.get_or_create(owner=request.user, variant=variant)
        return answer_with(request, variant, _("Among your favourites."))
    Favourite.objects.filter(owner=request.user, variant=variant).delete()
    return answer_with(request, variant, _("No longer a favourite."))
