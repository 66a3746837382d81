"""Webhooks: signed, told exactly when something happened, tried again, and never sent into our own network."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client as Browser
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from marketing import jobs
from marketing.models import Job
from marketing.services import Asker, make_job
from providers import access, notifying
from providers.access.client_keys import create_client
from providers.models import WebhookEndpoint, WebhookMessage
from providers.notifying import messages

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Listener:
    """A Lab module that listens: what came, and how it answers (the last status stays)."""

    url: str
    statuses: list[int]
    came: list[tuple[dict[str, str], str]] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard = Listener("", [204])

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            heard.came.append((dict(self.headers.items()), body))
            status = heard.statuses.pop(0) if len(heard.statuses) > 1 else heard.statuses[0]
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield heard
    server.shutdown()
    server.server_close()


@pytest.fixture
def client_id() -> int:
    return create_client("music", ["content"]).key.client_id


@pytest.fixture
def hook(settings: Any, listener: Listener, client_id: int) -> notifying.Registered:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    return notifying.register(client_id, listener.url)


def job_of(client_id: int) -> jobs.Claim:
    job = make_job(Asker(client_id=client_id), content_type="social-posts", title="Post", brief={})
    claim = jobs.claim(job.pk)
    assert claim
    return claim


def test_a_finished_job_is_told_once_and_signed(hook: notifying.Registered, listener: Listener, client_id: int) -> None:
    claim = job_of(client_id)
    jobs.finish(claim, Job.State.DONE)
    jobs.finish(claim, Job.State.DONE)
    assert notifying.deliver_due() == 1
    assert notifying.deliver_due() == 0
    ((headers, body),) = listener.came
    told = Webhook(hook.secret).verify(body, headers)
    assert told["type"] == "job.done"
    assert told["data"]["id"] == str(claim.job_id)
    with pytest.raises(WebhookVerificationError):
        Webhook(hook.secret).verify(body.replace("done", "lost"), headers)


def test_what_is_rolled_back_is_not_told(hook: notifying.Registered, client_id: int) -> None:
    with transaction.atomic():
        jobs.finish(job_of(client_id), Job.State.DONE)
        transaction.set_rollback(True)
    assert not WebhookMessage.objects.exists()


def test_a_cancelled_job_and_one_that_kills_workers_are_told_too(hook: notifying.Registered, client_id: int) -> None:
    waiting = make_job(Asker(client_id=client_id), content_type="social-posts", title="Post", brief={})
    jobs.request_cancel(waiting.pk)
    lethal = job_of(client_id)
    Job.objects.filter(pk=lethal.job_id).update(claims=jobs.MOST_CLAIMS, lease_until=timezone.now() - timedelta(1))
    jobs.reconcile()
    assert sorted(WebhookMessage.objects.values_list("event", flat=True)) == ["job.cancelled", "job.failed"]


def test_a_persons_job_is_told_to_nobody(hook: notifying.Registered) -> None:
    owner = User.objects.create_user("ewa")
    job = make_job(Asker(person_id=owner.pk), content_type="social-posts", title="Post", brief={})
    jobs.request_cancel(job.pk)
    assert not WebhookMessage.objects.exists()


def test_a_refused_message_is_tried_again_later(hook: notifying.Registered, listener: Listener, client_id: int) -> None:
    listener.statuses = [500, 204]
    notifying.announce(client_id, "job.done", {"id": "x"})
    assert notifying.deliver_due() == 0
    message = WebhookMessage.objects.get()
    assert (message.tries, message.last_status) == (1, 500)
    assert message.next_try_at is not None
    assert message.next_try_at > timezone.now() + timedelta(seconds=3)
    WebhookMessage.objects.update(next_try_at=timezone.now())
    assert notifying.deliver_due() == 1
    # Both tries carry the same id, by which the client knows the message again.
    assert len({headers["webhook-id"] for headers, _ in listener.came}) == 1
    assert WebhookEndpoint.objects.get().failing_since is None


def test_after_the_last_pause_a_message_is_given_up(
    hook: notifying.Registered, listener: Listener, client_id: int
) -> None:
    listener.statuses = [500]
    notifying.announce(client_id, "job.done", {"id": "x"})
    for _ in range(len(messages.PAUSES) + 1):
        WebhookMessage.objects.update(next_try_at=timezone.now())
        notifying.deliver_due()
    assert WebhookMessage.objects.get().next_try_at is None
    assert len(listener.came) == len(messages.PAUSES) + 1


def test_an_endpoint_that_says_gone_is_switched_off(
    hook: notifying.Registered, listener: Listener, client_id: int
) -> None:
    listener.statuses = [410]
    notifying.announce(client_id, "job.done", {"id": "x"})
    notifying.deliver_due()
    assert not WebhookEndpoint.objects.get().enabled
    assert notifying.announce(client_id, "job.done", {"id": "y"}) == 0


def test_a_sender_that_died_leaves_the_message_to_others(hook: notifying.Registered, client_id: int) -> None:
    notifying.announce(client_id, "job.done", {"id": "x"})
    WebhookMessage.objects.update(next_try_at=timezone.now() + timedelta(seconds=60), tries=1)
    assert notifying.deliver_due() == 0
    WebhookMessage.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    assert notifying.deliver_due() == 1


def test_after_a_new_secret_both_verify_for_a_day(
    hook: notifying.Registered, listener: Listener, client_id: int
) -> None:
    renewed = notifying.rotate_secret(hook.endpoint)
    notifying.announce(client_id, "job.done", {"id": "x"})
    notifying.deliver_due()
    ((headers, body),) = listener.came
    assert Webhook(hook.secret).verify(body, headers) == Webhook(renewed.secret).verify(body, headers)
    WebhookEndpoint.objects.update(old_until=timezone.now())
    notifying.announce(client_id, "job.done", {"id": "y"})
    notifying.deliver_due()
    with pytest.raises(WebhookVerificationError):
        Webhook(hook.secret).verify(listener.came[1][1], listener.came[1][0])


def test_an_address_of_our_own_network_is_refused_at_the_socket(
    settings: Any, hook: notifying.Registered, listener: Listener, client_id: int
) -> None:
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False
    notifying.announce(client_id, "job.done", {"id": "x"})
    assert notifying.deliver_due() == 0
    assert listener.came == []
    assert "not a public address" in WebhookMessage.objects.get().last_error


@pytest.mark.parametrize(
    "url", ["http://example.com/x", "ftp://example.com", "https://", "https://a:b@example.com/", "x"]
)
def test_an_address_that_makes_no_sense_is_refused(client_id: int, url: str) -> None:
    with pytest.raises(notifying.AddressError):
        notifying.register(client_id, url)


def test_a_client_manages_its_own_webhooks_and_nobody_elses() -> None:
    mine, other = (create_client(name, ["content"]).secret for name in ("mine", "other"))

    def ask(secret: str, method: str, path: str, body: Any = None) -> Any:
        data = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        headers = {"authorization": f"Bearer {secret}"}
        return getattr(Browser(), method)(f"/api/v1/webhooks{path}", headers=headers, **data)

    made = ask(mine, "post", "", {"url": "https://example.com/hooks", "events": ["job.done"]})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("whsec_")
    (listed,) = ask(mine, "get", "").json()
    assert "secret" not in listed
    path = f"/{listed['id']}"
    assert ask(other, "get", "").json() == []
    assert ask(other, "delete", path).status_code == 404
    assert ask(mine, "get", f"{path}/deliveries").json() == []
    assert ask(mine, "post", f"{path}/rotate-secret").json()["secret"] != made.json()["secret"]
    assert ask(mine, "post", "", {"url": "http://example.com/"}).status_code == 422
    assert ask(mine, "delete", path).status_code == 204
    access.close()
