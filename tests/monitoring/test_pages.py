"""The pages of whoever runs it: the report, errors by cause, the state of the system; and what machines read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from marketing import tasks
from marketing.models import Job
from prometheus import chores
from providers.access.client_keys import create_client
from providers.models import Attempt, ErrorGroup, Provider
from providers.monitoring import faults, rollups

pytestmark = pytest.mark.django_db(transaction=True)
REFUSAL: dict[str, Any] = {"outcome": "failed", "error_class": "RateLimit", "http_status": 429, "detail": "slow down"}


@pytest.fixture
def enter() -> Callable[[str], Client]:
    """A browser signed in with a role."""

    def browser(role: str) -> Client:
        person = User.objects.create_user(role)
        person.groups.add(Group.objects.get(name=role))
        client = Client(headers={"accept-language": "en"})
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def traffic() -> None:
    """Forty answers and ten refusals of one provider, an hour ago, rolled up."""
    Provider.objects.create(slug="groq", name="Groq", base_url="https://example.com/v1")
    common: dict[str, Any] = {"provider_slug": "groq", "model_id": "small", "feature": "social-posts"}
    common["started_at"] = timezone.now() - timedelta(hours=1)
    good = {"outcome": "answered", "latency_ms": 800, "prompt_tokens": 100, "completion_tokens": 50}
    Attempt.objects.bulk_create(Attempt(**common, **fields) for fields in [good] * 40 + [REFUSAL] * 10)
    chores.do_now("sum-up")


def text(client: Client, name: str, *arguments: Any, query: str = "") -> str:
    return client.get(f"{reverse(name, args=arguments)}{query}").content.decode()


def test_the_report_says_what_came_of_the_calls(enter: Any, traffic: None) -> None:
    html = text(enter("analyst"), "reports")
    assert "80.0 %" in html
    assert "20.0 %" in html
    assert "Groq" in html
    assert "6,000" in html


@pytest.mark.parametrize("query", ["?days=1&by=model", "?days=9999", "?days=x&by=nothing", "?days=365&by=client"])
def test_any_span_and_any_view_of_the_report_opens(enter: Any, traffic: None, query: str) -> None:
    assert "80.0 %" in text(enter("analyst"), "reports", query=query)


def test_the_report_leaves_as_csv_and_json_with_the_same_figures(enter: Any, traffic: None) -> None:
    client = enter("analyst")
    table = text(client, "report_file", "csv", query="?by=feature")
    total, line = csv.DictReader(io.StringIO(table.removeprefix("\ufeff")))
    assert (total["attempts"], line["feature"], line["success_rate"]) == ("50", "social-posts", "0.8")
    assert client.get(reverse("report_file", args=["json"])).json()["total"]["answered"] == 40


def test_errors_are_listed_by_cause_and_resolved_and_opened_again(enter: Any, traffic: None) -> None:
    boss = enter("administrator")
    group = ErrorGroup.objects.get()
    html = text(boss, "faults")
    assert "× 10" in html
    assert "What changed" in html
    assert "slow down" in text(boss, "fault", group.pk)
    boss.post(reverse("fault_state", args=[group.pk]), {"state": "resolved"})
    assert "No open error" in text(boss, "faults")
    assert "Resolved by administrator" in text(boss, "fault", group.pk)
    Attempt.objects.create(provider_slug="groq", model_id="small", **REFUSAL)
    faults.group_hour(rollups.hour_of(timezone.now()))
    assert "came back once" in text(boss, "faults")


def test_the_sample_is_for_administrators(enter: Any, traffic: None) -> None:
    assert "newest case" not in text(enter("marketer"), "fault", ErrorGroup.objects.get().pk)


def test_what_breaks_a_page_is_kept_by_cause(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = enter("analyst")
    client.raise_request_exception = False

    def broken(**_any: Any) -> None:
        raise RuntimeError("planted secret value")

    monkeypatch.setattr("providers.admin.report_pages.report", broken)
    assert client.get(reverse("reports")).status_code == 500
    assert client.get(reverse("reports")).status_code == 500
    group = ErrorGroup.objects.get()
    assert (group.source, group.count, group.feature, group.error_class) == ("own", 2, "reports", "RuntimeError")
    assert "planted secret" not in group.sample + group.title


def test_what_breaks_a_job_or_a_chore_is_kept_too(enter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = User.objects.create_user("ewa")
    job = Job.objects.create(owner=owner, content_type="social-posts", title="x", brief={"title": "x"})
    with pytest.raises(ValueError, match="platforms"):
        tasks.run_job(str(job.pk))
    assert ErrorGroup.objects.get().feature == "job social-posts"
    kind = chores.Kind(timedelta(days=1), lambda _state: 1 // 0)  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(chores, "KINDS", {"broken": kind})
    with pytest.raises(ZeroDivisionError):
        chores._work("broken")
    assert ErrorGroup.objects.filter(error_class="ZeroDivisionError", feature="chore broken").exists()


def test_switched_off_nothing_is_kept(
    enter: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, traffic: None
) -> None:
    ErrorGroup.objects.all().delete()
    settings.ENABLE_ERROR_TRACKING = False
    client = enter("analyst")
    client.raise_request_exception = False
    monkeypatch.setattr("providers.admin.report_pages.report", lambda **_any: 1 // 0)
    assert client.get(reverse("reports")).status_code == 500
    chores.do_now("sum-up")
    assert not ErrorGroup.objects.exists()
    assert "switched off" in text(client, "faults")


def test_the_status_page_names_every_part_and_provider(enter: Any, traffic: None) -> None:
    html = text(enter("marketer"), "status")
    for part in ("Database", "Queue", "Workers", "Disk", "Encryption key", "Groq"):
        assert part in html


def test_ready_only_while_stored_keys_can_be_read(enter: Any, traffic: None, settings: Any) -> None:
    from cryptography.fernet import Fernet

    from providers.models import ProviderKey

    assert Client().get("/readyz").json() == {"ready": True, "failing": []}
    key = ProviderKey(provider=Provider.objects.get())
    key.hold("sk-planted-0123456789abcdef")
    key.save()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["keys"])


def test_metrics_are_what_prometheus_reads(traffic: None) -> None:
    secret = create_client("scraper", ["monitoring"]).secret
    answer = Client().get("/metrics", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    families = {family.name: family for family in text_string_to_metric_families(answer.content.decode())}
    (sample,) = families["prometheus_ai_answered"].samples
    assert (sample.labels, sample.value) == ({"provider": "groq", "model": "small"}, 40.0)
    assert {one.labels["part"] for one in families["prometheus_ai_check"].samples} >= {"database", "queue", "disk"}
    assert "process_resident_memory_bytes" in families


def test_metrics_are_for_keys_with_the_scope_and_for_allowed_addresses(settings: Any) -> None:
    other = create_client("writer", ["content"]).secret
    assert Client().get("/metrics").status_code == 401
    assert Client().get("/metrics", headers={"authorization": f"Bearer {other}"}).status_code == 403
    settings.METRICS_ADDRESSES = ["127.0.0.0/8"]
    assert Client().get("/metrics").status_code == 200
    settings.METRICS_ADDRESSES = ["10.0.0.0/8", "nonsense"]
    assert Client().get("/metrics").status_code == 401
