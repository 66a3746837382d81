"""Content over the Lab API: results, jobs, events, and one job for one Idempotency-Key."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from marketing.models import ApiRequest, Job
from marketing.tasks import run_job
from providers.access.client_keys import create_client
from providers.models import Attempt, RoutingDecision
from providers.replaying import decision_of
from providers.types import Value
from tests.connecting import connect, upstream
from tests.upstream import posts, rate_limited

__all__ = ["connect", "upstream"]
BRIEF = {
    "title": "Nocny Pociąg",
    "creator": "Lena Żuraw",
    "facts": ["Siedem piosenek nagranych na taśmie"],
    "language": "pl",
    "platforms": ["mastodon"],
    "variants": 1,
}
PATH = "/api/v1/ai/content/social-posts"


@pytest.fixture
def lab(address: str) -> Iterator[httpx.Client]:
    """A Lab module with a key, in front of the running product."""
    secret = create_client("publishing", ["content"]).secret
    headers = {"authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        yield client


Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask(lab: httpx.Client) -> Ask:
    def post(brief: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return lab.post(PATH, json=BRIEF if brief is None else brief, headers=named)

    return post


def test_a_brief_is_answered_with_texts_and_their_provenance(ask: Ask, worker: None, connect: Any) -> None:
    connect("groq", rate_limited(60))
    connect("mistral", posts(1))
    answer = ask()
    assert answer.status_code == 200, answer.text
    (text,) = answer.json()["result"]["texts"]
    assert (text["platform"], text["offline"]) == ("mastodon", False)
    assert text["provenance"]["provider"] == "mistral"
    assert [one["outcome"] for one in text["provenance"]["attempts"]] == ["failed", "answered"]
    assert Attempt.objects.values_list("client_id", flat=True).distinct().get() == Job.objects.get().client_id


def test_who_wants_no_waiting_gets_the_job_at_once(ask: Ask, lab: httpx.Client, connect: Any) -> None:
    connect("groq", posts(1))
    answer = ask(Prefer="respond-async")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert answer.headers["preference-applied"] == "respond-async"
    run_job(answer.json()["id"])
    job = lab.get(answer.headers["location"]).json()
    assert (job["state"], len(job["result"]["texts"])) == ("done", 1)


def test_who_waits_only_so_long_gets_the_job_then(ask: Ask) -> None:
    answer = ask(Prefer="wait=1")
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=1")


def test_nobody_to_ask_is_a_503_that_says_when_to_come_back(ask: Ask, worker: None, connect: Any) -> None:
    connect("groq", rate_limited(400))
    answer = ask(Prefer="wait=20")
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert 350 <= int(answer.headers["retry-after"]) <= 410


def test_an_offline_draft_is_given_to_those_who_take_it(ask: Ask, worker: None) -> None:
    answer = ask({**BRIEF, "offline": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["texts"][0]["offline"] is True


def test_a_request_sent_twice_is_done_once(ask: Ask, worker: None, connect: Any) -> None:
    connect("groq", posts(1))
    first, second = ask(Idempotency_Key="one"), ask(Idempotency_Key="one")
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["result"] == second.json()["result"]
    assert Attempt.objects.count() == 1


def test_two_at_the_same_moment_become_one_job(ask: Ask) -> None:
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(ask(Idempotency_Key="one", Prefer="respond-async")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == Job.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(ask: Ask) -> None:
    ask(Idempotency_Key="one", Prefer="respond-async")
    answer = ask({**BRIEF, "title": "Inny"}, Idempotency_Key="one")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:prometheus-ai:problem:idempotency-key-reused")


def test_a_key_is_forgotten_after_a_day(ask: Ask) -> None:
    ask(Idempotency_Key="one", Prefer="respond-async")
    ApiRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert ask({**BRIEF, "title": "Inny"}, Idempotency_Key="one", Prefer="respond-async").status_code == 202


def test_a_wish_that_nobody_could_fulfil_is_done_when_it_comes_again(ask: Ask, worker: None, connect: Any) -> None:
    connect("groq", rate_limited(400), posts(1))
    assert ask(Idempotency_Key="one", Prefer="wait=20").status_code == 503
    from providers.models import ProviderKey

    ProviderKey.objects.update(blocked_until=None)
    connect("mistral", posts(1))
    again = ask(Idempotency_Key="one", Prefer="wait=20")
    assert again.status_code == 200, again.text
    assert Job.objects.count() == 1


def test_a_jobs_events_are_told_as_they_happen(ask: Ask, lab: httpx.Client, worker: None, connect: Any) -> None:
    connect("groq", posts(1))
    with lab.stream("POST", PATH, json=BRIEF, headers={"accept": "text/event-stream"}) as answer:
        said = "".join(answer.iter_text())
    jobs = [json.loads(line.removeprefix("data: ")) for line in said.splitlines() if line.startswith("data: {")]
    assert jobs[-1]["state"] == "done"
    assert jobs[-1]["result"]["texts"]
    assert said.rstrip().endswith("event: done\ndata:")
    job = jobs[-1]["id"]
    assert '"state":"done"' in lab.get(f"/api/v1/jobs/{job}/events").text


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"platforms": ["myspace"]}, "platforms"),
        ({"title": ""}, "title"),
        ({"colour": "red"}, "colour"),
        ({"personal_data": "sell"}, "personal_data"),
    ],
)
def test_a_brief_that_is_wrong_says_where(ask: Ask, changes: dict[str, Any], where: str) -> None:
    answer = ask({**BRIEF, **changes})
    assert answer.status_code == 422
    assert where in answer.text
    assert not Job.objects.exists()


def test_jobs_are_listed_page_by_page_and_are_nobody_elses(ask: Ask, lab: httpx.Client) -> None:
    made = [ask(Prefer="respond-async").json()["id"] for _ in range(3)]
    first = lab.get("/api/v1/jobs", params={"limit": 2}).json()
    second = lab.get("/api/v1/jobs", params={"limit": 2, "cursor": first["next"]}).json()
    assert [job["id"] for job in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    stranger = {"authorization": f"Bearer {create_client('music', ['content']).secret}"}
    assert lab.get("/api/v1/jobs", headers=stranger).json()["items"] == []
    assert lab.get(f"/api/v1/jobs/{made[0]}", headers=stranger).status_code == 404


def test_a_waiting_job_can_be_stopped_and_tried_again(ask: Ask, lab: httpx.Client) -> None:
    job = ask(Prefer="respond-async").json()["links"]["self"]
    assert lab.post(f"{job}/cancel").json()["state"] == "cancelled"
    assert lab.post(f"{job}/cancel").status_code == 409
    assert lab.post(f"{job}/retry").json()["state"] == "waiting"


def test_a_key_for_something_else_makes_no_content(ask: Ask) -> None:
    other = create_client("reports", ["monitoring"]).secret
    answer = ask(Authorization=f"Bearer {other}")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:prometheus-ai:problem:missing-scope")
    assert ask(Authorization="Bearer nonsense").status_code == 401


def test_a_client_beyond_its_limit_learns_when_to_come_back(ask: Ask) -> None:
    eager = f"Bearer {create_client('eager', ['content'], requests_per_day=1).secret}"
    assert ask(Authorization=eager, Prefer="respond-async").status_code == 202
    answer = ask(Authorization=eager, Prefer="respond-async")
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:prometheus-ai:problem:client-limit")
    assert int(answer.headers["retry-after"]) > 0


def test_value_and_deadline_reach_the_router_and_the_waiting_job(ask: Ask, lab: httpx.Client, connect: Any) -> None:
    connect("groq", rate_limited(400))
    due_at = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    asked = {**BRIEF, "value": "high", "due_at": due_at.isoformat()}
    job = ask(asked, Prefer="respond-async").json()
    run_job(job["id"])
    waiting = lab.get(job["links"]["self"]).json()
    assert (waiting["state"], waiting["value"], waiting["steps"][-1]["kind"]) == ("waiting", "high", "waiting")
    assert datetime.fromisoformat(waiting["due_at"]) == due_at
    decided = decision_of(RoutingDecision.objects.get().request_id)
    assert decided is not None
    assert (decided.task.value, decided.task.background) == (Value.HIGH, True)


@pytest.mark.parametrize("due_at", ["tomorrow", "2026-12-01", "2026-12-01T08:00:00", 1764547200])
def test_a_deadline_without_its_zone_is_refused(ask: Ask, due_at: Any) -> None:
    answer = ask({**BRIEF, "due_at": due_at})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"].endswith("due_at")
