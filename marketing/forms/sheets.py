"""The forms of texts with several fields: advertisements, e-mails and tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from marketing.content.sheets.briefs import MOST_SHEET_VARIANTS
from marketing.content.sheets.table import sheets
from marketing.forms.promotion import WHAT, WHEN, PromotionForm, Section
from marketing.forms.words import attributes, words

_VARIANTS = [(str(number), str(number)) for number in range(1, MOST_SHEET_VARIANTS + 1)]


class SheetForm(PromotionForm):
    """What these briefs have in common: words of one's own, formats, and how many variants of each."""

    material = (*PromotionForm.material, "own_words", "brand")
    own_words = forms.CharField(
        label=gettext_lazy("Keywords"),
        help_text=gettext_lazy("What people search for; separated by commas."),
        required=False,
        widget=forms.TextInput(attrs=attributes("own_words", autocomplete="off")),
    )
    brand = words(
        "brand", gettext_lazy("Business name"), gettext_lazy("Where a tool asks for one. Else the artist’s."), most=80
    )
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("Formats"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("No format is chosen. Choose at least one.")},
    )
    variants = forms.TypedChoiceField(
        label=gettext_lazy("Variants of each"), coerce=int, choices=_VARIANTS, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields.get("platforms")
        if isinstance(offered, forms.MultipleChoiceField):
            offered.choices = [(sheet.slug, sheet.name) for sheet in sheets(self.kind)]

    @classmethod
    def refill(cls, brief: Mapping[str, Any]) -> dict[str, Any]:
        """A stored brief as the form shows it: words of one's own on one line."""
        shown = super().refill(brief)
        if isinstance(shown.get("own_words"), list):
            shown["own_words"] = ", ".join(shown["own_words"])
        return shown


class AdForm(SheetForm):
    """The brief of advertisements."""

    kind = "ad-copy"
    page = "ads"
    heading = gettext_lazy("Write ads")
    lead = gettext_lazy("Every field within its tool’s own limit, every claim held against your facts.")
    send = gettext_lazy("Write the ads")
    first: ClassVar[dict[str, Any]] = {"goal": "sell", "platforms": ["google-search", "meta-feed"], "variants": "1"}
    sections = (
        WHAT,
        Section(
            "how",
            gettext_lazy("How it should sound"),
            (("goal",), ("tone",), ("language",), ("audience", "call_to_action"), ("own_words", "brand")),
        ),
        Section("where", gettext_lazy("Where it goes"), (("platforms",), ("variants",))),
        WHEN,
    )


class EmailForm(SheetForm):
    """The brief of an e-mail."""

    kind = "email-templates"
    page = "emails"
    heading = gettext_lazy("Write e-mails")
    lead = gettext_lazy("Subjects, preheader and body, laid out for every mail program.")
    send = gettext_lazy("Write the e-mail")
    remembered = ("variants", "tone", "language", "sender", "postal_address")
    material = (*SheetForm.material, "sender", "postal_address", "image_alt")
    first: ClassVar[dict[str, Any]] = {"variants": "1"}
    sections = (
        WHAT,
        Section(
            "how",
            gettext_lazy("How it should sound"),
            (("goal",), ("tone",), ("language",), ("audience", "call_to_action"), ("variants",)),
        ),
        Section(
            "mail",
            gettext_lazy("Sender and picture"),
            (("sender", "postal_address"), ("image", "image_alt")),
        ),
        WHEN,
    )

    platforms = None  # type: ignore[assignment]  # there is one format
    own_words = None  # type: ignore[assignment]  # a mail is not found by keywords
    brand = None  # type: ignore[assignment]  # the sender says it
    sender = words("sender", gettext_lazy("Sender"), gettext_lazy("Stands in the foot of the mail."), most=120)
    postal_address = words(
        "postal_address", gettext_lazy("Postal address"), gettext_lazy("The law asks for one."), most=200
    )
    image = forms.CharField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("Its full address, beginning with https://."),
        required=False,
        max_length=2048,
        widget=forms.TextInput(attrs=attributes("image", inputmode="url", autocomplete="off")),
    )
    image_alt = words(
        "image_alt", gettext_lazy("What the picture shows"), gettext_lazy("For those who do not see it."), most=200
    )


class TagsForm(SheetForm):
    """The brief of tags."""

    kind = "tags"
    page = "tags"
    heading = gettext_lazy("Find tags")
    lead = gettext_lazy("Your own words and tested lists first; a model only ranks them and tops them up.")
    send = gettext_lazy("Find the tags")
    remembered = ("platforms", "variants", "language")
    material = ("title", "creator", "facts", "audience", "own_words")
    first: ClassVar[dict[str, Any]] = {"platforms": ["tags-instagram", "tags-tiktok"], "variants": "1"}
    sections = (
        Section(
            "what",
            gettext_lazy("What you promote"),
            (("subject",), ("title",), ("creator",), ("facts",), ("audience", "own_words"), ("language",)),
        ),
        Section("where", gettext_lazy("Where it goes"), (("platforms",), ("variants",))),
        WHEN,
    )

    own_words = forms.CharField(
        label=gettext_lazy("Your own words"),
        help_text=gettext_lazy("They come first in every list; separated by commas."),
        required=False,
        widget=forms.TextInput(attrs=attributes("own_words", autocomplete="off")),
    )
    date = None  # type: ignore[assignment]
    link = None  # type: ignore[assignment]
    goal = None  # type: ignore[assignment]
    tone = None  # type: ignore[assignment]
    call_to_action = None  # type: ignore[assignment]
    brand = None  # type: ignore[assignment]
