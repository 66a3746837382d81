"""Providers at rest: what an administrator configures, what is left of each limit, and what really happened."""

from providers.models.capacity import Bucket, Holder, Slot
from providers.models.providers import (
    OPENAI_PROTOCOL,
    AIModel,
    Attempt,
    Circuit,
    Provider,
    ProviderKey,
    Quota,
    Tier,
    protocols,
    validate_base_url,
)
from providers.models.revision import Revision

__all__ = [
    "OPENAI_PROTOCOL",
    "AIModel",
    "Attempt",
    "Bucket",
    "Circuit",
    "Holder",
    "Provider",
    "ProviderKey",
    "Quota",
    "Revision",
    "Slot",
    "Tier",
    "protocols",
    "validate_base_url",
]
