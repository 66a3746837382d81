"""Forms that take tables as people have them: pasted or as a file, and numbers in any usual notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from marketing.analysis import tables
from marketing.insights.pasted import Column, PastedError, read
from marketing.safety.text import storable

MOST_BYTES = 2_000_000
MOST_PRICE = 1_000_000


class Amount(forms.CharField):
    """A number as any of us writes it: 34,99 or 34.99 or 1 234,50 zł."""

    def __init__(self, *, least: float = 0.0, most: float = MOST_PRICE, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "form-control"}), **options)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> Any:
        """The number, None of nothing."""
        if isinstance(value, int | float) or not str(value or "").strip():
            return value or None
        found = tables.number(str(value))
        if found is None:
            raise ValidationError(_("Write a number, such as 34.99."))
        if not self.least <= found <= self.most:
            told = {"least": self.least, "most": self.most}
            raise ValidationError(_("Write a number from %(least)g to %(most)g.") % told)
        return found


def word(**options: Any) -> forms.TextInput:
    """The widget of a short text."""
    return forms.TextInput(attrs={"class": "form-control", **options})


def choice() -> forms.Select:
    """The widget of one choice of many."""
    return forms.Select(attrs={"class": "form-select"})


class Table(forms.CharField):
    """A pasted table; its cleaned value is the rows."""

    def __init__(self, columns: Sequence[Column], example: str, *, others: bool = False, **options: Any) -> None:
        attrs = {"rows": 8, "class": "form-control table-paste", "spellcheck": "false", "placeholder": example}
        super().__init__(widget=forms.Textarea(attrs=attrs), strip=False, **options)
        self.columns, self.example, self.others = columns, example, others

    def clean(self, value: Any) -> Any:
        """The rows of the table. Raises ValidationError with what to change."""
        text = storable(super().clean(value))
        if not text.strip():
            return []
        try:
            return read(text, self.columns, others=self.others)
        except PastedError as error:
            raise ValidationError(str(error)) from error


class InsightForm(forms.Form):
    """A form whose tables may also come as files: a field `NAME_file` fills the text of its table `NAME`."""

    def __init__(self, data: Mapping[str, Any] | None = None, files: Any = None) -> None:
        self.unread: dict[str, str] = {}
        super().__init__(self._with_files(data, files) if data is not None and files else data)

    def _with_files(self, data: Any, files: Any) -> Any:
        filled = data.copy()
        for name, field in self.base_fields.items():
            file = files.get(f"{name}_file") if isinstance(field, Table) else None
            if file is None:
                continue
            if file.size > MOST_BYTES:
                self.unread[name] = _("The file is larger than 2 MB. Cut it down to the rows that matter.")
            else:
                filled[name] = tables.decoded(file.read())
        return filled

    def clean(self) -> dict[str, Any]:
        """Files that could not be read count as faults of their tables."""
        for name, why in self.unread.items():
            self.add_error(name, why)
        return super().clean() or self.cleaned_data

    @property
    def tables(self) -> list[Any]:
        """The tables' bound fields."""
        return [one for one in self if isinstance(one.field, Table)]

    @property
    def others(self) -> list[Any]:
        """All other bound fields."""
        return [one for one in self if not isinstance(one.field, Table)]
