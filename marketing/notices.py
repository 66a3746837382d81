"""What a form has to say about the material typed into it: personal data that would leave, and words like orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.safety.fencing import orders
from marketing.safety.personal import Kind, find, texts

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # A name of the stubs only.
    Label = str | _StrPromise

MASK, SEND = "mask", "send"
CHOICES: list[tuple[str, Label]] = [
    (MASK, gettext_lazy("Hide it from the provider")),
    (SEND, gettext_lazy("Send it as it is")),
]


@dataclass(frozen=True, slots=True)
class Notices:
    """`personal`: each piece of personal data once, in words. `orders`: the labels of fields that give orders."""

    personal: tuple[str, ...]
    orders: tuple[str, ...]


def choice() -> forms.ChoiceField:
    """The choice for a form; whoever chooses nothing has personal data hidden."""
    return forms.ChoiceField(
        label=gettext_lazy("Personal data"), choices=CHOICES, initial=MASK, required=False, widget=forms.RadioSelect
    )


def notices(values: Mapping[str, Any], labels: Mapping[str, Label]) -> Notices:
    """What there is to say about the fields named in `labels`."""
    personal: dict[str, None] = {}
    giving: list[str] = []
    for name, label in labels.items():
        for text in texts(values.get(name)):
            personal.update(dict.fromkeys(f"{_named(one.kind)} {one.value}" for one in find(text)))
            if orders(text) and str(label) not in giving:
                giving.append(str(label))
    return Notices(tuple(personal), tuple(giving))


def _named(kind: Kind) -> str:
    return {
        Kind.EMAIL: _("e-mail address"),
        Kind.PHONE: _("phone number"),
        Kind.PESEL: _("PESEL number"),
    }[kind]
