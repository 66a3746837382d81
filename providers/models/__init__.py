"""Providers at rest: what an administrator configures, what is left of each limit, and what really happened."""

from providers.models.capacity import Bucket, Holder, Slot
from providers.models.monitoring import Alert, Chore, ErrorGroup, ErrorHour, Rollup
from providers.models.once import StoredAnswer
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
from providers.models.report_mails import ReportMail
from providers.models.revision import Revision
from providers.models.routed import ConfigurationSnapshot, Rating, RoutingDecision, RoutingPolicy
from providers.models.vendors import DatasetReference, ModelRefresh, RemoteRun, RemovedProvider, WebhookSecret
from providers.models.webhooks import WebhookEndpoint, WebhookMessage

__all__ = [
    "OPENAI_PROTOCOL",
    "AIModel",
    "Alert",
    "Attempt",
    "Bucket",
    "Chore",
    "Circuit",
    "ConfigurationSnapshot",
    "DatasetReference",
    "ErrorGroup",
    "ErrorHour",
    "GoneReason",
    "Holder",
    "ModelRefresh",
    "Provider",
    "ProviderKey",
    "Quota",
    "Rating",
    "RemoteRun",
    "RemovedProvider",
    "ReportMail",
    "Revision",
    "Rollup",
    "RoutingDecision",
    "RoutingPolicy",
    "Slot",
    "StoredAnswer",
    "Tier",
    "WebhookEndpoint",
    "WebhookMessage",
    "WebhookSecret",
    "protocols",
    "validate_base_url",
]
