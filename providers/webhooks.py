"""What vendors report by themselves: Replicate tells when a prediction has started or ended."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from providers import keys
from providers.access import Door, requires
from providers.adapters import replicate_account
from providers.adapters.replicate_prediction import Prediction, parsed
from providers.adapters.replicate_webhook import is_current, is_signed
from providers.errors import BrokenAnswerError, ProviderError
from providers.models import Provider, ProviderKey, WebhookSecret
from providers.remote_runs import endpoint_with, reported

_log = logging.getLogger(__name__)

LARGEST_REPORT_BYTES = 2 * 1024 * 1024
# Anybody can send a report with a wrong signature; that must not become a flood of questions to the vendor.
_BETWEEN_QUESTIONS = timedelta(minutes=1)
_SIGNING = ("webhook-id", "webhook-timestamp", "webhook-signature")


@csrf_exempt
@requires(Door.SIGNED)
@require_POST
def replicate_webhook(request: HttpRequest, slug: str) -> HttpResponse:
    """A prediction's new state: 204 when it is understood, also a second time; 401 for a signature that does not fit.

    Nothing of the report is believed but the id and the status: whoever waits asks the vendor for the rest.
    """
    provider = Provider.objects.filter(slug=slug, protocol="replicate", enabled=True).first()
    if provider is None:
        # Not Django's own page: that one looks at the session.
        return HttpResponse(status=HTTPStatus.NOT_FOUND)
    body = _body(request)
    if body is None:
        return HttpResponse(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    headers = {name: request.headers.get(name, "") for name in _SIGNING}
    if not is_current(headers, time.time()) or not _is_genuine(provider, headers, body):
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
    try:
        prediction = parsed(Prediction, json.loads(body))
    except (BrokenAnswerError, ValueError, RecursionError):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    reported(provider, prediction.as_run())
    return HttpResponse(status=HTTPStatus.NO_CONTENT)


def _body(request: HttpRequest) -> bytes | None:
    """The raw bytes, or None when there are too many."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST_REPORT_BYTES:
        return None
    body = request.read(LARGEST_REPORT_BYTES + 1)
    return body if len(body) <= LARGEST_REPORT_BYTES else None


def _is_genuine(provider: Provider, headers: dict[str, str], body: bytes) -> bool:
    stored = WebhookSecret.objects.filter(key__provider=provider, key__enabled=True).exclude(sealed="")
    if is_signed(headers, body, _opened(row.sealed for row in stored)):
        return True
    return any(is_signed(headers, body, [secret]) for secret in _asked_for(provider))


def _opened(sealed: Iterator[str]) -> list[str]:
    found = []
    for one in sealed:
        try:
            found.append(keys.unseal(one))
        except ProviderError:
            # ENCRYPTION_KEY has changed; the secret is asked for again.
            continue
    return found


def _asked_for(provider: Provider) -> Iterator[str]:
    """The secrets of the provider's accounts as the vendor tells them now: new ones, and those that were changed."""
    for key in ProviderKey.objects.filter(provider=provider, enabled=True, invalid_since=None):
        WebhookSecret.objects.get_or_create(key=key)
        now = timezone.now()
        # One UPDATE lets a single request through a minute, whatever the number of processes.
        may_ask = WebhookSecret.objects.filter(Q(asked_at=None) | Q(asked_at__lt=now - _BETWEEN_QUESTIONS), key=key)
        if not may_ask.update(asked_at=now):
            continue
        try:
            secret = asyncio.run(replicate_account.webhook_secret(endpoint_with(provider, key)))
        except ProviderError as error:
            _log.warning("the webhook secret of %s cannot be had: %s", provider.slug, error.kind)
            continue
        WebhookSecret.objects.filter(key=key).update(sealed=keys.seal(secret))
        yield secret
