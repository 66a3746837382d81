"""What campaigns brought: figures with their bounds, lines with their dates, comparisons that admit chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import campaign_words
from marketing.campaign_import_views import SOURCES
from marketing.campaigns import facts, performance
from marketing.campaigns.charts import chart
from marketing.campaigns.performance import RATES, Sums
from marketing.models import Campaign, CampaignDay
from marketing.views import DeskRequest
from providers.access import Permission, defused, requires

MOST_GROUPS = 30
_LONGEST_QUERY = 500
NAMES: dict[str, str | Promise] = {
    "impressions": gettext_lazy("Impressions"),
    "clicks": gettext_lazy("Clicks"),
    "views": gettext_lazy("Views or streams"),
    "spend": gettext_lazy("Spend"),
    "conversions": gettext_lazy("Conversions"),
    "revenue": gettext_lazy("Revenue"),
    "ctr": gettext_lazy("Clicks per impression (CTR)"),
    "cpc": gettext_lazy("Cost of a click (CPC)"),
    "cpa": gettext_lazy("Cost of a conversion (CPA)"),
    "roas": gettext_lazy("Revenue per spend (ROAS)"),
}
GROUP_NAMES: dict[str, str | Promise] = {
    "campaign": gettext_lazy("By campaign"),
    "adset": gettext_lazy("By ad set"),
    "ad": gettext_lazy("By ad"),
    "audience": gettext_lazy("By audience"),
    "creative": gettext_lazy("By creative or placement"),
}
_SAID: dict[str, str | Promise] = {
    "better": gettext_lazy("better than the others"),
    "worse": gettext_lazy("worse than the others"),
    "noise": gettext_lazy("may be chance"),
    "too_few": gettext_lazy("too few to tell"),
}
_ALL = ("campaign", "audience", "creative")
_ONE = ("adset", "ad", "audience", "creative")
_MARKS = ("clicks", "spend", "views", "conversions", "impressions")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows the page is about."""

    currency: str
    source: str
    start: date | None
    end: date | None

    def rows(self, rows: QuerySet[CampaignDay]) -> QuerySet[CampaignDay]:
        """Those of them that were chosen."""
        rows = rows.filter(currency__in={self.currency, ""})
        if self.source:
            rows = rows.filter(campaign__source=self.source)
        if self.start:
            rows = rows.filter(day__gte=self.start)
        if self.end:
            rows = rows.filter(day__lte=self.end)
        return rows


def _chosen(asked: QueryDict, rows: QuerySet[CampaignDay]) -> tuple[Chosen, list[str]]:
    """What the address asks for; without a currency the most frequent one."""
    counted = rows.exclude(currency="").order_by().values("currency").annotate(n=Count("pk")).order_by("-n", "currency")
    currencies = [str(one["currency"]) for one in counted]
    wanted = asked.get("currency", "")
    currency = wanted if wanted in currencies else (currencies[0] if currencies else "")
    source = asked.get("source", "")
    days = [_day(asked.get(name, "")) for name in ("from", "to")]
    return Chosen(currency, source if source in {*SOURCES, "other"} else "", days[0], days[1]), currencies


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def campaigns(request: DeskRequest) -> HttpResponse:
    """All campaigns of one currency together, and each against the others."""
    rows = CampaignDay.objects.all()
    shown = _page(request.GET, rows, _ALL)
    shown["sources"] = {
        slug: SOURCES.get(slug, slug)
        for slug in Campaign.objects.order_by("source").values_list("source", flat=True).distinct()
    }
    return render(request, "campaigns/performance.html", shown)


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def campaign(request: DeskRequest, number: int) -> HttpResponse:
    """One campaign: its days, ads, audiences and creatives."""
    found = get_object_or_404(Campaign, pk=number)
    shown = _page(request.GET, found.days.all(), _ONE)
    shown["campaign"] = found
    shown["source_name"] = SOURCES.get(found.source, "")
    return render(request, "campaigns/performance.html", shown)


def _page(asked: QueryDict, rows: QuerySet[CampaignDay], groups: tuple[str, ...]) -> dict[str, Any]:
    language = (translation.get_language() or "en").partition("-")[0]
    chosen, currencies = _chosen(asked, rows)
    kept = chosen.rows(rows)
    # A period's total beside its days would count twice.
    daily = kept.exclude(day=None)
    totals = kept.filter(day=None) if not (chosen.start or chosen.end) else kept.none()
    dayless = not daily.exists()
    (whole, *_none) = performance.summed(totals if dayless else daily) or [Sums("", None)]
    sections = [_section(totals if dayless else daily, by, chosen.currency, language) for by in groups]
    table = facts.facts(whole, chosen.currency)
    for section in sections:
        table += facts.compared(section["verdicts"], section["by"], section["judged_by"], chosen.currency)
    return {
        "any": rows.exists(),
        "chosen": chosen,
        "currencies": currencies,
        "figures": [_figure(one, language) for one in table if one.unit != "day" and "-" not in one.id],
        "lines": _lines(whole, chosen.currency, language),
        "sections": [one for one in sections if one["rows"]],
        "facts": [_figure(one, language) for one in table],
        "dayless": dayless,
        "totals": totals.count() if not dayless else 0,
        "query": asked.urlencode(),
        "words": campaign_words.shown(table, language) if rows.exists() else None,
    }


def _figure(fact: facts.Fact, language: str) -> dict[str, Any]:
    return {
        "fact": fact,
        "name": f"{fact.subject}: {NAMES[fact.name]}"
        if fact.subject
        else NAMES.get(fact.name) or _event_name(fact.name),
        "value": fact.shown(language),
        "interval": fact.interval(language),
    }


_EVENTS: dict[str, str | Promise] = {
    "change": gettext_lazy("new level from"),
    "before": gettext_lazy("a day before"),
    "after": gettext_lazy("a day after"),
    "anomaly": gettext_lazy("unusual day"),
    "on": gettext_lazy("on the unusual day"),
}


def _event_name(name: str) -> str:
    measure, _, kind = name.partition("_")
    return f"{NAMES[measure]}: {_EVENTS[kind]}"


def _lines(whole: Sums, currency: str, language: str) -> list[dict[str, Any]]:
    """The lines of the measures that there are, at most three."""
    found = []
    for name in _MARKS:
        line = performance.line(whole, name)
        if line is None or len(line.days) < 2 or not line.values.any():  # noqa: PLR2004 - a point is no line
            continue
        unit = facts.UNITS.get(name, "count")

        drawn = chart(line)

        def say(value: float, unit: str = unit) -> str:
            return facts.written(value, unit, currency, language)

        found.append(
            {
                "slug": name,
                "name": NAMES[name],
                "chart": drawn,
                "ticks": [
                    (tick.at, facts.on_axis(float(tick.value), unit, currency, language))  # type: ignore[arg-type]  # this axis has numbers
                    for tick in drawn.values
                ],
                "changes": [(one.day, say(one.before), say(one.after)) for one in line.changes],
                "anomalies": [(one.day, say(one.value), say(one.usual)) for one in line.anomalies],
                "rows": [(day, say(float(value))) for day, value in zip(line.days, line.values, strict=True)],
            }
        )
    return found[:3]


def _section(rows: QuerySet[CampaignDay], by: str, currency: str, language: str) -> dict[str, Any]:
    """One table: the groups' figures, and how each compares."""
    groups = performance.summed(rows, by)
    # With revenue what money brings decides, without conversions the clicks.
    judged = next(
        (name for name in ("roas", "cpa", "ctr") if any(performance.rate(one, name) for one in groups)), "ctr"
    )
    verdicts = {one.group.key: one for one in performance.compared(groups[:MOST_GROUPS], judged)}
    tired = {id(one) for one, _found in performance.tired(groups[:MOST_GROUPS])}
    told = []
    for group in groups[:MOST_GROUPS]:
        verdict = verdicts.get(group.key)
        told.append(
            {
                "group": group,
                "sums": [
                    _sum(group, name, currency, language) for name in ("spend", "impressions", "clicks", "conversions")
                ],
                "rates": [_rate(group, name, currency, language) for name in RATES],
                "said": _SAID[verdict.said] if verdict else "",
                "state": verdict.said if verdict else "",
                "tired": id(group) in tired,
            }
        )
    return {
        "by": by,
        "name": GROUP_NAMES[by],
        "rows": told,
        "judged": NAMES[judged],
        "judged_by": judged,
        "verdicts": list(verdicts.values()),
        "hidden": max(0, len(groups) - MOST_GROUPS),
        "compares": len(verdicts) > 1,
    }


def _sum(group: Sums, name: str, currency: str, language: str) -> str:
    total = group.total.get(name)
    return "–" if total is None else facts.written(total, facts.UNITS.get(name, "count"), currency, language)


def _rate(group: Sums, name: str, currency: str, language: str) -> tuple[str, str, str]:
    rate = performance.rate(group, name)
    if rate is None:
        return "–", "", ""
    unit = facts.UNITS[name]
    bounds = (
        ("", "")
        if math.isnan(rate.low)
        else tuple(facts.written(one, unit, currency, language) for one in (rate.low, rate.high))
    )
    return facts.written(rate.value, unit, currency, language), bounds[0], bounds[1]


@requires(Permission.MAKE)
@require_POST
def words(request: DeskRequest) -> HttpResponse:
    """Ask a model to put the page's figures into words; it sees their names alone."""
    number = request.POST.get("campaign", "")
    found = get_object_or_404(Campaign, pk=number) if number.isascii() and number.isdigit() else None
    asked = QueryDict(request.POST.get("query", "")[:_LONGEST_QUERY])
    page = _page(asked, found.days.all(), _ONE) if found else _page(asked, CampaignDay.objects.all(), _ALL)
    back = reverse("campaign", args=[found.pk]) if found else reverse("campaigns")
    if page["words"] is None:
        return redirect(back)
    return redirect("job", campaign_words.ask(request.user, page["words"], f"{back}?{page['query']}#words").pk)


@requires(Permission.EXPORT)
@require_GET
@never_cache
def export(request: DeskRequest) -> StreamingHttpResponse:
    """The chosen rows as a table for spreadsheets, a line a day and ad."""
    rows = CampaignDay.objects.all()
    number = request.GET.get("campaign", "")
    if number.isascii() and number.isdigit():
        rows = rows.filter(campaign_id=number)
    chosen, _currencies = _chosen(request.GET, rows)
    columns = (
        "day",
        "campaign__source",
        "campaign__name",
        "adset",
        "ad",
        "audience",
        "creative",
        "breakdown",
        "currency",
    )
    numbers = ("impressions", "reach", "clicks", "views", "spend", "conversions", "conversion_type", "revenue")
    found = chosen.rows(rows).order_by("day", "pk").values_list(*columns, *numbers).iterator()
    heading = [name.rpartition("__")[2] for name in (*columns, *numbers)]
    heading[1] = "source"

    def lines() -> Any:
        yield "\ufeff" + ",".join(heading) + "\r\n"
        for row in found:
            yield ",".join(_cell(one) for one in row) + "\r\n"

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="campaigns.csv"'
    return answer


def _cell(value: Any) -> str:
    text = defused(value) if isinstance(value, str) else "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if any(one in text for one in ',"\r\n') else text
