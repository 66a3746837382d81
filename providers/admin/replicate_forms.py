"""Forms of the Replicate pages: deployments, which may cost money day and night, and test predictions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from providers.adapters.replicate_account import Deployment, Hardware, NewDeployment

_MODEL = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\Z", _("Write it as owner/name."))
_NAME = RegexValidator(r"^[a-z0-9][a-z0-9-]*\Z", _("Use small letters, digits and dashes."))
_VERSION = RegexValidator(r"^[0-9a-f]{64}\Z", _("A version has 64 characters from 0 to 9 and a to f."))
# Replicate's own bounds.
_MOST_IDLE, _MOST_INSTANCES = 5, 20


class ReleaseForm(forms.Form):
    """What a deployment runs on. Machines that are always on are paid for all the time, so they take a second yes."""

    version = forms.CharField(
        label=_("Version"), validators=[_VERSION], max_length=64, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    hardware = forms.ChoiceField(label=_("Machine"))
    min_instances = forms.IntegerField(
        label=_("Machines always on"),
        min_value=0,
        max_value=_MOST_IDLE,
        initial=0,
        help_text=_("With 0 nothing is paid while nobody asks; the first answer then waits for a machine to start."),
    )
    max_instances = forms.IntegerField(label=_("Machines at most"), min_value=0, max_value=_MOST_INSTANCES, initial=1)
    costs_accepted = forms.BooleanField(
        label=_("I know that machines that are always on cost money day and night, asked or not"), required=False
    )

    def __init__(self, machines: Iterable[Hardware], data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        hardware = self.fields["hardware"]
        if isinstance(hardware, forms.ChoiceField):
            hardware.choices = [(machine.sku, machine.name) for machine in machines]

    def clean(self) -> dict[str, Any]:
        """Refuses more machines always on than there may be, and costs that nobody has agreed to."""
        super().clean()
        data = self.cleaned_data
        least, most = data.get("min_instances"), data.get("max_instances")
        if least is not None and most is not None and least > most:
            self.add_error("max_instances", _("This is less than the machines that are always on."))
        if least and not data.get("costs_accepted"):
            words = ngettext(
                "%(count)s machine would run and be paid for day and night. Tick the box, or write 0.",
                "%(count)s machines would run and be paid for day and night. Tick the box, or write 0.",
                least,
            )
            self.add_error("min_instances", words % {"count": least})
        return data


class NewDeploymentForm(ReleaseForm):
    """All that a new deployment needs."""

    name = forms.CharField(label=_("Name"), validators=[_NAME], max_length=60)
    model = forms.CharField(
        label=_("Model"),
        validators=[_MODEL],
        max_length=200,
        help_text=_("As owner/name, for example meta/llama."),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    field_order = ("name", "model", "version")

    def __init__(self, machines: Iterable[Hardware], data: Any = None, initial: Any = None) -> None:
        super().__init__(machines, data, initial)
        self.fields["version"].required = False
        self.fields["version"].help_text = _("Leave it empty for the model's latest version.")

    def wanted(self, latest_version: str) -> NewDeployment:
        """What to create; call it on a valid form."""
        data = self.cleaned_data
        return NewDeployment(
            name=data["name"],
            model=data["model"],
            version=data["version"] or latest_version,
            hardware=data["hardware"],
            min_instances=data["min_instances"],
            max_instances=data["max_instances"],
        )


class PromptForm(forms.Form):
    """A test prediction."""

    prompt = forms.CharField(
        label=_("Prompt"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("A prediction costs what Replicate asks for it."),
    )


def release_of(deployment: Deployment) -> dict[str, Any]:
    """The deployment's present state as the form's initial values."""
    release = deployment.current_release
    return {
        "version": release.version,
        "hardware": release.configuration.hardware,
        "min_instances": release.configuration.min_instances,
        "max_instances": release.configuration.max_instances,
    }
