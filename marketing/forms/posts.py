"""The form of social posts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.content.brief import MOST_VARIANTS
from marketing.content.platforms import platforms
from marketing.content.social_brief import normal_hashtag
from marketing.forms.promotion import WHAT, WHEN, PromotionForm, Section
from marketing.forms.words import attributes

LONGEST_TAG = 50
MOST_TAGS = 30


class SocialPostForm(PromotionForm):
    """The brief of social posts."""

    kind = "social-posts"
    page = "posts"
    heading = gettext_lazy("Write posts")
    lead = gettext_lazy("One brief, a text for each platform. Everything you type is kept.")
    send = gettext_lazy("Write the posts")
    material = (*PromotionForm.material, "hashtags")
    first: ClassVar[dict[str, Any]] = {"platforms": ["instagram", "facebook"], "variants": "2"}
    sections = (
        WHAT,
        Section(
            "how",
            gettext_lazy("How it should sound"),
            (("goal",), ("tone",), ("language",), ("audience", "call_to_action"), ("hashtags",)),
        ),
        Section("where", gettext_lazy("Where it goes"), (("platforms",), ("variants",))),
        WHEN,
    )

    hashtags = forms.CharField(
        label=gettext_lazy("Hashtags"),
        help_text=gettext_lazy("Separated by spaces; each platform gets as many as it takes."),
        required=False,
        widget=forms.TextInput(attrs=attributes("hashtags", autocomplete="off", autocapitalize="none")),
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.fields["platforms"]
        if isinstance(offered, forms.MultipleChoiceField):
            offered.choices = [(platform.slug, platform.name) for platform in platforms()]

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

    @classmethod
    def refill(cls, brief: Mapping[str, Any]) -> dict[str, Any]:
        """A stored brief as the form shows it: hashtags with their signs."""
        shown = super().refill(brief)
        if isinstance(shown.get("hashtags"), list):
            shown["hashtags"] = " ".join(f"#{tag}" for tag in shown["hashtags"])
        return shown
