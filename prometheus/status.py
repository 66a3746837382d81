"""How the system itself stands: `/readyz` for machines, a page for people, `/metrics` for Prometheus."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.db import Error, connection
from django.db.models import Count, Min, Q, Sum
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import PLATFORM_COLLECTOR, PROCESS_COLLECTOR, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from marketing import jobs
from marketing.models import Job
from providers.access import AccessError, Door, Permission, Scope, authenticate_now, requires
from providers.errors import AuthenticationError
from providers.models import Alert, Chore, ProviderKey, Rollup
from providers.monitoring import health
from providers.monitoring.rollups import COUNTS

_LEAST_FREE = 1024**3 // 2
_SLOW_DATABASE = 0.25
_LATE = timedelta(minutes=5)
_LATELY = timedelta(days=7)
_MOST_ALERTS = 50


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the system. `state` is `ok`, `warn` (works, but look at it) or `bad` (does not work)."""

    slug: str
    name: str | Promise
    state: str
    words: str | Promise


def checks() -> list[Check]:
    """Every part, the database first: without it the others cannot be told."""
    found = [_database()]
    if found[0].state == "bad":
        return found
    return [*found, *(check() for check in (_queue, _workers, _chores, _disk, _secrets))]


def _database() -> Check:
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return Check("database", _("Database"), "bad", f"{type(error).__name__}")
    took = time.monotonic() - began
    state = "warn" if took > _SLOW_DATABASE else "ok"
    return Check("database", _("Database"), state, _("answers in %(ms)d ms") % {"ms": round(took * 1000)})


def _queue() -> Check:
    waiting = Job.objects.filter(state=Job.State.WAITING, not_before=None)
    oldest = waiting.aggregate(at=Min("enqueued_at"))["at"]
    age = timezone.now() - oldest if oldest else timedelta()
    words = _("%(number)d jobs wait, the oldest for %(seconds)d s") % {
        "number": waiting.count(),
        "seconds": age.total_seconds(),
    }
    return Check("queue", _("Queue"), "warn" if age > _LATE else "ok", words)


def _workers() -> Check:
    if jobs.is_stuck():
        return Check("workers", _("Workers"), "bad", _("jobs wait and no worker takes them"))
    running = Job.objects.filter(state=Job.State.RUNNING).count()
    return Check("workers", _("Workers"), "ok", _("%(number)d jobs are being done") % {"number": running})


def _chores() -> Check:
    late = Chore.objects.filter(due_at__lt=timezone.now() - _LATE).values_list("name", flat=True)
    if late:
        return Check("chores", _("Work by the clock"), "warn", _("late: %(names)s") % {"names": ", ".join(late)})
    return Check("chores", _("Work by the clock"), "ok", _("on time"))


def _disk() -> Check:
    free = shutil.disk_usage(settings.DATA_DIR).free
    state = "bad" if free < _LEAST_FREE // 10 else "warn" if free < _LEAST_FREE else "ok"
    return Check("disk", _("Disk"), state, _("%(free)s GB free") % {"free": number_format(free / 1024**3, 1)})


def _secrets() -> Check:
    for key in ProviderKey.objects.filter(enabled=True).exclude(sealed=""):
        try:
            key.open()
        except AuthenticationError:
            break
    else:
        return Check("keys", _("Encryption key"), "ok", _("reads every stored key"))
    return Check("keys", _("Encryption key"), "bad", _("some stored keys cannot be read with the key given"))


@requires(Door.OPEN)
@require_GET
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view's signature
    """200 when this host can do its work, 503 with the parts that cannot."""
    bad = [check.slug for check in checks() if check.state == "bad"]
    return JsonResponse({"ready": not bad, "failing": bad}, status=503 if bad else 200)


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def status(request: HttpRequest) -> HttpResponse:
    """The system and each provider at a glance."""
    states = health.provider_states()
    alerts = Alert.objects.filter(Q(ended_at=None) | Q(ended_at__gt=timezone.now() - _LATELY))[:_MOST_ALERTS]
    language = get_language() or "en"
    shown = {
        "alerts": [(one, one.says(language)) for one in alerts],
        "checks": checks(),
        "providers": states,
        "overall": health.overall(states),
        "now": timezone.now(),
    }
    part = "monitoring/status.html#board" if getattr(request, "htmx", None) else "monitoring/status.html"
    return render(request, part, shown)


@requires(Door.OPEN)
@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format, for clients with the scope `monitoring` and for allowed addresses."""
    address = request.META.get("REMOTE_ADDR", "")
    if not _allowed(address):
        try:
            authenticate_now(request.headers.get("Authorization"), Scope.MONITORING, address=address)
        except AccessError as refused:
            return HttpResponse(str(refused), status=refused.status, content_type="text/plain", headers=refused.headers)
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _allowed(address: str) -> bool:
    try:
        return any(ip_address(address) in ip_network(one, strict=False) for one in settings.METRICS_ADDRESSES)
    except ValueError:
        return False


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Records())
    registry.register(PROCESS_COLLECTOR)
    registry.register(PLATFORM_COLLECTOR)
    return registry


class _Records:
    """The product's figures, read from the database: the same from whichever process of whichever host is asked."""

    def collect(self) -> Iterator[Metric]:
        """Every family of figures."""
        yield from _attempts()
        yield _gauge("prometheus_ai_jobs", "Jobs by state.", ["state"], _jobs)
        yield _gauge("prometheus_ai_provider_up", "Whether a provider can be asked now.", ["provider"], _providers)
        yield _gauge("prometheus_ai_check", "Parts of the system: 1 works, 0 does not.", ["part"], _parts)


def _attempts() -> Iterator[Metric]:
    days = Rollup.objects.filter(grain=Rollup.Grain.DAY).order_by()
    sums: dict[str, Any] = {name: Sum(name) for name in COUNTS}
    places = ("provider_slug", "model_id")
    rows = list(days.values(*places).annotate(**sums).values_list(*places, *COUNTS))
    for at, name in enumerate(COUNTS):
        family = CounterMetricFamily(f"prometheus_ai_{name}", _HELP.get(name, name), labels=["provider", "model"])
        for row in rows:
            family.add_metric([row[0], row[1]], row[at + 2] or 0)
        yield family


_HELP = {
    "requests": "Requests that began at a model.",
    "attempts": "Calls to a model.",
    "answered": "Calls that brought a usable answer.",
    "answered_later": "Answers that came after another attempt had failed.",
    "rejected": "Answers that the check refused.",
    "failed": "Calls that failed.",
    "limited": "Calls refused for a limit.",
    "cancelled": "Calls that were cancelled.",
    "prompt_tokens": "Tokens asked.",
    "completion_tokens": "Tokens answered.",
}


def _gauge(name: str, words: str, labels: list[str], read: Callable[[], list[tuple[str, float]]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for label, value in read():
        family.add_metric([label], value)
    return family


def _jobs() -> list[tuple[str, float]]:
    counted = dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    return [(state, counted.get(state, 0)) for state in Job.State.values]


def _providers() -> list[tuple[str, float]]:
    return [(one.slug, float(one.can_answer)) for one in health.provider_states()]


def _parts() -> list[tuple[str, float]]:
    return [(one.slug, float(one.state != "bad")) for one in checks()]
