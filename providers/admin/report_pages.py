"""The pages of the performance report and of errors by cause, with what can be taken away of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from providers.access import Permission, csv_lines, requires
from providers.admin.explaining import meaning
from providers.models import ErrorGroup
from providers.monitoring import faults as causes
from providers.monitoring.changes import Difference, compare
from providers.monitoring.reports import BY, Figures, Report, report

SPANS: dict[int, str | Promise] = {
    1: _("one day"),
    7: _("7 days"),
    30: _("30 days"),
    90: _("90 days"),
    365: _("a year"),
}
_KINDS: dict[str, str | Promise] = {
    "provider": _("provider"),
    "model": _("model"),
    "feature": _("kind of work"),
    "client": _("client"),
}
_MOST_ERRORS = 200
_MOST_DIFFERENCES = 12
_TREND_DAYS = 14
_DAY_HOURS, _WEEK_HOURS = 24, 7 * 24
# Sums by hour are kept 35 days; a week is held against the three before it.
_AGAINST_DAYS = {_DAY_HOURS: 7, _WEEK_HOURS: 21}
_HOURS_SHOWN = 72
# The chart's own units; the page scales it.
_WIDTH, _HEIGHT, _GAP = 720, 120, 2


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a chart: where it stands, and how high its good and its bad part are."""

    x: float
    width: float
    good: float
    bad: float
    words: str

    @property
    def top(self) -> float:
        """Where the good part begins, from above."""
        return _HEIGHT - self.good - self.bad

    @property
    def middle(self) -> float:
        """Where the bad part begins, from above."""
        return _HEIGHT - self.bad


def bars(steps: list[tuple[str, int, int]]) -> list[Bar]:
    """A stacked chart of `(words, good, bad)`, as wide and high as the page's picture."""
    most = max((good + bad for _words, good, bad in steps), default=0) or 1
    width = _WIDTH / max(1, len(steps))
    return [
        Bar(
            round(at * width, 2),
            round(max(1.0, width - _GAP), 2),
            round(good / most * _HEIGHT, 2),
            round(bad / most * _HEIGHT, 2),
            words,
        )
        for at, (words, good, bad) in enumerate(steps)
    ]


def _asked(request: HttpRequest, *, step_latencies: bool) -> Report:
    typed = request.GET.get("days", "")
    days = int(typed) if typed.isascii() and typed.isdecimal() and int(typed) in SPANS else 7
    by = request.GET.get("by", "provider")
    return report(days=days, by=by if by in BY else "provider", step_latencies=step_latencies)


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def reports(request: HttpRequest) -> HttpResponse:
    """Success, fallback and waste, latencies, tokens and what they are worth: in all, by something, and over time."""
    found = _asked(request, step_latencies=False)
    form = "%H:%M" if found.step < timedelta(days=1) else "%d.%m."
    steps = [
        (f"{timezone.localtime(at):{form}}: {one.answered} / {one.attempts}", one.answered, one.rejected + one.failed)
        for at, one in found.steps
    ]
    shown = {
        "report": found,
        "bars": bars(steps),
        "spans": SPANS.items(),
        "days": round((found.until - found.since) / timedelta(days=1) + 0.5),
        "kinds": _KINDS.items(),
        "kind": _KINDS[found.by],
    }
    return render(request, "monitoring/reports.html", shown)


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def report_file(request: HttpRequest, form: str) -> HttpResponse:
    """The report as CSV or JSON."""
    found = _asked(request, step_latencies=form == "json")
    name = f"prometheus-{found.by}-{timezone.localdate():%Y-%m-%d}"
    if form == "json":
        answer: HttpResponse = JsonResponse(found.to_json(), json_dumps_params={"ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return answer
    return HttpResponse(
        as_csv(found),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def as_csv(found: Report) -> str:
    """A line for the whole and one for each thing that it is seen by, for spreadsheets."""
    columns = list(Figures().to_json())
    rows = [("", found.total), *((line.name, line.figures) for line in found.lines)]
    return "".join(csv_lines([[found.by, *columns], *([name, *one.to_json().values()] for name, one in rows)]))


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def faults(request: HttpRequest) -> HttpResponse:
    """Errors by cause with their trends, and what has changed."""
    state = "resolved" if request.GET.get("state") == "resolved" else "open"
    hours = _WEEK_HOURS if request.GET.get("span") == "week" else _DAY_HOURS
    groups = list(ErrorGroup.objects.filter(state=state)[:_MOST_ERRORS])
    trends = causes.daily(groups, _TREND_DAYS)
    shown: dict[str, Any] = {
        "state": state,
        "span": "week" if hours == _WEEK_HOURS else "day",
        "groups": [(one, _words(one), _trend(trends[one.pk])) for one in groups],
        "comparison": compare(hours) if state == "open" else None,
        "differences": [],
        "changes": causes.what_changed(hours=hours, against_days=_AGAINST_DAYS[hours])[:5] if state == "open" else [],
        "tracked": causes.is_on(),
    }
    if shown["comparison"]:
        shown["differences"] = [(one, _named(one)) for one in shown["comparison"].differences[:_MOST_DIFFERENCES]]
    return render(request, "monitoring/faults.html", shown)


def _named(one: Difference) -> str:
    """What a difference is about, for people."""
    if one.kind == "error":
        return str(meaning(one.name).happened)
    return one.name


def _trend(counts: list[int]) -> dict[str, Any]:
    """A group's days as a small chart; `words` say the same."""
    return {"bars": bars([(str(count), 0, count) for count in counts]), "words": ", ".join(map(str, counts))}


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def fault(request: HttpRequest, pk: int) -> HttpResponse:
    """One cause: how often, since when, and its newest case."""
    group = get_object_or_404(ErrorGroup, pk=pk)
    counts = causes.trend(group, _HOURS_SHOWN)
    last = timezone.now()
    steps = [(_hour(last, len(counts) - 1 - at, count), 0, count) for at, count in enumerate(counts)]
    shown: dict[str, Any] = {"group": group, "words": _words(group), "bars": bars(steps), "counts": sum(counts)}
    return render(request, "monitoring/fault.html", shown)


@requires(Permission.CONFIGURE)
@require_POST
def fault_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a cause is gone, or that it is not."""
    group = get_object_or_404(ErrorGroup, pk=pk)
    if request.POST.get("state") == "resolved":
        causes.resolve(group, request.user.get_username())
    else:
        causes.reopen(group)
    return redirect("fault", pk=group.pk)


def _words(group: ErrorGroup) -> str:
    """What happened, for people; an error of our own has only its name."""
    if group.source == ErrorGroup.Source.OWN:
        return group.title
    return str(meaning(group.error_class).happened)


def _hour(last: datetime, back: int, count: int) -> str:
    return f"{timezone.localtime(last - timedelta(hours=back)):%d.%m. %H:00}: {count}"
