"""A changed prompt: tried against stored briefs, switched on, and back to the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing import prompts, services
from marketing.content import prompting
from marketing.models import ChangedPrompt, Job, Variant
from marketing.tasks import run_job
from providers import ledger
from providers.audit import AuditEntry
from tests.upstream import Upstream, answers, posts

KIND, MARK = "social-posts", "Pisz jak list do przyjaciela z wojska."
BRIEF = {
    "title": "Żółte światło",
    "facts": ["Drugi album kwartetu z Łodzi"],
    "platforms": ["bluesky"],
    "variants": 1,
    "language": "pl",
}


@pytest.fixture
def boss(transactional_db: None) -> Iterator[User]:
    yield User.objects.create_superuser("ewa")
    ledger.close()


@pytest.fixture
def desk(client: Client, boss: User) -> Client:
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_mark(text: str) -> str:
    return text.replace('system = """\n', f'system = """\n{MARK}\n', 1)


def write(boss: User) -> Variant:
    job = services.request_generation(boss, KIND, BRIEF)
    run_job(str(job.pk))
    return Variant.objects.get(job=job)


def asked(upstream: Upstream) -> list[str]:
    return [str(one.json["messages"][0]["content"]) for one in upstream.requests("groq") if one.json]


def test_a_change_is_tried_side_by_side_and_counts_only_once_it_is_switched_on(
    desk: Client, boss: User, connect: Any, upstream: Upstream
) -> None:
    connect("groq", posts(1))
    first = write(boss)
    assert first.provenance["prompt"] == {"version": "v2", "digest": prompting.from_file(KIND, "pl").digest}

    text = with_mark(prompting.source(KIND, "pl"))
    answer = desk.post(reverse("prompt_edit", args=[KIND, "pl"]), {"text": text, "note": "cieplej"})
    changed = ChangedPrompt.objects.get()
    assert answer.headers["Location"] == reverse("prompt_change", args=[changed.pk])
    assert changed.trial
    before = len(asked(upstream))
    run_job(str(changed.trial_id))
    changed.trial.refresh_from_db()
    assert [MARK in words for words in asked(upstream)[before:]] == [False, True]
    assert [row["side"] for row in changed.trial.result["rows"]] == ["before", "after"]
    page = desk.get(reverse("prompt_change", args=[changed.pk])).content.decode()
    for row in changed.trial.result["rows"]:
        assert row["text"].splitlines()[0] in page.replace("&quot;", '"')
    assert write(boss).provenance["prompt"]["version"] == "v2"

    desk.post(reverse("prompt_decide", args=[changed.pk]), {"wish": "on"})
    later = write(boss)
    assert later.provenance["prompt"] == {"version": f"change {changed.pk}", "digest": changed.digest}
    assert MARK in asked(upstream)[-1]
    desk.post(reverse("prompt_decide", args=[changed.pk]), {"wish": "back"})
    assert write(boss).provenance["prompt"]["version"] == "v2"
    told = AuditEntry.objects.filter(object_name__contains=f"change {changed.pk}", deed="changed").order_by("pk")
    switches = [(entry.before["prompt"], entry.after["prompt"]) for entry in told if "prompt" in entry.after]
    assert switches == [("v2", f"change {changed.pk}"), (f"change {changed.pk}", "v2")]
    assert {entry.actor for entry in told} == {"ewa"}


def test_a_side_that_no_provider_could_write_says_why(desk: Client, boss: User, connect: Any) -> None:
    connect("groq", posts(1))
    write(boss)
    connect("mistral", answers("Nie mogę pomóc."))
    from providers.models import Provider

    Provider.objects.filter(slug="groq").update(enabled=False)
    desk.post(reverse("prompt_edit", args=[KIND, "pl"]), {"text": with_mark(prompting.source(KIND, "pl"))})
    changed = ChangedPrompt.objects.select_related("trial").get()
    run_job(str(changed.trial_id))
    assert changed.trial
    changed.trial.refresh_from_db()
    assert changed.trial.state == Job.State.DONE
    page = desk.get(reverse("prompt_change", args=[changed.pk]), headers={"accept-language": "en"}).content.decode()
    assert page.count("No text came that passes the checks.") == 2


def test_the_newest_change_takes_the_place_of_the_one_before_it(boss: User) -> None:
    one, two = (
        prompts.propose(boss, KIND, "pl", with_mark(prompting.source(KIND, "pl")) + comment, "")
        for comment in ("# a\n", "# b\n")
    )
    prompts.switch_on(one)
    prompts.switch_on(two)
    one.refresh_from_db()
    assert (one.state, two.state) == ("former", "in-use")
    prompts.switch_on(one)
    assert prompts.in_use()[KIND, "pl"].version == one.version


def test_a_change_that_no_longer_fits_its_file_is_told_and_not_used(desk: Client, boss: User) -> None:
    changed = prompts.propose(boss, KIND, "pl", with_mark(prompting.source(KIND, "pl")), "")
    prompts.switch_on(changed)
    ChangedPrompt.objects.update(text='system = "x"\n')
    assert prompts.in_use() == {}
    page = desk.get(reverse("prompts"), headers={"accept-language": "en"}).content.decode()
    assert "no longer fits the newer file" in page


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text + "\nbroken", "TOML"),
        (lambda text: text.replace('no_link = "', 'no_lynk = "'), "no_l"),
        (lambda text: text.replace("$shape", ""), "$shape"),
        (lambda text: text.replace("$brief", "$brief $price"), "$price"),
        (lambda text: text.replace("$brief", "$brief za 5$ "), "$$"),
        (lambda text: text + "# " + "x" * 20_001, "20"),
    ],
)
def test_a_change_that_would_break_requests_is_refused_and_stays_typed(desk: Client, change: Any, word: str) -> None:
    text = change(prompting.source(KIND, "pl"))
    answer = desk.post(reverse("prompt_edit", args=[KIND, "pl"]), {"text": text}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert word in answer.context["fault"]
    assert answer.context["text"] == text
    assert not ChangedPrompt.objects.exists()


def test_a_change_can_be_dropped_and_stays_to_be_read(desk: Client, boss: User) -> None:
    changed = prompts.propose(boss, "tags", "en", prompting.source("tags", "en") + "# calmer\n", "calmer")
    desk.post(reverse("prompt_decide", args=[changed.pk]), {"wish": "drop"})
    changed.refresh_from_db()
    assert changed.state == "dropped"
    assert "calmer" in desk.get(reverse("prompts")).content.decode()


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("kind", prompting.kinds())
def test_every_file_would_pass_as_a_change_of_itself(kind: str, language: str) -> None:
    assert prompting.changed(kind, language, prompting.source(kind, language), "x").digest == (
        prompting.from_file(kind, language).digest
    )
