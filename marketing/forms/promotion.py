"""What every brief's form asks: what is promoted, its facts, how it should sound, how soon it is needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from pydantic import ValidationError as BriefError

from marketing.content.registry import content_type
from marketing.forms.words import attributes, words
from marketing.notices import MASK, SEND, Notices, choice, notices
from marketing.safety.text import is_web_address, one_line, storable
from marketing.services import Options
from marketing.urgency import due_of, importance, needed, value_of

if TYPE_CHECKING:
    from marketing.forms.words import Label

LONGEST_FACT = 300
MOST_FACTS = 20
# What belongs to the job and not to its brief.
OPTIONS = ("personal_data", "importance", "needed")

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


@dataclass(frozen=True, slots=True)
class Section:
    """A card of the form. A row with two names stands side by side."""

    slug: str
    title: Label | Promise
    rows: tuple[tuple[str, ...], ...]


WHAT = Section(
    "what",
    gettext_lazy("What you promote"),
    (("subject",), ("title",), ("creator",), ("facts",), ("date", "link")),
)
WHEN = Section("when", gettext_lazy("How good and how soon"), (("importance",), ("needed",)))


class PromotionForm(forms.Form):
    """The brief of one content type. `to_brief` gives it in the service's form once it is valid.

    `kind` is the content type, `page` the name of the form's address, `remembered` what the next brief of the same
    person starts with, `material` where words from elsewhere are typed or pasted.
    """

    kind: ClassVar[str]
    page: ClassVar[str]
    heading: ClassVar[Promise | str]
    lead: ClassVar[Promise | str]
    send: ClassVar[Promise | str]
    sections: ClassVar[tuple[Section, ...]]
    remembered: ClassVar[tuple[str, ...]] = ("platforms", "variants", "tone", "language")
    material: ClassVar[tuple[str, ...]] = ("title", "creator", "facts", "link", "audience", "call_to_action")
    first: ClassVar[dict[str, Any]] = {}
    # Whether two models may be set to it blind.
    comparable: ClassVar[bool] = True

    # The catalogue's entry that the brief came from, such as `release:12`.
    entry = forms.RegexField(
        regex=r"^(?:artist|release|book|event):[0-9]{1,12}$", required=False, widget=forms.HiddenInput
    )
    subject = forms.ChoiceField(label=gettext_lazy("What is it?"), choices=SUBJECTS, widget=forms.RadioSelect)
    title = words("title", gettext_lazy("Title"), gettext_lazy("As it stands on the cover or the poster."), most=180)
    creator = words("creator", gettext_lazy("Artist or author"), most=180)
    facts = forms.CharField(
        label=gettext_lazy("Facts"),
        help_text=gettext_lazy("One a line. Only what stands here may be claimed in the text."),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs=attributes("facts", rows="5")),
    )
    date = forms.DateField(
        label=gettext_lazy("Date"),
        help_text=gettext_lazy("Of the release, the publication or the event."),
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs=attributes("date", type="date")),
        error_messages={"invalid": gettext_lazy("This is no date. Write it as 2026-07-03, or choose it.")},
    )
    link = forms.CharField(
        label=gettext_lazy("Link"),
        help_text=gettext_lazy("Where people listen, read or buy."),
        required=False,
        widget=forms.TextInput(attrs=attributes("link", inputmode="url", autocomplete="off")),
    )
    goal = forms.ChoiceField(label=gettext_lazy("Goal"), choices=GOALS, widget=forms.RadioSelect)
    audience = words("audience", gettext_lazy("For whom"), gettext_lazy("For example: listeners of jazz."), most=300)
    tone = forms.ChoiceField(label=gettext_lazy("Tone"), choices=TONES, widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the texts"), choices=LANGUAGES, widget=forms.RadioSelect
    )
    call_to_action = words(
        "call_to_action", gettext_lazy("Call to action"), gettext_lazy("What should people do next?"), most=180
    )
    importance = importance()
    needed = needed()
    personal_data = choice()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
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

    def clean(self) -> dict[str, Any]:
        """The whole brief once more through the service's own model, so that nothing it refuses gets past."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            refusals: dict[tuple[str, str], None] = {}
            for kind, brief in self.briefs():
                try:
                    content_type(kind).load_brief(brief)
                except BriefError as refused:
                    for error in refused.errors():
                        refusals[str(error["loc"][0]) if error["loc"] else "", str(error["msg"])] = None
            for name, message in refusals:
                self.add_error(name if name in self.fields else None, message)
        return cleaned

    def briefs(self) -> list[tuple[str, dict[str, Any]]]:
        """The content types that are asked for, each with its brief."""
        return [(self.kind, self.to_brief())]

    def to_brief(self) -> dict[str, Any]:
        """The brief as the content type's model reads it."""
        date = self.cleaned_data.get("date")
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
        names = [name for name in self.material if name in self.fields]
        values = {name: self[name].value() for name in names}
        return notices(values, {name: self.fields[name].label or name for name in names})

    def shown(self) -> Iterator[tuple[Section, list[list[BoundField]]]]:
        """The sections with their fields, row by row."""
        for section in self.sections:
            yield section, [[self[name] for name in row] for row in section.rows]

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What an empty brief starts with."""
        language = (get_language() or "pl")[:2]
        return {
            "subject": "release",
            "goal": "announce",
            "tone": "friendly",
            "language": language if language in dict(LANGUAGES) else "pl",
            "personal_data": MASK,
            "importance": "normal",
            "needed": "now",
            **cls.first,
        }

    @classmethod
    def typed(cls, data: MultiValueDict[str, str]) -> dict[str, Any]:
        """What stands in the form now, valid or not, fit for a JSON column of either database."""
        kept: dict[str, Any] = {}
        for name, field in cls.base_fields.items():
            values = [storable(value) for value in data.getlist(name)]
            many = isinstance(field, forms.MultipleChoiceField)
            kept[name] = values if many else (values or [""])[-1]
        return kept

    @classmethod
    def refill(cls, brief: Mapping[str, Any]) -> dict[str, Any]:
        """A stored brief as the form shows it: facts one a line."""
        shown = {**cls.defaults(), **brief}
        if isinstance(shown.get("facts"), list):
            shown["facts"] = "\n".join(str(fact) for fact in shown["facts"])
        return shown
