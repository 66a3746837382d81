"""The pieces that forms are made of: one line of words, and the attributes that bind a field to its hint and note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import ngettext

from marketing.safety.text import one_line

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # A name of the stubs only.
    Label = str | _StrPromise


class Words(forms.CharField):
    """One line of words. Invisible characters, as pasted text often has them, are taken out without a question."""

    def to_python(self, value: Any) -> str:
        """The line as it will be stored."""
        return str(one_line(super().to_python(value)) or "")

    def run_validators(self, value: Any) -> None:
        """Only the length can be wrong; the message says by how much."""
        if self.max_length is not None and len(value) > self.max_length:
            over = len(value) - self.max_length
            raise ValidationError(
                ngettext(
                    "Too long: at most %(most)d characters fit. Shorten it by %(over)d character.",
                    "Too long: at most %(most)d characters fit. Shorten it by %(over)d characters.",
                    over,
                )
                % {"most": self.max_length, "over": over}
            )


def attributes(name: str, **more: str) -> dict[str, str]:
    """A widget's attributes: its looks, and where its hint and its note stand."""
    return {"class": "form-control", "aria-describedby": f"hint-{name} note-{name}", **more}


def words(name: str, label: Label, hint: Label = "", *, most: int, required: bool = False) -> Words:
    """A field for one line."""
    # Built without max_length on the widget: a browser would silently cut pasted text.
    field = Words(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.TextInput(attrs=attributes(name, autocomplete="off")),
    )
    field.max_length = most
    return field
