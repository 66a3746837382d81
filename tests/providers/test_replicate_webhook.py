"""Replicate's reports: whose they are is proved by a signature, and telling a thing twice changes nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from providers.adapters.replicate_webhook import is_current, is_signed
from providers.models import Provider, RemoteRun, WebhookSecret
from providers.webhooks import LARGEST_REPORT_BYTES
from tests.providers.adapters.replicate_places import prediction
from tests.upstream import Behaviour, Upstream, replays

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "whsec_" + base64.b64encode(b"the account's own secret").decode()
OTHER = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
ADDRESS = "/webhooks/replicate/acme/"


def signature(body: bytes, *, secret: str = SECRET, stamp: str, identifier: str = "msg_1") -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identifier}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def signed(body: bytes, *, secret: str = SECRET, age: float = 0, before: str = "", **changes: str) -> dict[str, str]:
    stamp = str(int(time.time() - age))
    given = signature(body, secret=secret, stamp=stamp)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": stamp,
        "webhook-signature": f"{before} {given}".strip(),
        **changes,
    }


def tell(status: str = "succeeded", *, headers: dict[str, str] | None = None, body: bytes | None = None) -> int:
    raw = json.dumps(prediction(status, "Hello")).encode() if body is None else body
    client = Client(enforce_csrf_checks=True)
    answer = client.post(
        ADDRESS, raw, content_type="application/json", headers=signed(raw) if headers is None else headers
    )
    assert not client.cookies
    return answer.status_code


def secret_at(upstream: Upstream, *behaviours: Behaviour) -> None:
    acts = behaviours or (replays(200, {}, {"key": SECRET}),)
    upstream.add("acme", routes={"GET webhooks/default/secret": acts})


@pytest.fixture
def acme(connect: Any, upstream: Upstream) -> Provider:
    provider: Provider = connect("acme", protocol="replicate", models=("meta/llama",))
    secret_at(upstream)
    return provider


@pytest.fixture
def run(acme: Provider) -> RemoteRun:
    later = timezone.now() + timedelta(seconds=60)
    return RemoteRun.objects.create(
        provider=acme, run_id="p1", request_id=uuid.uuid4(), fingerprint="f", status="starting", lease_until=later
    )


def state(run: RemoteRun) -> tuple[str, bool]:
    run.refresh_from_db()
    return run.status, run.ended


def test_a_signed_report_is_believed(run: RemoteRun) -> None:
    assert tell("succeeded") == 204
    assert state(run) == ("succeeded", True)


def test_the_secret_is_asked_for_once_and_kept_sealed(run: RemoteRun, upstream: Upstream, capsys: Any) -> None:
    tell("processing")
    tell("succeeded")
    assert [one.path.rpartition("/v1/")[2] for one in upstream.requests("acme")] == ["webhooks/default/secret"]
    call_command("dumpdata", "providers")
    assert SECRET.removeprefix("whsec_") not in capsys.readouterr().out
    assert WebhookSecret.objects.get().sealed


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,AAAA v1,BBBB"},
        {"webhook-signature": "v1,zażółć"},
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "9" * 400},
    ],
)
def test_a_report_that_is_not_signed_is_refused(run: RemoteRun, headers: dict[str, str]) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    assert tell(body=body, headers={**signed(body), **headers} if headers else {}) == 401
    assert state(run) == ("starting", False)


def test_a_signature_of_another_version_does_not_count(run: RemoteRun) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    headers = signed(body)
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    assert tell(body=body, headers=headers) == 401


def test_a_body_that_was_changed_on_the_way_is_refused(run: RemoteRun) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    # The same JSON, but not the same bytes.
    assert tell(body=body + b" ", headers=signed(body)) == 401


def test_somebody_elses_secret_opens_nothing(run: RemoteRun) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    assert tell(body=body, headers=signed(body, secret=OTHER)) == 401
    assert state(run) == ("starting", False)


@pytest.mark.parametrize(("age", "answer"), [(290, 204), (-290, 204), (310, 401), (-310, 401), (86400, 401)])
def test_an_old_report_and_one_from_the_future_are_refused(run: RemoteRun, age: int, answer: int) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    assert tell(body=body, headers=signed(body, age=age)) == answer


def test_one_of_several_signatures_is_enough(run: RemoteRun) -> None:
    body = json.dumps(prediction("succeeded")).encode()
    older = signature(body, secret=OTHER, stamp=str(int(time.time())))
    assert tell(body=body, headers=signed(body, before=f"{older} v1a,xyz")) == 204


def test_a_report_that_is_replayed_changes_nothing(run: RemoteRun) -> None:
    body = json.dumps(prediction("processing")).encode()
    headers = signed(body)
    assert tell(body=body, headers=headers) == 204
    assert tell("succeeded") == 204
    assert tell(body=body, headers=headers) == 204
    assert state(run) == ("succeeded", True)


def test_reports_out_of_order_leave_the_latest_state(run: RemoteRun) -> None:
    assert [tell("succeeded"), tell("starting"), tell("failed")] == [204, 204, 204]
    assert state(run) == ("succeeded", True)


def test_a_report_about_no_run_of_ours_is_taken_quietly(acme: Provider) -> None:
    assert tell("succeeded") == 204
    assert not RemoteRun.objects.exists()


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"id": "../x", "status": "succeeded"}', b"[" * 100_000])
def test_what_is_signed_but_no_prediction_is_told_so(run: RemoteRun, body: bytes) -> None:
    assert tell(body=body) == 400


def test_a_report_of_any_size_is_bounded(run: RemoteRun, upstream: Upstream) -> None:
    assert tell(body=b"x" * (LARGEST_REPORT_BYTES + 1)) == 413
    assert upstream.requests("acme") == []


def test_a_changed_secret_is_asked_for_again_but_not_for_every_wrong_report(run: RemoteRun, upstream: Upstream) -> None:
    secret_at(upstream, replays(200, {}, {"key": OTHER}), replays(200, {}, {"key": SECRET}))
    assert tell("processing") == 401
    assert [tell("processing"), tell("processing")] == [401, 401]
    assert len(upstream.requests("acme")) == 1
    WebhookSecret.objects.update(asked_at=timezone.now() - timedelta(minutes=2))
    assert tell("processing") == 204
    assert len(upstream.requests("acme")) == 2


def test_each_account_of_a_provider_has_a_secret_of_its_own(connect: Any, upstream: Upstream) -> None:
    connect("acme", protocol="replicate", models=(), keys=2)
    secret_at(upstream, replays(200, {}, {"key": OTHER}), replays(200, {}, {"key": SECRET}))
    assert tell("succeeded") == 204
    assert WebhookSecret.objects.exclude(sealed="").count() == 2


def test_a_vendor_that_does_not_tell_its_secret_proves_nothing(run: RemoteRun, upstream: Upstream) -> None:
    secret_at(upstream, replays(401, {}, {"detail": "no"}))
    assert tell("succeeded") == 401


@pytest.mark.parametrize("changes", [{"protocol": "openai"}, {"enabled": False}, {"slug": "other"}])
def test_only_a_provider_in_use_that_speaks_replicate_is_reported_to(run: RemoteRun, changes: dict[str, Any]) -> None:
    Provider.objects.update(**changes)
    assert tell("succeeded") == 404


def test_nothing_but_a_post_is_taken(acme: Provider) -> None:
    assert Client().get(ADDRESS).status_code == 405


def test_a_secret_that_is_none_signs_nothing() -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "v1,"}
    empty = signature(b"x", secret="whsec_", stamp="1")
    assert not is_signed({**headers, "webhook-signature": empty}, b"x", ["whsec_", "", "whsec_???"])
    assert not is_signed(headers, b"x", [])
    assert is_current({"webhook-timestamp": "100"}, 399.0)
    assert not is_current({"webhook-timestamp": "-100"}, 100.0)
