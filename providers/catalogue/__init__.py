"""Known vendors as data: one more OpenAI-compatible vendor is one more row in `vendors.toml`. No Django."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from providers.catalogue.shape import VARIABLE_NAME, ProviderEntry, read_toml

# A Polish line never ends with a word of one letter.
_NEVER_LAST = re.compile(r"\b([aiouwzAIOUWZ]) ")


class Note(BaseModel):
    """What a person should know first, in each language of the product."""

    model_config = ConfigDict(extra="forbid")

    en: Annotated[str, Field(min_length=1)]
    pl: Annotated[str, Field(min_length=1)]

    def text(self, language: str) -> str:
        """The note in a language such as `pl` or `en-gb`; English where there is no other."""
        return _NEVER_LAST.sub("\\1\u00a0", self.pl) if language.startswith("pl") else self.en


class Vendor(ProviderEntry):
    """A catalogue row: a provider as in a providers file, and how to come by its key.

    `variable` is the environment variable that usually holds the key; empty where none is needed.
    `as_of` is the day on which the facts were last true.
    """

    variable: Annotated[str, Field(pattern=rf"^({VARIABLE_NAME.pattern})?$")]
    signup_url: str
    as_of: date
    note: Note

    def entry(self) -> ProviderEntry:
        """The row as a providers file would say it, without a key."""
        own = set(Vendor.model_fields) - set(ProviderEntry.model_fields)
        return ProviderEntry.model_validate(self.model_dump(by_alias=True, exclude=own))


class Unreachable(BaseModel):
    """A vendor whose protocol this version does not speak yet, and the variables that hold its key."""

    model_config = ConfigDict(extra="forbid")

    name: str
    variables: list[str]


class _Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: list[Vendor]
    built_in: ProviderEntry
    unreachable: list[Unreachable] = Field(default_factory=list)


@cache
def _catalogue() -> _Catalogue:
    return read_toml((files(__name__) / "vendors.toml").read_text(encoding="utf-8"), _Catalogue)


def vendors() -> tuple[Vendor, ...]:
    """Every vendor that can be switched on, the most generous first."""
    return tuple(sorted(_catalogue().provider, key=lambda vendor: (vendor.priority, vendor.slug)))


def vendor(slug: str) -> Vendor:
    """One vendor. Raises KeyError when the catalogue does not know it."""
    return {one.slug: one for one in _catalogue().provider}[slug]


def vendor_at(base_url: str) -> Vendor | None:
    """The vendor that answers at an address, if the catalogue knows it."""
    return next((one for one in _catalogue().provider if base_url and one.base_url == base_url), None)


def local_model() -> ProviderEntry:
    """The small model on this machine: the last place of every chain."""
    return _catalogue().built_in.model_copy(deep=True)


def unreachable() -> tuple[Unreachable, ...]:
    """Vendors that a later version reaches."""
    return tuple(_catalogue().unreachable)
