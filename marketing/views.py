"""The pages for jobs: start, brief, job. A view reads the request, calls one verb and names the template's part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.middleware import HtmxDetails

from marketing import cards, promoting, services, wording
from marketing.demo import EXAMPLE_BRIEFS
from marketing.forms import REMEMBERED, SocialPostForm, defaults, refill, typed
from marketing.longwork.registry import long_work
from marketing.models import Brief, Job, Variant
from providers.access import Permission, has_remote_provider, may, requires

SOCIAL_POSTS = "social-posts"
EARLIER_JOBS = 8
MOST_PICKS = 8


class DeskRequest(HttpRequest):
    """A request of a signed-in person, as the middleware leaves it."""

    user: User
    htmx: HtmxDetails


def visible_jobs(user: User) -> QuerySet[Job]:
    """Whose jobs somebody may see: one's own, and everybody's for those who may."""
    return Job.objects.all() if may(user, Permission.SEE_ALL_WORK) else Job.objects.filter(owner=user)


def visible_variants(user: User) -> QuerySet[Variant]:
    """The variants of the jobs somebody may see."""
    variants = Variant.objects.select_related("root")
    return variants if may(user, Permission.SEE_ALL_WORK) else variants.filter(root__owner=user)


def _find_job(request: DeskRequest, job_id: UUID) -> Job:
    return get_object_or_404(visible_jobs(request.user).select_related("owner"), pk=job_id)


def _counted(numbers: Iterable[UUID]) -> list[Job]:
    """These jobs with how many texts each has; only their own variants are counted."""
    jobs = Job.objects.filter(pk__in=list(numbers)).annotate(
        texts=Count("variants", filter=Q(variants__replaced_by=None)),
        offline_texts=Count("variants", filter=Q(variants__replaced_by=None, variants__offline=True)),
    )
    return list(jobs)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def start(request: DeskRequest) -> HttpResponse:
    """Today's jobs, some earlier ones, and what to do first when there are none."""
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    mine = Job.objects.filter(owner=request.user, regenerates=None)
    unfinished = Q(state__in=[Job.State.WAITING, Job.State.RUNNING])
    # Work that is not through counts as today's, whenever it was asked. Each list comes from an index of its own.
    current = {*mine.filter(created_at__gte=midnight).values_list("pk", flat=True)}
    current.update(mine.filter(unfinished, created_at__lt=midnight).values_list("pk", flat=True))
    past = mine.filter(created_at__lt=midnight).exclude(unfinished).values_list("pk", flat=True)[:EARLIER_JOBS]
    today, earlier = _counted(current), _counted(past)
    shown = {
        "today": today,
        "earlier": earlier,
        "unfinished": any(not job.is_finished for job in today),
        "hour": timezone.localtime().hour,
        "open_title": _open_title(request.user),
        "needs_provider": may(request.user, Permission.CONFIGURE) and not has_remote_provider(),
    }
    return render(request, "marketing/start.html#jobs" if request.htmx else "marketing/start.html", shown)


def _open_title(user: User) -> str:
    """The title of a brief that was begun and not sent."""
    return str(services.open_brief(user, SOCIAL_POSTS).get("title") or "").strip()


def _posts_page(request: DeskRequest, form: SocialPostForm, **more: Any) -> HttpResponse:
    saved = Brief.objects.filter(owner=request.user, content_type=SOCIAL_POSTS).first()
    shown = {
        "form": form,
        "saved_at": saved.updated_at if saved else None,
        "entry": promoting.find_entry(str(form["entry"].value() or "")),
        "picks": promoting.find_entries("", MOST_PICKS),
        **more,
    }
    return render(request, "marketing/posts.html", shown, status=422 if form.errors else 200)


def _first_values(request: DeskRequest) -> dict[str, Any]:
    """What the form shows when it opens: an earlier job's brief, an example, or what was typed last."""
    if "from" in request.GET:
        try:
            return dict(_find_job(request, UUID(request.GET["from"])).brief)
        except ValueError:
            raise Http404 from None
    if "entry" in request.GET:
        known = promoting.brief_of(request.GET["entry"])
        if not known:
            raise Http404
        return {**services.open_brief(request.user, SOCIAL_POSTS), **known}
    if "example" in request.GET:
        language = defaults()["language"]
        return next(brief for brief in EXAMPLE_BRIEFS if brief["language"] == language)
    return services.open_brief(request.user, SOCIAL_POSTS)


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def posts(request: DeskRequest) -> HttpResponse:
    """The brief of a social post; a valid one becomes a job."""
    if request.method != "POST":
        return _posts_page(request, SocialPostForm(initial=refill(_first_values(request))))
    form = SocialPostForm(request.POST)
    if not form.is_valid():
        services.save_brief(request.user, SOCIAL_POSTS, typed(request.POST))
        return _posts_page(request, form)
    job = services.request_generation(request.user, SOCIAL_POSTS, form.to_brief(), form.options)
    # The job holds the brief now; the next one starts with the choices that rarely change.
    sent = typed(request.POST)
    services.save_brief(request.user, SOCIAL_POSTS, {name: sent[name] for name in REMEMBERED})
    return redirect("job", job.pk)


@requires(Permission.MAKE)
@require_POST
def posts_check(request: DeskRequest, name: str) -> HttpResponse:
    """What one field of the form has to say now; the whole form is saved on the way."""
    form = SocialPostForm(request.POST)
    if name not in form.fields:
        raise Http404
    services.save_brief(request.user, SOCIAL_POSTS, typed(request.POST))
    form.full_clean()
    return render(request, "marketing/posts.html#note", {"field": form[name]})


@requires(Permission.MAKE)
@require_POST
def posts_notices(request: DeskRequest) -> HttpResponse:
    """What there is to say about the material as it stands: personal data, and words that read like orders."""
    form = SocialPostForm(request.POST)
    return render(request, "marketing/notices.html", {"notices": form.notices, "field": form["personal_data"]})


@requires(Permission.MAKE)
@require_POST
def posts_save(request: DeskRequest) -> HttpResponse:
    """Keep the form as it stands."""
    brief = services.save_brief(request.user, SOCIAL_POSTS, typed(request.POST))
    return render(request, "marketing/posts.html#saved", {"saved_at": brief.updated_at})


@requires(Permission.MAKE)
@require_POST
def posts_clear(request: DeskRequest) -> HttpResponse:
    """Begin an empty brief; the choices that rarely change stay."""
    kept = services.open_brief(request.user, SOCIAL_POSTS)
    services.save_brief(request.user, SOCIAL_POSTS, {name: kept[name] for name in REMEMBERED if name in kept})
    return redirect(f"{reverse('posts')}?new=1")


def job_card(job: Job) -> dict[str, Any]:
    """What the job card shows."""
    took = (job.finished_at - job.started_at) if job.finished_at and job.started_at else timedelta()
    long = long_work(job.content_type)
    return {
        "job": job,
        "long": long is not None,
        "result_url": long.result_url(job) if long and job.state == Job.State.DONE else "",
        "story": cards.story(job),
        "advice": wording.advice(job.failure, job.steps) if job.state == Job.State.FAILED else None,
        "took": wording.seconds(round(took.total_seconds() * 1000)),
        "texts": job.variants.filter(replaced_by=None).count() if job.is_finished else 0,
    }


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def job(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """A job and what it brought. A request for another text lives on the page of its variant."""
    found = _find_job(request, job_id)
    if found.regenerates:
        return redirect(f"{reverse('job', args=[found.regenerates.root_id])}#variant-{found.regenerates_id}")
    places = [] if long_work(found.content_type) else cards.places(found)
    written = [card for place in places for card in place.cards]
    shown = {
        **job_card(found),
        "places": places,
        "examples": any(card.example for card in written),
        "draft_key": draft_key(request.user),
    }
    return render(request, "marketing/job.html", shown)


def draft_key(user: User) -> str:
    """Where the browser keeps this person's unsent brief."""
    return f"prometheus-draft:{user.pk}:{SOCIAL_POSTS}"


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def place(request: DeskRequest, job_id: UUID, slug: str) -> HttpResponse:
    """One platform's part of a job's page, once it is written."""
    found = _find_job(request, job_id)
    wanted = next((place for place in cards.places(found) if place.platform.slug == slug), None)
    if wanted is None:
        raise Http404
    return render(request, "marketing/job.html#place", {"job": found, "place": wanted})


@requires(Permission.MAKE)
@require_POST
def cancel(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """Stop a job; what it has written stays."""
    found = _find_job(request, job_id)
    if services.cancel(found):
        messages.info(request, _("Stopping. Texts that are finished stay."))
    else:
        messages.info(request, _("This job had already ended."))
    return redirect("job", found.pk)


@requires(Permission.MAKE)
@require_POST
def retry(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """Run a failed or cancelled job again."""
    found = _find_job(request, job_id)
    if not services.retry(found):
        messages.info(request, _("There is nothing to try again: this job runs or is done."))
    if found.regenerates:
        return redirect(f"{reverse('job', args=[found.regenerates.root_id])}#variant-{found.regenerates_id}")
    return redirect("job", found.pk)
