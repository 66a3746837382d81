"""The forms of the catalogue's own entries: acts and authors, events, brand voices, and the facts of any entry."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.models import Artist, BrandVoice, Event, Fact
from marketing.safety.text import is_web_address, one_line

if TYPE_CHECKING:
    # Generic in the stubs only.
    ArtistBase = forms.ModelForm[Artist]
    EventBase = forms.ModelForm[Event]
    VoiceBase = forms.ModelForm[BrandVoice]
    FactBase = forms.ModelForm[Fact]
else:
    ArtistBase = EventBase = VoiceBase = FactBase = forms.ModelForm

MOST_LINES = 40
LONGEST_LINE = 500
MOST_SAMPLES = 10
LONGEST_SAMPLE = 3000
# A claim of these kinds is worth nothing without the one who makes it.
_NEED_SOURCE = {Fact.Kind.QUOTE, Fact.Kind.AWARD}
_NEED_DIGIT = {Fact.Kind.NUMBER, Fact.Kind.DATE, Fact.Kind.PRICE}


class Lines(forms.CharField):
    """A list, one item a line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """The list as it is typed."""
        return "\n".join(str(one) for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The lines that say something."""
        lines = [str(one_line(line)) for line in str(value or "").replace("\x00", "").splitlines()]
        return [line for line in lines if line]

    def validate(self, value: Any) -> None:
        """As many lines as a prompt can hold."""
        super().validate(value)
        if len(value) > MOST_LINES:
            raise ValidationError(_("At most %(most)d lines fit. Remove some.") % {"most": MOST_LINES})
        if any(len(line) > LONGEST_LINE for line in value):
            raise ValidationError(_("A line is too long: at most %(most)d characters fit.") % {"most": LONGEST_LINE})

    def run_validators(self, value: Any) -> None:
        """Validators of a text know nothing of lists."""


class Samples(Lines):
    """Whole texts, a line of three hyphens between them."""

    def prepare_value(self, value: Any) -> Any:
        """The texts as they are typed."""
        return "\n---\n".join(str(one) for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The texts, in NFC and with plain line ends."""
        plain = unicodedata.normalize("NFC", str(value or "").replace("\r\n", "\n").replace("\x00", ""))
        return [text.strip() for text in f"\n{plain}\n".split("\n---\n") if text.strip()]

    def validate(self, value: Any) -> None:
        """A few samples, each no longer than a long post."""
        forms.Field.validate(self, value)
        if len(value) > MOST_SAMPLES or any(len(text) > LONGEST_SAMPLE for text in value):
            raise ValidationError(
                _("At most %(number)d texts of %(most)d characters fit. Shorten or remove some.")
                % {"number": MOST_SAMPLES, "most": LONGEST_SAMPLE}
            )


def _dress(form: forms.BaseForm) -> None:
    """Give the fields the desk's looks and tie each to its hint and its errors."""
    form.use_required_attribute = False
    for name, field in form.fields.items():
        select = isinstance(field.widget, forms.Select) and not isinstance(field.widget, forms.RadioSelect)
        field.widget.attrs |= {
            "class": "form-select" if select else "form-control",
            "aria-describedby": f"hint-{name} note-{name}",
            "autocomplete": "off",
        }
        field.error_messages.setdefault("required", "")
        field.error_messages["required"] = _("Fill this in.")


def _web_address(value: str) -> str:
    """A link that a browser opens; one without a scheme gets https. Raises ValidationError."""
    value = value.strip()
    if value and "://" not in value and is_web_address(f"https://{value}"):
        return f"https://{value}"
    if value and not is_web_address(value):
        raise ValidationError(
            _("This is no web address. Write one that begins with https://, without spaces, or leave it out.")
        )
    return value


def _link() -> forms.CharField:
    # A plain text field, so that an address without a scheme is completed rather than refused.
    return forms.CharField(
        label=gettext_lazy("Link"), required=False, max_length=500, widget=forms.TextInput({"inputmode": "url"})
    )


class ArtistForm(ArtistBase):
    """An act or an author."""

    link = _link()

    class Meta:
        model = Artist
        fields = ["name", "kind", "about", "link", "voice"]
        widgets = {"kind": forms.RadioSelect, "about": forms.Textarea({"rows": 4})}
        help_texts = {
            "name": gettext_lazy("As it stands on the cover."),
            "about": gettext_lazy("A few sentences about them, for your own use."),
            "voice": gettext_lazy("What is written about them sounds like this, unless a release has its own voice."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean_name(self) -> str:
        """The name on one line."""
        return str(one_line(self.cleaned_data["name"]))

    def clean_link(self) -> str:
        """A web address."""
        return _web_address(str(self.cleaned_data["link"]))


class EventForm(EventBase):
    """A concert, a reading, a fair."""

    link = _link()
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Begins"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        error_messages={"invalid": gettext_lazy("This is no date with a time. Write it as 2026-07-03 19:00.")},
    )

    class Meta:
        model = Event
        fields = ["title", "artist", "starts_at", "venue", "city", "link"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean_title(self) -> str:
        """The title on one line."""
        return str(one_line(self.cleaned_data["title"]))

    def clean_link(self) -> str:
        """A web address."""
        return _web_address(str(self.cleaned_data["link"]))


class VoiceForm(VoiceBase):
    """How a label, an imprint or an artist speaks."""

    dos = Lines(label=gettext_lazy("Do"), required=False, help_text=gettext_lazy("One a line."))
    donts = Lines(label=gettext_lazy("Don’t"), required=False, help_text=gettext_lazy("One a line."))
    preferred_words = Lines(label=gettext_lazy("Words to use"), required=False, help_text=gettext_lazy("One a line."))
    banned_words = Lines(label=gettext_lazy("Words to avoid"), required=False, help_text=gettext_lazy("One a line."))
    samples = Samples(
        label=gettext_lazy("Sample posts"),
        required=False,
        help_text=gettext_lazy("Whole texts that sound right, with a line of three hyphens (---) between them."),
    )

    class Meta:
        model = BrandVoice
        fields = ["name", "tone", "dos", "donts", "preferred_words", "banned_words", "emoji", "samples"]
        widgets = {"tone": forms.Textarea({"rows": 3}), "emoji": forms.RadioSelect}
        help_texts = {
            "name": gettext_lazy("Of the label, the imprint or the artist."),
            "tone": gettext_lazy("For example: warm and plain, never loud; speaks to one reader."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean(self) -> dict[str, Any]:
        """A word cannot be wanted and avoided at once."""
        cleaned = super().clean() or self.cleaned_data
        wanted = {word.casefold() for word in cleaned.get("preferred_words") or []}
        both = [word for word in cleaned.get("banned_words") or [] if word.casefold() in wanted]
        if both:
            self.add_error(
                "banned_words",
                _("“%(word)s” stands under words to use as well. Keep it in one place.") % {"word": both[0]},
            )
        return cleaned


class FactForm(FactBase):
    """One thing that copy may claim."""

    class Meta:
        model = Fact
        fields = ["kind", "text", "source", "valid_until"]
        widgets = {
            "text": forms.Textarea({"rows": 2}),
            "valid_until": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        }
        help_texts = {
            "text": gettext_lazy("One claim, as it may stand in a text."),
            "valid_until": gettext_lazy("From the day after, no text may claim it any more."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def clean_text(self) -> str:
        """The claim on one line."""
        return str(one_line(self.cleaned_data["text"]))

    def clean(self) -> dict[str, Any]:
        """What each kind of claim needs besides its words."""
        cleaned = super().clean() or self.cleaned_data
        kind, text = cleaned.get("kind"), str(cleaned.get("text") or "")
        if kind in _NEED_SOURCE and not cleaned.get("source"):
            self.add_error("source", _("A quote or an award needs its source: who said it, who gave it."))
        if kind in _NEED_DIGIT and text and not any(letter.isdigit() for letter in text):
            self.add_error("text", _("There is no number in it. Write the figure, the day or the price in digits."))
        if kind == Fact.Kind.LINK and text:
            try:
                cleaned["text"] = _web_address(text)
            except ValidationError as refused:
                self.add_error("text", refused)
        return cleaned
