"""The administrator's pages: providers with their models, keys and limits, and what really happened."""

from providers.admin.configured import AIModelAdmin, ProviderAdmin, ProviderKeyAdmin
from providers.admin.hub_datasets import DatasetReferenceAdmin
from providers.admin.records import AttemptAdmin, CircuitAdmin

__all__ = ["AIModelAdmin", "AttemptAdmin", "CircuitAdmin", "DatasetReferenceAdmin", "ProviderAdmin", "ProviderKeyAdmin"]
