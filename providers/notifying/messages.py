"""Messages on their way: stored with what happened, signed, sent, and tried again until the client takes them."""

from __future__ import annotations

import json
import random
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task
from standardwebhooks import Webhook

from providers import keys
from providers.adapters import wire
from providers.errors import AuthenticationError, ProviderError
from providers.models import WebhookEndpoint, WebhookMessage
from providers.orchestrator.background import run
from providers.types import Endpoint

TASK = "providers.tasks.deliver_webhook"
# After each failed try; then the message is given up. What the Standard Webhooks scheme recommends.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))
TIMEOUT_SECONDS = 15.0
# A sender that died leaves the message to others after this.
_LEASE = timedelta(seconds=60)
# An endpoint that took nothing for so long is switched off.
GIVE_UP_ENDPOINT_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
_GONE = 410
_GOOD = range(200, 300)


def announce(client_id: int, event: str, data: dict[str, Any]) -> int:
    """Store the event for each of the client's endpoints that wants it, and wake a worker after commit; how many.

    Belongs into the transaction in which it happened: then it is told exactly if it happened.
    """
    now = timezone.now()
    body = json.dumps({"type": event, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)
    wanted = [one for one in WebhookEndpoint.objects.filter(client_id=client_id, enabled=True) if event in one.events]
    messages = WebhookMessage.objects.bulk_create(
        [WebhookMessage(endpoint=one, event=event, body=body, created_at=now, next_try_at=now) for one in wanted]
    )
    for message in messages:
        transaction.on_commit(partial(async_task, TASK, str(message.pk)), robust=True)
    return len(messages)


def deliver(message_id: uuid.UUID) -> bool:
    """Send a message if its time has come and nobody else is at it; whether it was taken."""
    now = timezone.now()
    due = WebhookMessage.objects.filter(pk=message_id, next_try_at__lte=now)
    if not due.update(next_try_at=now + _LEASE, tries=F("tries") + 1):
        return False
    message = WebhookMessage.objects.select_related("endpoint").get(pk=message_id)
    if not message.endpoint.enabled:
        WebhookMessage.objects.filter(pk=message_id).update(next_try_at=None, last_error="the webhook is switched off")
        return False
    status, error = _send(message)
    if status in _GOOD:
        _taken(message, status)
        return True
    _refused(message, status, error)
    return False


def deliver_due() -> int:
    """Send every message whose next try has come; how many were taken. Any number of hosts may do this at once."""
    due = WebhookMessage.objects.filter(next_try_at__lte=timezone.now()).order_by("next_try_at")
    return sum(deliver(pk) for pk in list(due.values_list("pk", flat=True)[:100]))


def forget_old() -> int:
    """Delete messages that have been over for long; returns how many."""
    return WebhookMessage.objects.filter(next_try_at=None, created_at__lt=timezone.now() - KEPT).delete()[0]


def _send(message: WebhookMessage) -> tuple[int | None, str]:
    """The HTTP status, or what went wrong before there was one."""
    try:
        headers = _signed(message)
        endpoint = Endpoint(
            provider="webhook",
            protocol="webhook",
            base_url=message.endpoint.url,
            model_id="",
            timeout_seconds=TIMEOUT_SECONDS,
            allow_private_address=settings.WEBHOOKS_TO_PRIVATE_ADDRESSES,
        )
        call = wire.call(endpoint, "POST", message.endpoint.url, message.body.encode(), headers=headers, key_header="")
        return run(call, seconds=TIMEOUT_SECONDS + 5).status, ""
    except AuthenticationError:
        return None, "the signing secret cannot be opened"
    except ProviderError as error:
        return None, error.detail[:300]
    except TimeoutError:
        return None, f"no answer within {TIMEOUT_SECONDS:g} s"


def _signed(message: WebhookMessage) -> dict[str, str]:
    """The three headers of the scheme; after a rotation with a signature under each secret."""
    endpoint, at = message.endpoint, timezone.now()
    secrets = [keys.unseal(endpoint.sealed)]
    if endpoint.old_sealed and endpoint.old_until and endpoint.old_until > at:
        # Should it be closed by now, the new one is enough.
        with suppress(AuthenticationError):
            secrets.append(keys.unseal(endpoint.old_sealed))
    name = f"msg_{message.pk.hex}"
    signatures = [Webhook(one).sign(msg_id=name, timestamp=at, data=message.body) for one in secrets]
    return {
        "content-type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _taken(message: WebhookMessage, status: int | None) -> None:
    WebhookMessage.objects.filter(pk=message.pk).update(
        next_try_at=None, delivered_at=timezone.now(), last_status=status, last_error=""
    )
    WebhookEndpoint.objects.filter(pk=message.endpoint_id).update(failing_since=None)


def _refused(message: WebhookMessage, status: int | None, error: str) -> None:
    now = timezone.now()
    over = message.tries > len(PAUSES) or status == _GONE
    WebhookMessage.objects.filter(pk=message.pk).update(
        next_try_at=None if over else _next_try(message.tries, now), last_status=status, last_error=error
    )
    endpoints = WebhookEndpoint.objects.filter(pk=message.endpoint_id)
    endpoints.filter(failing_since=None).update(failing_since=now)
    # "Gone" is the client's own word for: never again.
    if status == _GONE:
        endpoints.update(enabled=False)
    endpoints.filter(failing_since__lt=now - GIVE_UP_ENDPOINT_AFTER).update(enabled=False)


def _next_try(tries: int, now: datetime) -> datetime:
    """With some scatter, so that what failed together does not come back together."""
    return now + PAUSES[tries - 1] * random.uniform(0.9, 1.2)  # noqa: S311 - no secret
