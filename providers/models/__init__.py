"""Providers at rest: what an administrator configures, what is remembered of vendors, and what really happened."""

from providers.models.monitoring import Alert, Chore, ErrorGroup, ErrorHour, Rollup
from providers.models.providers import (
    OPENAI_PROTOCOL,
    AIModel,
    Attempt,
    Circuit,
    GoneReason,
    Provider,
    ProviderKey,
    Quota,
    Tier,
    protocols,
    validate_base_url,
)
from providers.models.vendors import DatasetReference, ModelRefresh, RemoteRun, RemovedProvider, WebhookSecret

__all__ = [
    "OPENAI_PROTOCOL",
    "AIModel",
    "Alert",
    "Attempt",
    "Chore",
    "Circuit",
    "DatasetReference",
    "ErrorGroup",
    "ErrorHour",
    "GoneReason",
    "ModelRefresh",
    "Provider",
    "ProviderKey",
    "Quota",
    "RemoteRun",
    "RemovedProvider",
    "Rollup",
    "Tier",
    "WebhookSecret",
    "protocols",
    "validate_base_url",
]
