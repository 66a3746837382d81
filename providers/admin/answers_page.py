"""What a provider answered last, and the whole story of one request."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.admin.explaining import Words, meaning, place_words
from providers.admin.state import State, Tone, clock, duration
from providers.models import AIModel, Attempt, Provider, ProviderKey

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin
    from providers.admin.records import AttemptAdmin

LAST = 20
_TONES = {
    Attempt.Outcome.ANSWERED: Tone.GOOD,
    Attempt.Outcome.RUNNING: Tone.WAITING,
    Attempt.Outcome.CANCELLED: Tone.OFF,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One attempt as a page shows it."""

    attempt: Attempt
    when: str
    took: str
    state: State
    key: str
    happened: Words
    to_do: Words
    place: str


def with_names(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Beside each attempt its provider's name and what is known of its key, without a query for each."""
    key = ProviderKey.objects.filter(
        provider=OuterRef("provider"), fingerprint=OuterRef("key_fingerprint"), fingerprint__gt=""
    )
    return attempts.annotate(
        provider_name=F("provider__name"),
        key_ending=Subquery(key.values("last_four")[:1]),
        key_variable=Subquery(key.values("variable")[:1]),
    )


def key_ending(attempt: Attempt) -> str:
    """Which key it was: its last four, its variable, or the fingerprint of a key that is gone."""
    if variable := getattr(attempt, "key_variable", None):
        return str(variable)
    ending = getattr(attempt, "key_ending", None)
    return f"…{ending}" if ending else attempt.key_fingerprint or "–"


def outcome_state(attempt: Attempt) -> State:
    """How it ended, at a glance and in words."""
    outcome = Attempt.Outcome(attempt.outcome)
    return State(_TONES.get(outcome, Tone.BAD), str(outcome.label))


def _lines(attempts: QuerySet[Attempt]) -> list[Line]:
    return [
        Line(
            attempt=attempt,
            when=clock(attempt.started_at),
            took=duration(attempt.latency_ms),
            state=outcome_state(attempt),
            key=key_ending(attempt),
            happened=meaning(attempt.error_class).happened if attempt.error_class else "",
            to_do=meaning(attempt.error_class).to_do if attempt.error_class else "",
            place=place_words(attempt.reason),
        )
        for attempt in with_names(attempts)
    ]


class AnswersForm(forms.Form):
    """Which of the last attempts to show."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"), required=False, choices=[("", gettext_lazy("all")), *Attempt.Outcome.choices]
    )
    model = forms.ChoiceField(label=gettext_lazy("Model"), required=False)
    feature = forms.CharField(label=gettext_lazy("Feature"), required=False, max_length=40)

    def __init__(self, provider: Provider, data: Any) -> None:
        super().__init__(data, auto_id="id_answers_%s")
        models = AIModel.objects.filter(provider=provider).values_list("model_id", "model_id")
        field = self.fields["model"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", _("all")), *models]

    def chosen(self) -> dict[str, str]:
        """The fields of an attempt that were chosen."""
        if not self.is_valid():
            return {}
        names = {"outcome": "outcome", "model": "model_id", "feature": "feature"}
        return {names[name]: value for name, value in self.cleaned_data.items() if value}


def answers(provider: Provider, data: Any) -> dict[str, Any]:
    """The last attempts of a provider for the template, and the form that narrows them."""
    form = AnswersForm(provider, data)
    # By primary key: it grows with time, and the index on the provider already holds it.
    found = Attempt.objects.filter(provider=provider, **form.chosen()).order_by("-pk")
    return {"provider": provider, "answers_form": form, "lines": _lines(found[:LAST])}


def show_answers(page: ProviderAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The last attempts of one provider, as a page or as a fragment."""
    provider = get_object_or_404(Provider, pk=pk)
    if not page.has_view_permission(request, provider):
        raise PermissionDenied
    context = answers(provider, request.GET)
    template = "admin/providers/provider/answers.html"
    if getattr(request, "htmx", False):
        return TemplateResponse(request, f"{template}#table", context)
    title = _("Last answers of %(name)s") % {"name": provider.name}
    return TemplateResponse(
        request, template, {**page.admin_site.each_context(request), "opts": page.opts, "title": title, **context}
    )


def show_story(page: AttemptAdmin, request: HttpRequest, request_id: uuid.UUID) -> HttpResponseBase:
    """Every attempt of one request in its order, with the reason for each place."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    lines = _lines(Attempt.objects.filter(request_id=request_id).order_by("place", "pk"))
    if not lines:
        raise Http404
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("One request, step by step"),
        "request_id": request_id,
        "lines": lines,
    }
    return TemplateResponse(request, "admin/providers/attempt/story.html", context)
