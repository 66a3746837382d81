"""Where limits are typed, in the words of the vendors' own tables."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from providers.configuration.applying import LIMITS, LONG_PERIODS
from providers.models import AIModel, Quota


class QuotaForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A limit, as its vendor words it: so much of something in so much time."""

    period = forms.ChoiceField(label=capfirst(_("per")), required=False, choices=[("", "–"), *Quota.Period.choices])
    window = forms.ChoiceField(
        label=capfirst(_("count begins anew")),
        required=False,
        choices=[("", _("as usual")), *Quota.Window.choices],
        help_text=_(
            "As usual: days and months by the calendar, at midnight of the provider's time zone; shorter times "
            "sliding, so that each request counts until its own time is over."
        ),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.instance._state.adding:  # noqa: SLF001 - Django's own mark of a row that is not stored yet
            self.initial["window"] = ""

    def clean(self) -> dict[str, Any]:
        """Fills in what goes without saying and refuses a limit that says nothing."""
        super().clean()
        data = self.cleaned_data
        metric, period = data.get("metric"), data.get("period", "")
        if metric == Quota.Metric.CONCURRENT:
            if period not in {"", Quota.Period.REQUEST}:
                self.add_error("period", _("Requests at once have no time: leave this empty."))
            data["period"] = Quota.Period.REQUEST
        elif metric and not period and "period" not in self.errors:
            self.add_error("period", _("Choose how long it is counted, for example a day."))
        elif (metric, period) == (Quota.Metric.REQUESTS, Quota.Period.REQUEST):
            self.add_error("period", _("A request is always one request. Choose minute or day, or count tokens."))
        elif metric and period and (metric, period) not in LIMITS.values():
            self.add_error("period", _("No vendor counts tokens a second. Choose a minute."))
        if not data.get("window"):
            usual = Quota.Window.CALENDAR if period in LONG_PERIODS else Quota.Window.SLIDING
            data["window"] = usual
        if data.get("model"):
            # A limit of one model is that model's own.
            data["per_model"] = True
        return data


class QuotaFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """The limits of one provider: only its own models to choose from, and no limit twice."""

    def add_fields(self, form: forms.ModelForm[Any], index: int | None) -> None:
        """As always, with the models read once for all rows."""
        super().add_fields(form, index)
        field = form.fields["model"]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = AIModel.objects.filter(provider=self.instance.pk)
            field.choices = self._models()
        # The table's head is no label to a screen reader.
        for one in form.fields.values():
            if one.label:
                one.widget.attrs["aria-label"] = capfirst(str(one.label))

    def _models(self) -> list[tuple[Any, Any]]:
        if not hasattr(self, "_choices"):
            models = AIModel.objects.filter(provider=self.instance.pk) if self.instance.pk else ()
            self._choices = [("", _("all models together")), *((model.pk, model.model_id) for model in models)]
        return self._choices

    def clean(self) -> None:
        """Refuses the same limit in two rows."""
        super().clean()
        seen = set()
        for form in self.forms:
            data = form.cleaned_data if form.is_valid() else {}
            if not data or data.get("DELETE"):
                continue
            what = (data.get("model"), data["metric"], data["period"])
            if what in seen:
                form.add_error("limit", _("This limit stands here twice. Change or remove one of the two."))
            seen.add(what)
