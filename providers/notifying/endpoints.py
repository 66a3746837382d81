"""Endpoints: registering one with a secret that is shown once, and giving it a new one without a gap."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from providers import keys
from providers.access import Deed, record
from providers.clients import Client
from providers.models import WebhookEndpoint

EVENTS = ("job.done", "job.failed", "job.cancelled")
# For clients with the scope `monitoring`, and only where an endpoint asks for them.
ALERTS = ("alert.raised", "alert.ended")
MOST_A_CLIENT = 10
# As long as the old secret signs beside the new one.
OVERLAP = timedelta(days=1)
_SECRET_BYTES = 32


class AddressError(ValueError):
    """The address cannot be told anything; the words say what to change."""


class TooManyError(Exception):
    """The client has as many endpoints as it may have."""


@dataclass(frozen=True, slots=True)
class Registered:
    """An endpoint, and the only sight of its secret."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def register(client_id: int, url: str, events: Sequence[str] = EVENTS) -> Registered:
    """Make an endpoint. Raises AddressError for an address that is no https, TooManyError."""
    _check(url)
    client = Client.objects.get(pk=client_id)
    if WebhookEndpoint.objects.filter(client=client).count() >= MOST_A_CLIENT:
        raise TooManyError(f"A client has at most {MOST_A_CLIENT} webhooks; delete one first.")
    secret = _new_secret()
    wanted = sorted(set(events))
    endpoint = WebhookEndpoint.objects.create(client=client, url=url, events=wanted, sealed=keys.seal(secret))
    record(Deed.CREATED, endpoint, after={"url": url, "events": wanted})
    return Registered(endpoint, secret)


def rotate_secret(endpoint: WebhookEndpoint) -> Registered:
    """A new secret; for a day messages carry signatures under both."""
    secret = _new_secret()
    endpoint.old_sealed, endpoint.old_until = endpoint.sealed, timezone.now() + OVERLAP
    endpoint.sealed = keys.seal(secret)
    endpoint.save(update_fields=["sealed", "old_sealed", "old_until"])
    record(Deed.KEY_ROTATED, endpoint)
    return Registered(endpoint, secret)


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def _check(url: str) -> None:
    """What can be said without a look at the network; the socket itself refuses private addresses."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.username or parts.password:
        raise AddressError("Write an address such as https://example.com/hooks, without a name or password in it.")
    if parts.scheme != "https" and not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise AddressError("Webhooks go to https addresses only.")
