"""The forms that people fill in; every error says what to change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from pydantic import ValidationError as BriefError

from marketing.content.platforms import platforms
from marketing.content.social_brief import SocialPostBrief, normal_hashtag
from marketing.notices import MASK, SEND, Notices, choice, notices
from marketing.safety.text import is_web_address, one_line, storable
from marketing.services import Options
from marketing.urgency import due_of, importance, needed, value_of

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # A name of the stubs only.
    Label = str | _StrPromise

LONGEST_FACT = 300
MOST_FACTS = 20
LONGEST_TAG = 50
MOST_TAGS = 30
MOST_VARIANTS = 5
# What the next brief of the same person starts with.
REMEMBERED = ("platforms", "variants", "tone", "language")
# What belongs to the job and not to its brief.
OPTIONS = ("personal_data", "importance", "needed")
# Where material from elsewhere is typed or pasted.
MATERIAL = ("title", "creator", "facts", "link", "audience", "call_to_action", "hashtags")

SUBJECTS: list[tuple[str, Label]] = [
    ("release", gettext_lazy("Release")),
    ("book", gettext_lazy("Book")),
    ("event", gettext_lazy("Event")),
    ("other", gettext_lazy("Something else")),
]
GOALS: list[tuple[str, Label]] = [
    ("announce", gettext_lazy("Announce")),
    ("sell", gettext_lazy("Sell")),
    ("engage", gettext_lazy("Start a conversation")),
    ("remind", gettext_lazy("Remind")),
]
TONES: list[tuple[str, Label]] = [
    ("friendly", gettext_lazy("Friendly")),
    ("poetic", gettext_lazy("Poetic")),
    ("energetic", gettext_lazy("Energetic")),
    ("matter-of-fact", gettext_lazy("Matter-of-fact")),
]
LANGUAGES = [("pl", "Polski"), ("en", "English")]


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


def _attributes(name: str, **more: str) -> dict[str, str]:
    return {"class": "form-control", "aria-describedby": f"hint-{name} note-{name}", **more}


def _words(name: str, label: Label, hint: Label = "", *, most: int, required: bool = False) -> Words:
    # Built without max_length on the widget: a browser would silently cut pasted text.
    field = Words(
        label=label,
        help_text=hint,
        required=required,
        widget=forms.TextInput(attrs=_attributes(name, autocomplete="off")),
    )
    field.max_length = most
    return field


class SocialPostForm(forms.Form):
    """The brief of a social post. `to_brief` gives it in the service's form once it is valid."""

    # The catalogue's entry that the brief came from, such as `release:12`.
    entry = forms.RegexField(
        regex=r"^(?:artist|release|book|event):[0-9]{1,12}$", required=False, widget=forms.HiddenInput
    )
    subject = forms.ChoiceField(label=gettext_lazy("What is it?"), choices=SUBJECTS, widget=forms.RadioSelect)
    title = _words("title", gettext_lazy("Title"), gettext_lazy("As it stands on the cover or the poster."), most=180)
    creator = _words("creator", gettext_lazy("Artist or author"), most=180)
    facts = forms.CharField(
        label=gettext_lazy("Facts"),
        help_text=gettext_lazy("One a line. Only what stands here may be claimed in the text."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs=_attributes("facts", rows="5")),
    )
    date = forms.DateField(
        label=gettext_lazy("Date"),
        help_text=gettext_lazy("Of the release, the publication or the event."),
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs=_attributes("date", type="date")),
        error_messages={"invalid": gettext_lazy("This is no date. Write it as 2026-07-03, or choose it.")},
    )
    link = forms.CharField(
        label=gettext_lazy("Link"),
        help_text=gettext_lazy("Where people listen, read or buy."),
        required=False,
        widget=forms.TextInput(attrs=_attributes("link", inputmode="url", autocomplete="off")),
    )
    goal = forms.ChoiceField(label=gettext_lazy("Goal"), choices=GOALS, widget=forms.RadioSelect)
    audience = _words("audience", gettext_lazy("For whom"), gettext_lazy("For example: listeners of jazz."), most=300)
    tone = forms.ChoiceField(label=gettext_lazy("Tone"), choices=TONES, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the posts"), choices=LANGUAGES, widget=forms.RadioSelect
    )
    call_to_action = _words(
        "call_to_action", gettext_lazy("Call to action"), gettext_lazy("What should people do next?"), most=180
    )
    hashtags = forms.CharField(
        label=gettext_lazy("Hashtags"),
        help_text=gettext_lazy("Separated by spaces; each platform gets as many as it takes."),
        required=False,
        widget=forms.TextInput(attrs=_attributes("hashtags", autocomplete="off", autocapitalize="none")),
    )
    platforms = forms.MultipleChoiceField(
        label=gettext_lazy("Platforms"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("No platform is chosen. Choose at least one.")},
    )
    variants = forms.TypedChoiceField(
        label=gettext_lazy("Variants for each platform"),
        coerce=int,
        choices=[(str(number), str(number)) for number in range(1, MOST_VARIANTS + 1)],
        widget=forms.RadioSelect,
    )
    importance = importance()
    needed = needed()
    personal_data = choice()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        offered = self.fields["platforms"]
        if isinstance(offered, forms.MultipleChoiceField):
            offered.choices = [(platform.slug, platform.name) for platform in platforms()]
        title = self.fields["title"]
        title.required = True
        title.error_messages["required"] = _("The title is missing. Write what you promote.")

    def clean_facts(self) -> list[str]:
        """The facts as a list, without empty lines."""
        facts = [str(one_line(line)) for line in str(self.cleaned_data["facts"]).splitlines()]
        facts = [fact for fact in facts if fact]
        if len(facts) > MOST_FACTS:
            raise ValidationError(
                _("%(number)d facts are too many; %(most)d fit. Join or remove some lines.")
                % {"number": len(facts), "most": MOST_FACTS}
            )
        for place, fact in enumerate(facts, start=1):
            if len(fact) > LONGEST_FACT:
                raise ValidationError(
                    _("Fact %(place)d is too long by %(over)d: at most %(most)d characters fit on a line. Split it.")
                    % {"place": place, "over": len(fact) - LONGEST_FACT, "most": LONGEST_FACT}
                )
        return facts

    def clean_link(self) -> str:
        """An http(s) address; one without a scheme gets https."""
        link = str(self.cleaned_data["link"]).strip()
        if link and "://" not in link and is_web_address(f"https://{link}"):
            return f"https://{link}"
        if link and not is_web_address(link):
            raise ValidationError(
                _("This is no web address. Write one that begins with https://, without spaces, or leave it out.")
            )
        return link

    def clean_hashtags(self) -> list[str]:
        """The tags without their signs, each once."""
        typed = str(self.cleaned_data["hashtags"]).replace(",", " ").replace(";", " ").split()
        tags = [tag for tag in typed if tag.strip("#＃")]
        for tag in tags:
            plain = normal_hashtag(tag)
            if not any(letter.isalpha() for letter in plain) or len(plain) > LONGEST_TAG:
                raise ValidationError(
                    _("“%(tag)s” cannot be a hashtag. Use letters, digits and _, at most %(most)d, not digits alone.")
                    % {"tag": tag[:60], "most": LONGEST_TAG}
                )
        if len(tags) > MOST_TAGS:
            raise ValidationError(_("At most %(most)d hashtags fit. Remove some.") % {"most": MOST_TAGS})
        return tags

    def clean(self) -> dict[str, Any]:
        """The whole brief once more through the service's own model, so that nothing it refuses gets past."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                SocialPostBrief.model_validate(self.to_brief())
            except BriefError as refused:
                for error in refused.errors():
                    name = str(error["loc"][0]) if error["loc"] else ""
                    self.add_error(name if name in self.fields else None, str(error["msg"]))
        return cleaned

    def to_brief(self) -> dict[str, Any]:
        """The brief as `SocialPostBrief` reads it."""
        date = self.cleaned_data["date"]
        brief = {**self.cleaned_data, "date": date.isoformat() if date else None}
        for name in OPTIONS:
            del brief[name]
        return brief

    @property
    def options(self) -> Options:
        """How the job is to be done. Whoever chooses nothing has personal data hidden."""
        chosen = self.cleaned_data
        return Options(
            mask=chosen.get("personal_data") != SEND,
            value=value_of(chosen.get("importance", "")),
            due_at=due_of(chosen.get("needed", "")),
        )

    @property
    def notices(self) -> Notices:
        """What there is to say about the material as it stands."""
        values = {name: self[name].value() for name in MATERIAL}
        return notices(values, {name: self.fields[name].label or name for name in MATERIAL})


def defaults() -> dict[str, Any]:
    """What an empty brief starts with."""
    language = (get_language() or "pl")[:2]
    return {
        "subject": "release",
        "goal": "announce",
        "tone": "friendly",
        "language": language if language in dict(LANGUAGES) else "pl",
        "platforms": ["instagram", "facebook"],
        "variants": "2",
        "personal_data": MASK,
        "importance": "normal",
        "needed": "now",
    }


def typed(data: MultiValueDict[str, str]) -> dict[str, Any]:
    """What stands in the form now, valid or not, fit for a JSON column of either database."""
    kept: dict[str, Any] = {}
    for name in SocialPostForm.base_fields:
        values = [storable(value) for value in data.getlist(name)]
        kept[name] = values if name == "platforms" else (values or [""])[-1]
    return kept


def refill(brief: Mapping[str, Any]) -> dict[str, Any]:
    """A stored brief as the form shows it: facts one a line, hashtags with their signs."""
    shown = {**defaults(), **brief}
    if isinstance(shown.get("facts"), list):
        shown["facts"] = "\n".join(str(fact) for fact in shown["facts"])
    if isinstance(shown.get("hashtags"), list):
        shown["hashtags"] = " ".join(f"#{tag}" for tag in shown["hashtags"])
    return shown
