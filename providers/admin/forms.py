"""The administrator's forms: what is checked before a provider, a model, a key or a limit is stored."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from providers import keys
from providers.catalogue import Placeholder, PlaceholderError, Vendor
from providers.catalogue.shape import (
    BARE_VARIABLE,
    KEY,
    FaultyFileError,
    check_quirks,
    is_private_address,
    normal_base_url,
)
from providers.models import ProviderKey, Quota
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


class SecretField(forms.CharField):
    """A key that is typed in and never shown again, not even when the form comes back with a fault."""

    def __init__(self, **options: Any) -> None:
        # Browsers fill the administrator's own password into a field that merely says "off".
        attributes = {"autocomplete": "new-password", "spellcheck": "false", "class": "vTextField"}
        options.setdefault("required", False)
        super().__init__(widget=forms.PasswordInput(attrs=attributes, render_value=False), max_length=1000, **options)

    def clean(self, value: Any) -> str:
        """The key. Raises ValidationError for what no key looks like."""
        secret = str(super().clean(value) or "")
        if not secret:
            return ""
        if BARE_VARIABLE.fullmatch(secret):
            raise ValidationError(_("This looks like the name of an environment variable, not like a key."))
        if not KEY.fullmatch(secret):
            raise ValidationError(_("A key has no spaces and no letters beyond ASCII. Copy it again."))
        return secret


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


class AIModelForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A model with its capabilities as a choice."""

    capabilities = forms.MultipleChoiceField(
        label=capfirst(_("capabilities")),
        choices=CAPABILITIES,
        widget=forms.CheckboxSelectMultiple,
        initial=[Capability.TEXT_GENERATION.value],
    )


class ProviderKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A key: typed once and sealed, or the name of an environment variable."""

    new_key = SecretField(label=capfirst(_("new key")), help_text=_("Stored encrypted and never shown again."))

    def clean_variable(self) -> str:
        """The name of a variable; never a key that was put into the wrong field."""
        name = str(self.cleaned_data["variable"] or "").strip()
        if name and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            # What was typed may be a key: the page must not show it again.
            self.data = {**self.data, self.add_prefix("variable"): ""}
            raise ValidationError(
                _("Write the name of an environment variable such as GROQ_API_KEY; a key belongs in “new key”.")
            )
        return name

    def clean(self) -> dict[str, Any]:
        """Refuses two sources for one key, none at all, and a key that is stored already."""
        super().clean()
        data = self.cleaned_data
        secret, variable = data.get("new_key"), data.get("variable")
        if secret and variable:
            self.add_error("new_key", _("Enter a key or name a variable, not both."))
        elif secret and self._is_stored(secret):
            self.add_error("new_key", _("This key is stored here already."))
        elif not (secret or variable or self.instance.sealed or self.errors):
            self.add_error("new_key", _("Enter a key or name an environment variable."))
        return data

    def _is_stored(self, secret: str) -> bool:
        provider = self.cleaned_data.get("provider") or getattr(self.instance, "provider", None)
        if provider is None or provider.pk is None:
            return False
        same = ProviderKey.objects.filter(provider=provider, fingerprint=keys.fingerprint(secret), variable="")
        return same.exclude(pk=self.instance.pk).exists()

    def save(self, commit: bool = True) -> ProviderKey:  # noqa: FBT001, FBT002 - Django's own signature
        """Seal a typed key, or forget the sealed one when a variable takes its place."""
        key: ProviderKey = self.instance
        secret = self.cleaned_data.get("new_key")
        if secret:
            key.hold(secret)
        elif "variable" in self.changed_data and key.variable:
            key.sealed = key.fingerprint = key.last_four = ""
        if secret or "variable" in self.changed_data:
            # Whatever was learned about the old key says nothing about this one, and it is the administrator's now.
            key.invalid_since = key.blocked_until = None
            key.blocked_reason = ""
            key.from_file = False
        saved: ProviderKey = super().save(commit)
        return saved


class QuotaForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A limit."""

    def clean(self) -> dict[str, Any]:
        """Refuses a limit that says nothing."""
        super().clean()
        data = self.cleaned_data
        if (data.get("metric"), data.get("period")) == (Quota.Metric.REQUESTS, Quota.Period.REQUEST):
            self.add_error("period", _("A request is always one request. Choose minute or day, or count tokens."))
        if data.get("metric") == Quota.Metric.CONCURRENT and data.get("period") != Quota.Period.REQUEST:
            self.add_error("period", _("Requests at once are counted per request, whatever the time."))
        return data


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
