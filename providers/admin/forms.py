"""The administrator's forms: what is checked before a provider, a model or a vendor is stored."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from providers.admin.key_forms import SecretField
from providers.catalogue import Placeholder, PlaceholderError, Vendor
from providers.catalogue.shape import (
    FaultyFileError,
    check_quirks,
    is_private_address,
    normal_base_url,
)
from providers.types import LOCAL_PROTOCOL, Capability

CAPABILITIES = [
    (Capability.TEXT_GENERATION.value, _("writing text")),
    (Capability.EMBEDDINGS.value, _("embeddings")),
    (Capability.IMAGE_GENERATION.value, _("making images")),
    (Capability.CLASSIFICATION.value, _("classification")),
    (Capability.ZERO_SHOT_CLASSIFICATION.value, _("classification by given labels")),
    (Capability.SUMMARIZATION.value, _("summaries")),
    (Capability.MODERATION.value, _("moderation")),
]


def _time_zones() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(zoneinfo.available_timezones() | {"UTC"})]


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A provider; its address is judged together with whether it may be private."""

    reset_timezone = forms.ChoiceField(label=capfirst(_("day begins in time zone")), choices=_time_zones, initial="UTC")

    def clean_base_url(self) -> str:
        """The address in its normal form."""
        address = str(self.cleaned_data["base_url"])
        try:
            return normal_base_url(address) if address else ""
        except ValueError:
            raise ValidationError(
                _("Write an address that begins with https://, without a password, spaces, {placeholders}, ? or #.")
            ) from None

    def clean_quirks(self) -> dict[str, Any]:
        """The departures, without those that are none."""
        try:
            return check_quirks(self.cleaned_data["quirks"] or {})
        except FaultyFileError as exc:
            raise ValidationError(list(exc.faults)) from None

    def clean(self) -> dict[str, Any]:
        """Refuses an address that could not be called or would give the key away."""
        super().clean()
        data = self.cleaned_data
        address = data.get("base_url")
        if address is None:
            return data
        if not address:
            if data.get("protocol") != LOCAL_PROTOCOL:
                self.add_error("base_url", _("Write the provider's address, for example https://api.example.com/v1."))
        elif data.get("allow_private_address"):
            return data
        elif is_private_address(address):
            self.add_error(
                "base_url",
                _(
                    "This address leads to a private network. For a model server of your own tick "
                    "“private address allowed”; otherwise write the provider's public address."
                ),
            )
        elif address.startswith("http://"):
            self.add_error("base_url", _("Anyone on the way could read the key. Write https:// instead of http://."))
        return data


class ListedForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A row of a list: the head of its table is no label to a screen reader, so each field says whose it is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            if field.label:
                field.widget.attrs["aria-label"] = f"{capfirst(str(field.label))}: {self.instance}"


class AIModelForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A model with its capabilities as a choice."""

    capabilities = forms.MultipleChoiceField(
        label=capfirst(_("capabilities")),
        choices=CAPABILITIES,
        widget=forms.CheckboxSelectMultiple,
        initial=[Capability.TEXT_GENERATION.value],
    )


class VendorForm(forms.Form):
    """The one step that adds a catalogue vendor: its key, and what else its address asks for."""

    key = SecretField(label=_("Key"))

    def __init__(self, vendor: Vendor, environ: Mapping[str, str], data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_{vendor.slug}_%s")
        self.vendor = vendor
        # The variable that holds a key already, if one does.
        self.variable = vendor.variable_set_in(environ)
        language, held = get_language() or "en", vendor.values_in(environ)
        for one in vendor.placeholders:
            words = {"label": one.label.text(language), "help_text": one.hint.text(language)}
            self.fields[one.name] = _PlaceholderField(one, initial=held[one.name], **words)

    @property
    def variable_is_set(self) -> bool:
        """Whether the environment holds a key."""
        return bool(self.variable)

    def clean_key(self) -> str:
        """The key; it may stay empty where none is needed or the environment holds one."""
        secret: str = self.cleaned_data["key"]
        if not secret and self.vendor.variables and not self.variable:
            raise ValidationError(_("Paste the key that the vendor gave you."))
        return secret

    def values(self) -> dict[str, str]:
        """What was typed for the placeholders of the address."""
        return {one.name: self.cleaned_data[one.name] for one in self.vendor.placeholders}


class _PlaceholderField(forms.CharField):
    """A part of a vendor's address."""

    def __init__(self, placeholder: Placeholder, **options: Any) -> None:
        super().__init__(max_length=100, widget=forms.TextInput(attrs={"class": "vTextField"}), **options)
        self._placeholder = placeholder

    def clean(self, value: Any) -> str:
        """The part as it may stand in an address. Raises ValidationError."""
        try:
            return self._placeholder.checked(str(super().clean(value)))
        except PlaceholderError:
            raise ValidationError(_("Write letters, digits, - and _ only.")) from None
