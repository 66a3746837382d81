"""The pages on which briefs are written, one for each form of `marketing.forms.BRIEFS`; a valid brief becomes a job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketing import comparing, promoting, services, sets
from marketing.demo import EXAMPLE_BRIEFS
from marketing.forms import BRIEFS, CampaignForm, PromotionForm
from marketing.models import Brief, BriefSet, Comparison, Job
from marketing.views import DeskRequest, draft_key, find_job, find_set
from providers.access import Permission, requires

MOST_PICKS = 8
_PAGES: dict[type, str] = {Job: "job", BriefSet: "brief_set", Comparison: "comparison"}


def _form_of(page: str) -> type[PromotionForm]:
    if page not in BRIEFS:
        raise Http404
    return BRIEFS[page]


def _page(request: DeskRequest, form: PromotionForm) -> HttpResponse:
    saved = Brief.objects.filter(owner=request.user, content_type=form.kind).first()
    shown = {
        "form": form,
        "saved_at": saved.updated_at if saved else None,
        "draft_key": draft_key(request.user, form.kind),
        "entry": promoting.find_entry(str(form["entry"].value() or "")),
        "picks": promoting.find_entries("", MOST_PICKS),
    }
    return render(request, "marketing/brief.html", shown, status=422 if form.errors else 200)


def _first_values(request: DeskRequest, form: type[PromotionForm]) -> dict[str, Any]:
    """What the form shows when it opens: an earlier job's or campaign's brief, an example, or what was typed last."""
    if "from" in request.GET:
        try:
            return dict(find_job(request, UUID(request.GET["from"])).brief)
        except ValueError:
            raise Http404 from None
    if "set" in request.GET:
        try:
            return dict(find_set(request, UUID(request.GET["set"])).brief)
        except ValueError:
            raise Http404 from None
    if "entry" in request.GET:
        known = promoting.brief_of(request.GET["entry"])
        if not known:
            raise Http404
        return {**services.open_brief(request.user, form.kind), **known}
    if "example" in request.GET:
        language = form.defaults()["language"]
        example = next(brief for brief in EXAMPLE_BRIEFS if brief["language"] == language)
        return {name: value for name, value in example.items() if name not in {"platforms", "variants"}}
    return services.open_brief(request.user, form.kind)


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def brief(request: DeskRequest, page: str) -> HttpResponse:
    """One brief; a valid one becomes a job."""
    kind = _form_of(page)
    if request.method != "POST":
        return _page(request, kind(initial=kind.refill(_first_values(request, kind))))
    form = kind(request.POST)
    if not form.is_valid():
        services.save_brief(request.user, form.kind, kind.typed(request.POST))
        return _page(request, form)
    asked: Job | BriefSet | Comparison
    if "compare" in request.POST and form.comparable:
        try:
            asked = comparing.compare(request.user, form.kind, form.to_brief(), form.options)
        except comparing.NoRivalsError as few:
            form.add_error(None, few.advice)
            services.save_brief(request.user, form.kind, kind.typed(request.POST))
            return _page(request, form)
    elif isinstance(form, CampaignForm):
        typed = kind.typed(request.POST)
        asked = sets.request_set(request.user, form.headline, typed, form.briefs(), form.options)
    else:
        asked = services.request_generation(request.user, form.kind, form.to_brief(), form.options)
    # The job holds the brief now; the next one starts with the choices that rarely change.
    sent = kind.typed(request.POST)
    services.save_brief(request.user, form.kind, {name: sent[name] for name in form.remembered})
    return redirect(_PAGES[type(asked)], asked.pk)


@requires(Permission.MAKE)
@require_POST
def check(request: DeskRequest, page: str, name: str) -> HttpResponse:
    """What one field of the form has to say now; the whole form is saved on the way."""
    form = _form_of(page)(request.POST)
    if name not in form.fields:
        raise Http404
    services.save_brief(request.user, form.kind, form.typed(request.POST))
    form.full_clean()
    return render(request, "marketing/brief.html#note", {"field": form[name]})


@requires(Permission.MAKE)
@require_POST
def notices(request: DeskRequest, page: str) -> HttpResponse:
    """What there is to say about the material as it stands: personal data, and words that read like orders."""
    form = _form_of(page)(request.POST)
    return render(request, "marketing/notices.html", {"notices": form.notices, "field": form["personal_data"]})


@requires(Permission.MAKE)
@require_POST
def save(request: DeskRequest, page: str) -> HttpResponse:
    """Keep the form as it stands."""
    form = _form_of(page)
    kept = services.save_brief(request.user, form.kind, form.typed(request.POST))
    return render(request, "marketing/brief.html#saved", {"saved_at": kept.updated_at})


@requires(Permission.MAKE)
@require_POST
def clear(request: DeskRequest, page: str) -> HttpResponse:
    """Begin an empty brief; the choices that rarely change stay."""
    form = _form_of(page)
    kept = services.open_brief(request.user, form.kind)
    services.save_brief(request.user, form.kind, {name: kept[name] for name in form.remembered if name in kept})
    return redirect(f"{reverse(page)}?new=1")
