"""Where keys are typed: taken in, checked, sealed, and never shown again."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from providers import keys
from providers.catalogue.shape import BARE_VARIABLE, KEY
from providers.models import Provider, ProviderKey

# Browsers fill the administrator's own password into a field that merely says "off", and password managers have words
# of their own for "not here".
_NOBODY_FILLS = {
    "autocomplete": "new-password",
    "spellcheck": "false",
    "autocapitalize": "off",
    "data-1p-ignore": "",
    "data-bwignore": "",
    "data-lpignore": "true",
    "data-form-type": "other",
}
_LONGEST_KEY = 1000


@sensitive_variables()
def _key(secret: str) -> str:
    """What was typed, when it looks like a key. Raises ValidationError, which never repeats it."""
    if BARE_VARIABLE.fullmatch(secret):
        raise ValidationError(_("This looks like the name of an environment variable, not like a key."))
    if len(secret) > _LONGEST_KEY or not KEY.fullmatch(secret):
        raise ValidationError(_("A key has no spaces and no letters beyond ASCII. Copy it again."))
    return secret


class SecretField(forms.CharField):
    """A key that is typed in and never shown again, not even when the form comes back with a fault."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        widget = forms.PasswordInput(attrs={**_NOBODY_FILLS, "class": "vTextField"}, render_value=False)
        super().__init__(widget=widget, max_length=_LONGEST_KEY, **options)

    def clean(self, value: Any) -> str:
        """The key. Raises ValidationError for what no key looks like."""
        secret = str(super().clean(value) or "")
        return _key(secret) if secret else ""


class _Unshown(forms.Textarea):
    """Lines that a page takes in and never gives back."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was typed."""


class SeveralKeysForm(forms.Form):
    """Several keys of one provider, pasted one a line. `provider` is where they will be kept."""

    keys = forms.CharField(
        label=_("Keys, one a line"),
        max_length=100_000,
        widget=_Unshown(attrs={**_NOBODY_FILLS, "rows": 4, "class": "vLargeTextField secret-lines"}),
        error_messages={"required": _("Paste at least one key.")},
    )
    label = forms.CharField(label=_("Label"), required=False, max_length=60)
    account = forms.CharField(
        label=_("Account"),
        required=False,
        max_length=60,
        help_text=_("Keys of one account share its limits; leave it empty where every key has an account of its own."),
    )

    def __init__(self, provider: Provider, data: Any = None) -> None:
        super().__init__(data, auto_id="id_several_%s")
        self.provider = provider

    def clean_keys(self) -> list[str]:
        """The keys in their order, each once. Raises ValidationError with the number of the line, never the line."""
        faults, found = [], []
        for number, line in enumerate(self.cleaned_data["keys"].splitlines(), start=1):
            if secret := line.strip():
                try:
                    found.append(_key(secret))
                except ValidationError as fault:
                    faults.append(_("Line %(number)s: %(fault)s") % {"number": number, "fault": fault.messages[0]})
        if faults:
            raise ValidationError([*faults, _("No key was added. Paste all lines again: keys are not kept in a page.")])
        return list(dict.fromkeys(found))

    def save(self) -> tuple[int, int]:
        """Store the keys that are new; how many were, and how many had been there."""
        secrets = self.cleaned_data["keys"]
        stored = set(self.provider.keys.filter(variable="").values_list("fingerprint", flat=True))
        fresh = [secret for secret in secrets if keys.fingerprint(secret) not in stored]
        for secret in fresh:
            key = ProviderKey(
                provider=self.provider, label=self.cleaned_data["label"], account=self.cleaned_data["account"]
            )
            key.hold(secret)
            key.save()
        return len(fresh), len(secrets) - len(fresh)


class ProviderKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A key: typed once and sealed, or the name of an environment variable."""

    new_key = SecretField(label=capfirst(_("new key")), help_text=_("Stored encrypted and never shown again."))

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if self.instance.sealed:
            field = self.fields["new_key"]
            field.label = capfirst(_("another key in its place"))
            field.help_text = _("Takes effect when you save; the key that is stored now is then gone for good.")

    def ask_again(self) -> None:
        """Say that a key that was typed has to be pasted again, as the page must not hold it."""
        if self.cleaned_data.get("new_key"):
            self.add_error(
                "new_key",
                _("Paste the key again: it is not kept while something else is corrected. Nothing else was lost."),
            )

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
        if secret and key.pk:
            # The age of a key is the age of the secret.
            key.created_at = timezone.now()
        saved: ProviderKey = super().save(commit)
        return saved
