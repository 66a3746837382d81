"""The form of a whole campaign: one brief for all channels, in one language or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import regex
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.content.platforms import platforms
from marketing.content.sheets.briefs import MOST_SHEET_VARIANTS
from marketing.content.sheets.table import sheets
from marketing.content.social_brief import normal_hashtag
from marketing.forms.posts import LONGEST_TAG, MOST_TAGS
from marketing.forms.promotion import LANGUAGES, WHAT, WHEN, PromotionForm, Section
from marketing.forms.words import attributes, words
from marketing.safety.text import one_line

# Which field chooses the places of which content type, in the order in which they are written.
CHANNELS = {
    "platforms": "social-posts",
    "ad_formats": "ad-copy",
    "mail_formats": "email-templates",
    "tag_formats": "tags",
}
# What belongs to every content type, and what only to some.
_COMMON = ("entry", "subject", "title", "creator", "date", "link", "goal", "audience", "tone", "call_to_action")
_ONLY = {
    "social-posts": ("hashtags",),
    "ad-copy": ("own_words", "brand"),
    "email-templates": ("sender", "postal_address"),
    "tags": ("own_words",),
}
# What only a book has a use for; it is offered to everything, but chosen for nothing else.
_BOOKS_ONLY = {"amazon-books", "tags-kdp"}
_VARIANTS = [(str(number), str(number)) for number in range(1, MOST_SHEET_VARIANTS + 1)]


def _choice(label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, widget=forms.CheckboxSelectMultiple)


class CampaignForm(PromotionForm):
    """One brief from which every chosen channel gets its own, in every chosen language."""

    kind = "brief-set"
    page = "briefs"
    channels: ClassVar[dict[str, str]] = CHANNELS
    heading = gettext_lazy("Write a whole campaign")
    lead = gettext_lazy("One brief, every channel, both languages. Everything you type is kept.")
    send = gettext_lazy("Write everything")
    comparable = False
    remembered = (*CHANNELS, "variants", "tone", "languages", "brand", "sender", "postal_address")
    material = (*PromotionForm.material, "facts_en", "call_to_action_en", "own_words", "brand", "sender")
    first: ClassVar[dict[str, Any]] = {"languages": ["pl", "en"], "variants": "1"}
    sections = (
        WHAT,
        Section(
            "how",
            gettext_lazy("How it should sound"),
            (("goal",), ("tone",), ("audience", "call_to_action"), ("own_words", "brand")),
        ),
        Section(
            "languages",
            gettext_lazy("Languages"),
            (("languages",), ("title_en", "call_to_action_en"), ("facts_en",)),
        ),
        Section(
            "where",
            gettext_lazy("Where it goes"),
            (
                ("platforms",),
                ("ad_formats",),
                ("mail_formats",),
                ("tag_formats",),
                ("variants",),
                ("sender", "postal_address"),
            ),
        ),
        WHEN,
    )

    language = None  # type: ignore[assignment]  # a campaign can have both
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages of the texts"),
        choices=LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("No language is chosen. Choose at least one.")},
    )
    title_en = words("title_en", gettext_lazy("Title in English"), gettext_lazy("Empty: the title above."), most=180)
    call_to_action_en = words(
        "call_to_action_en",
        gettext_lazy("Call to action in English"),
        gettext_lazy("Empty: the one above."),
        most=180,
    )
    facts_en = forms.CharField(
        label=gettext_lazy("Facts in English"),
        help_text=gettext_lazy("One a line, for the English texts. Empty: the facts above."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs=attributes("facts_en", rows="4")),
    )
    own_words = forms.CharField(
        label=gettext_lazy("Keywords and tags"),
        help_text=gettext_lazy("What people search for; separated by commas."),
        required=False,
        widget=forms.TextInput(attrs=attributes("own_words", autocomplete="off")),
    )
    brand = words(
        "brand", gettext_lazy("Business name"), gettext_lazy("Where a tool asks for one. Else the artist’s."), most=80
    )
    platforms = _choice(gettext_lazy("Posts"))
    ad_formats = _choice(gettext_lazy("Ads"))
    mail_formats = _choice(gettext_lazy("E-mails"))
    tag_formats = _choice(gettext_lazy("Tags"))
    variants = forms.TypedChoiceField(
        label=gettext_lazy("Variants of each"), coerce=int, choices=_VARIANTS, widget=forms.RadioSelect
    )
    sender = words("sender", gettext_lazy("Sender"), gettext_lazy("Stands in the foot of the mail."), most=120)
    postal_address = words(
        "postal_address", gettext_lazy("Postal address"), gettext_lazy("The law asks for one."), most=200
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, kind in CHANNELS.items():
            field = self.fields[name]
            if isinstance(field, forms.MultipleChoiceField):
                field.choices = [(one.slug, one.name) for one in sheets(kind) or platforms()]

    @property
    def headline(self) -> str:
        """What the campaign is called: creator and title."""
        names = (self.cleaned_data["creator"], self.cleaned_data["title"])
        return " – ".join(name for name in names if name)

    def clean_facts_en(self) -> list[str]:
        """The English facts as a list, without empty lines."""
        lines = (str(one_line(line)) for line in str(self.cleaned_data["facts_en"]).splitlines())
        return [line for line in lines if line]

    def clean_own_words(self) -> list[str]:
        """The words as a list."""
        typed = (str(one_line(word)) for word in regex.split(r"[\n,;]+", str(self.cleaned_data["own_words"])))
        return [word for word in typed if word.strip(" #＃")]

    def clean(self) -> dict[str, Any]:
        """At least one channel is needed."""
        if "languages" in self.cleaned_data and not any(self.cleaned_data.get(name) for name in CHANNELS):
            self.add_error("platforms", ValidationError(_("No channel is chosen. Choose at least one.")))
        return super().clean()

    def briefs(self) -> list[tuple[str, dict[str, Any]]]:
        """A brief for every chosen content type in every chosen language, Polish first."""
        return [
            (kind, self._brief(kind, name, language))
            for language, _label in LANGUAGES
            if language in self.cleaned_data["languages"]
            for name, kind in CHANNELS.items()
            if self.cleaned_data[name]
        ]

    def _brief(self, kind: str, field: str, language: str) -> dict[str, Any]:
        said = self.cleaned_data
        brief = {name: said[name] for name in _COMMON} | {"facts": said["facts"], "language": language}
        brief["date"] = said["date"].isoformat() if said["date"] else None
        if language == "en":
            brief |= {name: said[f"{name}_en"] for name in ("title", "facts", "call_to_action") if said[f"{name}_en"]}
        own = {**said, "hashtags": _as_hashtags(said["own_words"])}
        brief |= {name: own[name] for name in _ONLY[kind]}
        return {**brief, "platforms": said[field], "variants": said["variants"]}

    @classmethod
    def refill(cls, brief: Mapping[str, Any]) -> dict[str, Any]:
        """What is stored as the form shows it; where no channel was ever chosen, every one that makes sense is."""
        shown = super().refill({name: value for name, value in brief.items() if name != "language"})
        for field in ("own_words", "facts_en"):
            if isinstance(shown.get(field), list):
                shown[field] = ("\n" if field == "facts_en" else ", ").join(shown[field])
        if not any(name in brief for name in CHANNELS):
            unfit = set() if shown["subject"] == "book" else _BOOKS_ONLY
            shown |= {name: [slug for slug in _places(kind) if slug not in unfit] for name, kind in CHANNELS.items()}
        return shown


def _places(kind: str) -> list[str]:
    return [one.slug for one in sheets(kind) or platforms()]


def _as_hashtags(own_words: list[str]) -> list[str]:
    """Those of the words that can be hashtags."""
    tags = [normal_hashtag(word) for word in own_words]
    usable = [tag for tag in tags if any(letter.isalpha() for letter in tag) and len(tag) <= LONGEST_TAG]
    return usable[:MOST_TAGS]
