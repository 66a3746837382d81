"""The administrator's pages: providers with their models, keys and limits, and what really happened."""

from providers.admin.audit import AuditEntryAdmin
from providers.admin.clients import ClientAdmin
from providers.admin.configured import AIModelAdmin, ProviderAdmin, ProviderKeyAdmin
from providers.admin.hub_datasets import DatasetReferenceAdmin
from providers.admin.people import PersonAdmin
from providers.admin.records import AttemptAdmin, CircuitAdmin
from providers.admin.webhooks import WebhookEndpointAdmin, WebhookMessageAdmin

__all__ = [
    "AIModelAdmin",
    "AttemptAdmin",
    "AuditEntryAdmin",
    "CircuitAdmin",
    "ClientAdmin",
    "DatasetReferenceAdmin",
    "PersonAdmin",
    "ProviderAdmin",
    "ProviderKeyAdmin",
    "WebhookEndpointAdmin",
    "WebhookMessageAdmin",
]
