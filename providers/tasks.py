"""What the queue calls: look the row up, delegate, nothing else."""

from __future__ import annotations

import threading
from uuid import UUID

from django.db import connection

from providers import notifying
from providers.models import Provider
from providers.refreshing import refresh


def refresh_models(provider_id: int) -> None:
    """Read a provider's list of models.

    Beside the worker, not in it: a vendor may take half a minute, and a worker that takes no job for so long would be
    called stuck. A reading that dies with its worker is due again.
    """
    threading.Thread(target=_read, args=(provider_id,), name=f"model list {provider_id}", daemon=True).start()


def deliver_webhook(message_id: str) -> None:
    """Send a client one message. Beside the worker, as the client may be slow."""
    threading.Thread(target=_deliver, args=(message_id,), name=f"webhook {message_id}", daemon=True).start()


def _deliver(message_id: str) -> None:
    try:
        notifying.deliver(UUID(message_id))
    finally:
        connection.close()


def _read(provider_id: int) -> None:
    try:
        refresh(Provider.objects.filter(pk=provider_id, enabled=True))
    finally:
        connection.close()
