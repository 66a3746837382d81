"""Configuring providers: the providers file in and out of the database, and what the environment switches on."""

from providers.catalogue.shape import FaultyFileError, ProviderEntry, ProvidersFile, load
from providers.configuration.applying import apply
from providers.configuration.changes import Action, Change
from providers.configuration.exporting import export
from providers.configuration.switching import add_vendor, switch_on_from_environment

__all__ = [
    "Action",
    "Change",
    "FaultyFileError",
    "ProviderEntry",
    "ProvidersFile",
    "add_vendor",
    "apply",
    "export",
    "load",
    "switch_on_from_environment",
]
