"""The pages for jobs: start and job. A view reads the request, calls one verb and names the template's part."""

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
from django.views.decorators.http import require_GET, require_POST
from django_htmx.middleware import HtmxDetails

from marketing import cards, comparing, desk_tiles, services, sets, wording
from marketing.forms import BRIEFS
from marketing.longwork.registry import long_work
from marketing.models import BriefSet, Job, Variant
from providers.access import Permission, has_remote_provider, may, requires

EARLIER_JOBS = 8
LATEST_SETS = 3


class DeskRequest(HttpRequest):
    """A request of a signed-in person, as the middleware leaves it."""

    user: User
    htmx: HtmxDetails


def visible_jobs(user: User) -> QuerySet[Job]:
    """Whose jobs somebody may see: one's own, and everybody's for those who may."""
    return Job.objects.all() if may(user, Permission.SEE_ALL_WORK) else Job.objects.filter(owner=user)


def visible_variants(user: User) -> QuerySet[Variant]:
    """The variants of the jobs somebody may see."""
    variants = Variant.objects.select_related("root", "review")
    return variants if may(user, Permission.SEE_ALL_WORK) else variants.filter(root__owner=user)


def find_job(request: DeskRequest, job_id: UUID) -> Job:
    """A job that its reader may see. Raises Http404."""
    return get_object_or_404(visible_jobs(request.user).select_related("owner"), pk=job_id)


def find_set(request: DeskRequest, set_id: UUID) -> BriefSet:
    """A whole campaign that its reader may see. Raises Http404."""
    mine = {} if may(request.user, Permission.SEE_ALL_WORK) else {"owner": request.user}
    return get_object_or_404(BriefSet.objects.select_related("owner"), pk=set_id, **mine)


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
    # The jobs of a whole campaign and of a comparison stand on a page of their own.
    mine = Job.objects.filter(owner=request.user, regenerates=None, brief_set=None, comparison=None)
    campaigns = BriefSet.objects.filter(owner=request.user)[:LATEST_SETS]
    tallies = sets.tallies(campaigns)
    unfinished = Q(state__in=[Job.State.WAITING, Job.State.RUNNING])
    # Work that is not through counts as today's, whenever it was asked. Each list comes from an index of its own.
    current = {*mine.filter(created_at__gte=midnight).values_list("pk", flat=True)}
    current.update(mine.filter(unfinished, created_at__lt=midnight).values_list("pk", flat=True))
    past = mine.filter(created_at__lt=midnight).exclude(unfinished).values_list("pk", flat=True)[:EARLIER_JOBS]
    today, earlier = _counted(current), _counted(past)
    shown = {
        "today": today,
        "earlier": earlier,
        "campaigns": [(one, tallies[one.pk]) for one in campaigns],
        "unfinished": not all(job.is_finished for job in today) or not all(one.is_finished for one in tallies.values()),
        "hour": timezone.localtime().hour,
        "open_briefs": _open_briefs(request.user),
        "needs_provider": may(request.user, Permission.CONFIGURE) and not has_remote_provider(),
        "tiles": [] if request.htmx else desk_tiles.tiles(request.user),
    }
    return render(request, "marketing/start.html#jobs" if request.htmx else "marketing/start.html", shown)


def _open_briefs(user: User) -> list[tuple[str, str]]:
    """The titles of briefs that were begun and not sent, each with its page."""
    begun = {brief.content_type: str(brief.data.get("title") or "").strip() for brief in user.briefs.all()}
    return [(begun[form.kind], form.page) for form in BRIEFS.values() if begun.get(form.kind)]


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
        "again_url": _again_url(job),
        "texts": job.variants.filter(replaced_by=None).count() if job.is_finished else 0,
    }


def _again_url(job: Job) -> str:
    """Where the brief can be edited and sent once more; empty for work without one."""
    pages = [form.page for form in BRIEFS.values() if form.kind == job.content_type]
    return f"{reverse(pages[0])}?from={job.pk}" if pages else ""


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def job(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """A job and what it brought. A request for another text lives on the page of its variant."""
    found = find_job(request, job_id)
    if found.regenerates:
        return redirect(f"{reverse('job', args=[found.regenerates.root_id])}#variant-{found.regenerates_id}")
    if found.comparison and comparing.is_covered(found.comparison):
        return redirect("comparison", found.comparison.pk)
    places = [] if long_work(found.content_type) else cards.places(found)
    written = [card for place in places for card in place.cards]
    shown = {
        **job_card(found),
        "places": places,
        "examples": any(card.example for card in written),
        "draft_key": draft_key(request.user, found.content_type),
    }
    return render(request, "marketing/job.html", shown)


def draft_key(user: User, kind: str) -> str:
    """Where the browser keeps this person's unsent brief of a content type."""
    return f"prometheus-draft:{user.pk}:{kind}"


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def place(request: DeskRequest, job_id: UUID, slug: str) -> HttpResponse:
    """One platform's part of a job's page, once it is written."""
    found = find_job(request, job_id)
    wanted = next((place for place in cards.places(found) if place.platform.slug == slug), None)
    if wanted is None:
        raise Http404
    return render(request, "marketing/job.html#place", {"job": found, "place": wanted})


@requires(Permission.MAKE)
@require_POST
def cancel(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """Stop a job; what it has written stays."""
    found = find_job(request, job_id)
    if services.cancel(found):
        messages.info(request, _("Stopping. Texts that are finished stay."))
    else:
        messages.info(request, _("This job had already ended."))
    return redirect("job", found.pk)


@requires(Permission.MAKE)
@require_POST
def retry(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """Run a failed or cancelled job again."""
    found = find_job(request, job_id)
    if not services.retry(found):
        messages.info(request, _("There is nothing to try again: this job runs or is done."))
    if found.regenerates:
        return redirect(f"{reverse('job', args=[found.regenerates.root_id])}#variant-{found.regenerates_id}")
    return redirect("job", found.pk)
