"""Clients' webhooks in the administration: looking, stopping, sending a message again."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers.access.client_keys import create_client
from providers.audit import AuditEntry
from providers.clients import Client as LabClient
from providers.models import WebhookEndpoint, WebhookMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def message() -> WebhookMessage:
    create_client("music", ["content"])
    endpoint = WebhookEndpoint.objects.create(
        client=LabClient.objects.get(), url="https://music.example/hook", events=["job.done"], sealed="x"
    )
    return WebhookMessage.objects.create(
        endpoint=endpoint, event="job.done", body="{}", tries=9, next_try_at=None, last_status=500, last_error="500"
    )


def act(client: Client, model: str, action: str, pk: object) -> None:
    address = reverse(f"admin:providers_{model}_changelist")
    assert client.post(address, {"action": action, "_selected_action": [str(pk)]}).status_code == 302


def test_a_message_that_was_given_up_is_sent_again(admin_client: Client, message: WebhookMessage) -> None:
    page = admin_client.get(reverse("admin:providers_webhookmessage_changelist")).content.decode()
    assert "job.done" in page
    act(admin_client, "webhookmessage", "send_again", message.pk)
    message.refresh_from_db()
    assert message.tries == 0
    assert message.next_try_at
    assert message.next_try_at <= timezone.now()
    assert AuditEntry.objects.filter(object_name__contains="sent again").exists()


def test_an_address_is_stopped_and_used_again(admin_client: Client, message: WebhookMessage) -> None:
    for action, on in (("stop", False), ("use", True)):
        act(admin_client, "webhookendpoint", action, message.endpoint_id)
        message.endpoint.refresh_from_db()
        assert message.endpoint.enabled is on


def test_nobody_changes_what_was_sent(admin_client: Client, message: WebhookMessage) -> None:
    page = admin_client.get(reverse("admin:providers_webhookmessage_change", args=[message.pk])).content.decode()
    assert 'name="body"' not in page
    assert admin_client.get(reverse("admin:providers_webhookmessage_add")).status_code == 403
