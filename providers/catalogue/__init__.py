"""Known vendors as data: one more OpenAI-compatible vendor is one more row in `vendors/`. No Django.

An operator's own rows stand in the file that PROVIDER_CATALOGUE names; one with the short name of a built-in row
replaces it, which is how a limit that changed is corrected without waiting for a release.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from providers.adapters.base import registry
from providers.catalogue.rows import Note, OwnVendor, Placeholder, PlaceholderError, Vendor
from providers.catalogue.shape import FaultyFileError, ProviderEntry, read_toml

__all__ = [
    "OWN_CATALOGUE",
    "Note",
    "Placeholder",
    "PlaceholderError",
    "Vendor",
    "local_model",
    "rows",
    "vendor",
    "vendor_at",
    "vendors",
]

OWN_CATALOGUE = "PROVIDER_CATALOGUE"

FileT = TypeVar("FileT", bound=BaseModel)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: list[Vendor] = Field(default_factory=list)
    built_in: ProviderEntry | None = None


class _OwnFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    provider: list[OwnVendor] = Field(default_factory=list)


@cache
def _shipped() -> tuple[_File, ...]:
    folder = files(__name__) / "vendors"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(read_toml(one.read_text(encoding="utf-8"), _File) for one in found)


@cache
def _own(path: str) -> tuple[Vendor, ...]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise FaultyFileError([f"{OWN_CATALOGUE}: {path} cannot be read: {exc}"]) from None
    try:
        return tuple(read_toml(text, _OwnFile).provider)
    except FaultyFileError as exc:
        raise FaultyFileError(f"{OWN_CATALOGUE}: {path}: {fault}" for fault in exc.faults) from None


def rows() -> tuple[Vendor, ...]:
    """Every row, also of vendors that no adapter here can speak to. Raises FaultyFileError for an operator's file."""
    path = os.environ.get(OWN_CATALOGUE, "").strip()
    own = _own(path) if path else ()
    replaced = {one.slug for one in own}
    shipped = [one for file in _shipped() for one in file.provider if one.slug not in replaced]
    return tuple(sorted([*shipped, *own], key=lambda vendor: (vendor.priority, vendor.slug)))


def vendors() -> tuple[Vendor, ...]:
    """Every vendor that can be switched on, the most generous first. Raises FaultyFileError as `rows` does."""
    spoken = registry()
    return tuple(one for one in rows() if one.protocol in spoken)


def vendor(slug: str) -> Vendor:
    """One vendor. Raises KeyError when the catalogue does not know it."""
    return {one.slug: one for one in vendors()}[slug]


def vendor_at(base_url: str) -> Vendor | None:
    """The vendor that answers at an address, if the catalogue knows it."""
    return next((one for one in vendors() if base_url and one.answers_at(base_url)), None)


def local_model() -> ProviderEntry:
    """The small model on this machine: the last place of every chain."""
    return next(file.built_in for file in _shipped() if file.built_in).model_copy(deep=True)
