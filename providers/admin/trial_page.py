"""The page that tests a provider now, whole or as a fragment in the place of its button."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from providers.admin.explaining import meaning
from providers.admin.state import duration, key_words, needs_no_key, provider_standing
from providers.admin.trial import QUESTIONS, BusyError, Target, Trial, try_out
from providers.models import AIModel, Provider, ProviderKey

if TYPE_CHECKING:
    from providers.admin.configured import ProviderAdmin

TEMPLATE = "admin/providers/provider/test.html"


class TrialForm(forms.Form):
    """What to test. What is not chosen is the first key in use and the best model in use."""

    key = forms.ChoiceField(label=gettext_lazy("Key"), required=False)
    model = forms.ChoiceField(label=gettext_lazy("Model"), required=False)
    ask = forms.BooleanField(
        label=gettext_lazy("Also ask one short question"),
        required=False,
        help_text=gettext_lazy("This costs one request of the quota; testing the key alone costs none or one token."),
    )

    def __init__(self, provider: Provider, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, auto_id="id_test_%s")
        self.provider = provider
        # Django sorts stably: those in use come first, each group in its own order.
        self.keys = sorted(provider.keys.all(), key=lambda key: not key.enabled)
        self.models = sorted(provider.models.all(), key=_last_choice)
        _choices(self.fields["key"], [(key.pk, _key_name(key)) for key in self.keys])
        _choices(self.fields["model"], [(model.pk, model.model_id) for model in self.models])

    def target(self) -> Target:
        """What was chosen; call it on a valid form."""
        return Target(
            self.provider,
            _chosen(self.keys, self.cleaned_data["key"]),
            _chosen(self.models, self.cleaned_data["model"]),
        )


def _choices(field: forms.Field, choices: list[tuple[Any, str]]) -> None:
    if isinstance(field, forms.ChoiceField):
        field.choices = choices
    if not choices:
        field.widget = forms.HiddenInput()


def _last_choice(model: AIModel) -> tuple[bool, bool]:
    able = any(capability.value in model.capabilities for capability in QUESTIONS)
    return (not model.enabled or bool(model.gone_since), not able)


def _key_name(key: ProviderKey) -> str:
    return f"{key.label} ({key_words(key)})" if key.label else key_words(key)


def _chosen(rows: list[Any], pk: str) -> Any:
    return next((row for row in rows if str(row.pk) == pk), rows[0] if rows else None)


def show_test(page: ProviderAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """The form, and after a POST with `key`, `model` and `ask` how the test went."""
    rows = Provider.objects.select_related("circuit").prefetch_related("models", "keys")
    provider = get_object_or_404(rows, pk=pk)
    if not page.has_change_permission(request, provider):
        raise PermissionDenied
    form = TrialForm(provider, request.POST if request.method == "POST" else None, request.GET)
    context: dict[str, Any] = {"provider": provider, "form": form}
    if request.method == "POST" and form.is_valid():
        context |= _tested(form)
    if getattr(request, "htmx", False):
        short = request.POST.get("short") == str(pk)
        fresh = provider_standing(rows.get(pk=pk)).html(f"state-{pk}", exchanges=True)
        context |= {"short": short, "fresh": fresh}
        return TemplateResponse(request, f"{TEMPLATE}#result", context)
    context |= {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Test %(name)s now") % {"name": provider.name},
    }
    return TemplateResponse(request, TEMPLATE, context)


def _tested(form: TrialForm) -> dict[str, Any]:
    """What the template shows of a test."""
    target, ask = form.target(), form.cleaned_data["ask"]
    if target.key is None and not needs_no_key(target.provider):
        return {"no_key": True}
    try:
        trial = try_out(target, ask=ask)
    except BusyError:
        return {"busy": True}
    return {
        "trial": trial,
        "took": duration(trial.milliseconds),
        "key_name": _key_name(target.key) if target.key else "",
        "no_question": ask and target.question is None,
        **_explained(trial),
    }


def _explained(trial: Trial) -> dict[str, Any]:
    error = trial.error
    if error is None:
        return {}
    found = meaning(error.kind)
    return {"happened": found.happened, "to_do": found.to_do, "status": error.http_status, "detail": error.detail}
