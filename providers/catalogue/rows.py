"""The shape of a catalogue row: a provider, how to come by its key, and what else its address asks for. No Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from providers.catalogue.shape import VARIABLE_NAME, ProviderEntry, known_protocol, normal_base_url

# A Polish line never ends with a word of one letter.
_NEVER_LAST = re.compile(r"\b([aiouwzAIOUWZ]) ")
_IN_BRACES = re.compile(r"\{(\w+)\}")
# Whatever stands here becomes part of an address, so it must not be able to lead elsewhere.
_VALUE = re.compile(r"[A-Za-z0-9_-]{1,100}")
NO_VALUES: Mapping[str, str] = MappingProxyType({})

Variable = Annotated[str, Field(pattern=rf"^{VARIABLE_NAME.pattern}$")]


class PlaceholderError(ValueError):
    """A value that an address needs is missing or cannot stand in one; the words name its variable."""

    def __init__(self, placeholder: Placeholder, what: str) -> None:
        super().__init__(f"{placeholder.variable}: {what}")
        self.placeholder = placeholder


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Note(_Row):
    """What a person should read, in each language of the product."""

    en: Annotated[str, Field(min_length=1)]
    pl: Annotated[str, Field(min_length=1)]

    def text(self, language: str) -> str:
        """The note in a language such as `pl` or `en-gb`; English where there is no other."""
        return _NEVER_LAST.sub("\\1\u00a0", self.pl) if language.startswith("pl") else self.en


class Placeholder(_Row):
    """A part of a vendor's address that differs by account, such as `{account_id}`.

    `variable` is the environment variable that usually holds it; `label` and `hint` are for the person who types it.
    """

    name: Annotated[str, Field(pattern=r"^\w+$")]
    variable: Variable
    label: Note
    hint: Note

    def checked(self, value: str) -> str:
        """The value as it may stand in an address. Raises PlaceholderError."""
        value = value.strip()
        if not value:
            raise PlaceholderError(self, "is missing")
        if not _VALUE.fullmatch(value):
            raise PlaceholderError(self, "has letters, digits, - and _ only")
        return value


def _address(url: str) -> str:
    """A base URL that may hold {placeholders}, without the slash at its end. Raises ValueError."""
    normal_base_url(_IN_BRACES.sub("placeholder", url))
    return url.strip().rstrip("/")


class Vendor(ProviderEntry):
    """A catalogue row: a provider as in a providers file, and how to come by its key.

    `variables` are the environment variables that may hold the key, the usual one first; none where none is needed.
    `as_of` is the day on which the facts were last true. A protocol that no adapter here speaks is no fault of a row.
    """

    protocol: str = "openai"
    base_url: Annotated[str, Field(max_length=300), AfterValidator(_address)]
    variables: list[Variable]
    placeholders: list[Placeholder] = Field(default_factory=list, alias="placeholder")
    signup_url: str
    as_of: date
    note: Note

    @model_validator(mode="after")
    def _placeholders_fit(self) -> Vendor:
        if set(_IN_BRACES.findall(self.base_url)) != {one.name for one in self.placeholders}:
            raise ValueError("base_url: the names in braces and the placeholders differ")
        return self

    @property
    def variable(self) -> str:
        """The usual variable of its key; empty where none is needed."""
        return self.variables[0] if self.variables else ""

    def variable_set_in(self, environ: Mapping[str, str]) -> str:
        """The first of its variables that holds something, or an empty string."""
        return next((name for name in self.variables if environ.get(name, "").strip()), "")

    def values_in(self, environ: Mapping[str, str]) -> dict[str, str]:
        """What the environment holds for its placeholders."""
        return {one.name: environ.get(one.variable, "").strip() for one in self.placeholders}

    def entry(self, values: Mapping[str, str] = NO_VALUES) -> ProviderEntry:
        """The row as a providers file would say it, without a key; `values` by the names of its placeholders.

        Raises PlaceholderError when one is missing.
        """
        own = set(Vendor.model_fields) - set(ProviderEntry.model_fields)
        raw = self.model_dump(by_alias=True, exclude=own)
        filled = {one.name: one.checked(values.get(one.name, "")) for one in self.placeholders}
        raw["base_url"] = _IN_BRACES.sub(lambda found: filled[found[1]], self.base_url)
        return ProviderEntry.model_validate(raw)

    def answers_at(self, base_url: str) -> bool:
        """Whether an address is this vendor's, whatever stands for its placeholders."""
        parts = _IN_BRACES.split(self.base_url)
        pattern = "".join("[^/]+" if number % 2 else re.escape(part) for number, part in enumerate(parts))
        return re.fullmatch(pattern, base_url) is not None


class OwnVendor(Vendor):
    """A row that an operator wrote: an unknown protocol is a slip of the pen there."""

    protocol: Annotated[str, AfterValidator(known_protocol)] = "openai"
