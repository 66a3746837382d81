"""Alerts: told once when something lasts, again after a cool-down, and once when it is mended; to whoever asked."""

from __future__ import annotations

import json
from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from prometheus import alerts
from providers import notifying
from providers.access.client_keys import create_client
from providers.models import Alert, Provider, Quota, WebhookMessage
from tests.connecting import connect, upstream
from tests.providers.test_capacity_forecast import attempts
from tests.upstream import answers

__all__ = ["connect", "upstream"]

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _people(settings):
    settings.ALERT_EMAILS = ["dyzur@example.com"]
    settings.ALERT_AFTER = timedelta(minutes=2)
    settings.ALERT_COOLDOWN = timedelta(hours=4)
    settings.LANGUAGE_CODE = "pl"


@pytest.fixture
def keyless():
    """A provider that cannot be asked, as it has no key."""
    provider = Provider.objects.create(slug="groq", name="Groq", base_url="https://api.example.com/v1")
    provider.models.create(model_id="small", capabilities=["text-generation"])
    return provider


def looked(*minutes):
    """Look at these minutes from now on; how many messages went out each time."""
    return [alerts.look(NOW + timedelta(minutes=one)) for one in minutes]


def about_groq():
    return [one for one in mail.outbox if "Groq" in one.subject]


def test_a_moments_trouble_is_kept_and_told_to_nobody(keyless):
    assert looked(0, 1) == [0, 0]
    assert set(Alert.objects.values_list("slug", flat=True)) >= {"provider:groq", "providers"}
    assert mail.outbox == []


def test_a_trouble_that_lasts_is_told_once_in_both_languages(keyless):
    looked(0, 3, 4, 60)
    (message,) = about_groq()
    assert message.to == ["dyzur@example.com"]
    assert message.subject.startswith("Prometheus AI · Wymaga człowieka: Groq")
    assert "Groq has no good key." in message.body
    assert "Groq nie ma dobrego klucza." in message.body
    assert "/monitoring/status/" in message.body


def test_it_is_told_again_after_the_cool_down(keyless):
    looked(0, 3, 200, 250)
    assert len(about_groq()) == 2


def test_what_is_mended_is_told_once_to_whoever_heard_of_it(keyless):
    looked(0, 3)
    keyless.delete()
    looked(5, 6)
    assert [one.subject.partition(":")[0] for one in about_groq()] == [
        "Prometheus AI · Wymaga człowieka",
        "Prometheus AI · Naprawione",
    ]
    assert not Alert.objects.filter(ended_at=None, slug__startswith="provider").exists()


def test_what_nobody_heard_of_ends_in_silence(keyless):
    looked(0)
    keyless.delete()
    looked(1, 5)
    assert mail.outbox == []


def test_two_hosts_that_look_at_the_same_moment_tell_it_once(keyless):
    looked(0)
    seen = {one.slug: one for one in alerts.troubles(NOW)}
    first, second = Alert.objects.get(slug="provider:groq"), Alert.objects.get(slug="provider:groq")
    at = NOW + timedelta(minutes=3)
    told = [alerts._remind(one, seen["provider:groq"], at) for one in (first, second)]
    looked(4)
    assert (sorted(told), len(about_groq())) == ([0, 1], 1)


def test_a_mail_server_that_is_away_is_tried_again_and_clients_are_not_told_twice(keyless, monkeypatch, settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    client = create_client("watch", ["monitoring"]).key.client
    notifying.register(client.pk, "http://127.0.0.1:9/hooks", notifying.ALERTS)
    looked(0)

    def refuse(self, *_args, **_options):
        raise SMTPException("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", refuse)
        looked(3, 4)
        keyless.delete()
        looked(5)
    assert mail.outbox == []
    looked(6)
    assert [one.subject.partition(":")[0] for one in about_groq()] == ["Prometheus AI · Naprawione"]
    events = [one.event for one in WebhookMessage.objects.filter(body__contains="provider:groq").order_by("created_at")]
    assert events == ["alert.raised", "alert.ended"]


def test_a_client_with_the_scope_gets_it_as_a_signed_message_and_another_does_not(keyless, settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    for name, scope in (("watch", "monitoring"), ("music", "content")):
        client = create_client(name, [scope]).key.client
        notifying.register(client.pk, "http://127.0.0.1:9/hooks", notifying.ALERTS)
    looked(0, 3)
    found = WebhookMessage.objects.filter(event="alert.raised").select_related("endpoint__client")
    assert {one.endpoint.client.name for one in found} == {"watch"}
    bodies = [json.loads(one.body)["data"] for one in found]
    assert "Groq has no good key." in {one["words"]["en"] for one in bodies}


def test_without_addresses_nothing_is_mailed_and_the_page_still_shows_it(keyless, settings, admin_user):
    settings.ALERT_EMAILS = []
    looked(0, 3)
    assert mail.outbox == []
    client = Client(headers={"accept-language": "pl"})
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")
    assert "Groq nie ma dobrego klucza." in client.get("/monitoring/status/").content.decode()


def test_a_key_that_cannot_be_opened_and_a_queue_that_stands_still_are_told(keyless, settings):
    key = keyless.keys.model(provider=keyless)
    key.hold("sk-a-key-0123456789")
    key.save()
    settings.ENCRYPTION_KEYS = ["R3ZLRnFVd1hYbXhLS1dHcFZ4T1JkZk1jZ0J4b2h1bXY="]
    looked(0, 3)
    assert Alert.objects.get(slug="system:keys").severity == "bad"


def test_a_day_that_will_not_last_is_told_while_there_is_time(connect):
    provider = connect("one", answers("Hello"))
    Quota.objects.create(provider=provider, metric="requests", period="day", limit=50, window="calendar")
    for day in range(1, 15):
        for hour in range(24):
            attempts(provider, 6, (NOW - timedelta(days=day)).replace(hour=hour))
    found = {one.slug: one for one in alerts.troubles(NOW.replace(hour=1, minute=0))}
    (slug,) = [one for one in found if one.startswith("quota:one:requests:day")]
    assert "will probably be used up before its reset" in found[slug].words["en"]
