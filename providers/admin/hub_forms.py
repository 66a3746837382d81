"""What an administrator may ask of the Hub, and what is checked before a part of a data set is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from providers.hub import Search, is_name
from providers.models import DatasetReference

ROWS_A_PAGE = 20
# The tasks that the product has a use for; the Hub's own words are their values.
MODEL_TASKS = [
    ("", _("any task")),
    ("text-generation", _("writing text")),
    ("feature-extraction", _("embeddings")),
    ("sentence-similarity", _("embeddings for comparing sentences")),
    ("text-to-image", _("making images")),
    ("text-classification", _("classification")),
    ("zero-shot-classification", _("classification by given labels")),
    ("summarization", _("summaries")),
]
DATASET_TASKS = [
    ("", _("any task")),
    ("text-classification", _("classification")),
    ("text-generation", _("writing text")),
    ("summarization", _("summaries")),
    ("tabular-classification", _("classification of table rows")),
    ("tabular-regression", _("regression over table rows")),
    ("time-series-forecasting", _("forecasting")),
]
SORTED_BY = [
    ("trendingScore", _("what people look at now")),
    ("downloads", _("downloads")),
    ("likes", _("likes")),
    ("lastModified", _("newest changes")),
]


class SearchForm(forms.Form):
    """A search; every field may stay empty."""

    q = forms.CharField(
        label=_("Search"), required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    task = forms.ChoiceField(label=_("Task"), required=False)
    sort = forms.ChoiceField(label=_("Order by"), required=False, choices=SORTED_BY)
    cursor = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"label_suffix": "", **options})

    def search(self, **more: Any) -> Search:
        """The search that was asked for; a field that makes no sense counts as empty."""
        self.is_valid()
        asked = self.cleaned_data
        return Search(
            query=asked.get("q", ""),
            task=asked.get("task", ""),
            sort=asked.get("sort") or SORTED_BY[0][0],
            cursor=asked.get("cursor", ""),
            **more,
        )


class ModelSearchForm(SearchForm):
    """A search for models."""

    field_order = ["q", "task", "sort", "everything"]
    everything = forms.BooleanField(label=_("Also models that nobody serves now"), required=False)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["task"].choices = MODEL_TASKS  # type: ignore[attr-defined]  # a ChoiceField has them

    def search(self, **more: Any) -> Search:
        """Only what is served, unless everything is wanted."""
        self.is_valid()
        return super().search(warm=not self.cleaned_data.get("everything"), **more)


class DatasetSearchForm(SearchForm):
    """A search for data sets."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["task"].choices = DATASET_TASKS  # type: ignore[attr-defined]  # a ChoiceField has them


class PageForm(forms.Form):
    """Which rows of which part of a data set to show."""

    id = forms.CharField(max_length=200)
    part = forms.CharField(required=False, max_length=310)
    offset = forms.IntegerField(required=False, min_value=0)
    q = forms.CharField(required=False, max_length=200)

    def clean_id(self) -> str:
        """A name that the Hub can have. Raises ValidationError."""
        name = str(self.cleaned_data["id"])
        if not is_name(name):
            raise forms.ValidationError(_("This cannot be the name of a data set."))
        return name

    def first_row(self) -> int:
        """Where the page begins: always a multiple of its length, so that pages are found in the cache."""
        return (self.cleaned_data.get("offset") or 0) // ROWS_A_PAGE * ROWS_A_PAGE


class DatasetReferenceForm(forms.ModelForm):  # type: ignore[type-arg]  # a ModelForm cannot be subscripted at run time
    """A part of a data set to keep."""

    class Meta:
        model = DatasetReference
        fields = ("dataset_id", "config", "split", "note")
        widgets = dict.fromkeys(("dataset_id", "config", "split"), forms.HiddenInput)

    def clean_dataset_id(self) -> str:
        """A name that the Hub can have. Raises ValidationError."""
        name = str(self.cleaned_data["dataset_id"])
        if not is_name(name):
            raise forms.ValidationError(_("This cannot be the name of a data set."))
        return name
