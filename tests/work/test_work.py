"""From a brief to stored variants: the product's verbs and a worker's way through a job."""

import json
import threading

import pytest
from django.contrib.auth.models import User

from marketing import services
from marketing.models import Job, Variant
from marketing.tasks import run_job
from providers import ledger
from providers.models import Attempt, Rating
from tests.upstream import answers, hangs, posts, prose, rate_limited, replays

BRIEF = {
    "title": "Nocny Pociąg",
    "creator": "Lena Żuraw",
    "facts": ["Siedem piosenek nagranych na taśmie"],
    "language": "pl",
    "platforms": ["x", "mastodon"],
    "variants": 2,
}


@pytest.fixture
def owner(transactional_db):
    yield User.objects.create_user("ewa")
    ledger.close()


def done(owner, **changes):
    """A job for the brief, run to its end."""
    job = services.request_generation(owner, "social-posts", {**BRIEF, **changes})
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def kinds(job):
    return [step["kind"] for step in job.steps]


def test_a_brief_becomes_variants_with_their_provenance(owner, connect):
    connect("groq", posts(2))
    job = done(owner)
    variant = job.variants.first()
    assert (job.state, job.variants.count(), job.parts_done) == (Job.State.DONE, 4, 2)
    assert (variant.provenance["provider_name"], variant.offline) == ("Groq", False)


def test_every_number_of_the_provenance_is_that_of_the_attempt(owner, connect):
    connect("groq", posts(2))
    job = done(owner, platforms=["x"])
    attempt = Attempt.objects.get()
    provenance = job.variants.first().provenance
    assert provenance["request_id"] == str(attempt.request_id)
    assert provenance["completion_tokens"] == attempt.completion_tokens
    assert provenance["attempts"][0]["latency_ms"] == attempt.latency_ms


def test_the_steps_tell_who_was_asked_and_why_it_fell_back(owner, connect):
    connect("groq", rate_limited(60))
    connect("mistral", prose())
    connect("gemini", posts(2))
    job = done(owner, platforms=["x"])
    told = [(step["kind"], step["provider"], step["reason"]) for step in job.steps]
    assert ("falling_back", "Groq", "RateLimit") in told
    assert ("falling_back", "Mistral", "AnswerRejected") in told
    assert told[-1][0] == "written"


def test_without_a_provider_the_drafts_are_offline_and_say_so(owner):
    job = done(owner)
    assert job.state == Job.State.DONE
    assert all(variant.offline for variant in job.variants.all())
    assert "offline" in kinds(job)


def test_an_answer_over_the_limit_is_never_stored(owner, connect):
    long = json.dumps({"variants": [{"title": None, "text": "Długie zdanie o muzyce. " * 40, "hashtags": []}] * 2})
    connect("groq", answers(long))
    job = done(owner, platforms=["x"])
    assert all(len(variant.text) <= 280 for variant in job.variants.all())


def test_an_english_answer_to_a_polish_brief_is_not_shown(owner, connect):
    english: list[dict[str, object]] = [
        {"title": None, "text": "This record will take you through the night, one song after another.", "hashtags": []},
        {"title": None, "text": "Seven songs were recorded to tape and you should hear them all.", "hashtags": []},
    ]
    connect("groq", answers(json.dumps({"variants": english})))
    job = done(owner, platforms=["x"])
    assert all(variant.offline for variant in job.variants.all())
    assert Attempt.objects.filter(outcome="rejected").count() == 2


def test_refused_content_fails_the_job_and_keeps_what_was_written(owner, connect):
    refusal = replays(400, {}, {"error": {"message": "flagged", "code": "content_filter"}})
    connect("groq", posts(2), refusal)
    job = done(owner)
    assert (job.state, job.failure["kind"], job.variants.count()) == (Job.State.FAILED, "ContentRefused", 2)


def test_a_retry_writes_only_what_is_missing(owner, connect, upstream):
    refusal = replays(400, {}, {"error": {"message": "flagged", "code": "content_filter"}})
    connect("groq", posts(2), refusal, posts(2))
    job = done(owner)
    assert services.retry(job)
    run_job(str(job.pk))
    assert (job.variants.count(), len(upstream.requests("groq"))) == (4, 3)


def test_a_cancelled_job_stops_in_the_middle_of_a_call(owner, connect, upstream):
    connect("groq", hangs(), timeout_seconds=60)
    job = services.request_generation(owner, "social-posts", BRIEF)
    worker = threading.Thread(target=run_job, args=(str(job.pk),))
    worker.start()
    upstream.wait_for_requests("groq")
    services.cancel(job)
    worker.join(20)
    job.refresh_from_db()
    assert (worker.is_alive(), job.state, job.variants.count()) == (False, Job.State.CANCELLED, 0)


def test_a_second_run_of_a_finished_job_does_nothing(owner, connect, upstream):
    connect("groq", posts(2))
    job = done(owner, platforms=["x"])
    run_job(str(job.pk))
    assert (job.variants.count(), len(upstream.requests("groq"))) == (2, 1)


def test_a_variant_written_anew_replaces_the_old_one_in_its_place(owner, connect):
    connect("groq", posts(2), posts(1))
    job = done(owner, platforms=["x"])
    old = job.variants.get(position=2)
    run_job(str(services.regenerate(old).pk))
    old.refresh_from_db()
    assert old.replaced_by.position == 2
    assert [len(cards) for _platform, cards in services.place_cards(job)] == [2]


def test_an_offline_draft_written_anew_is_another_draft(owner):
    job = done(owner, platforms=["x"])
    texts = {variant.text for variant in job.variants.all()}
    for _ in range(3):
        current = job.variants.get(position=1, replaced_by=None)
        run_job(str(services.regenerate(current).pk))
        texts.add(job.variants.get(position=1, replaced_by=None).text)
    assert len(texts) == 5


def test_asking_twice_for_another_text_makes_one_job(owner):
    job = done(owner, platforms=["x"])
    variant = job.variants.first()
    assert services.regenerate(variant) == services.regenerate(variant)


def test_an_edit_keeps_the_providers_own_words(owner):
    variant = done(owner, platforms=["x"]).variants.first()
    written = variant.text
    services.edit_variant(variant, title="", text="Moje słowa")
    stored = Variant.objects.get(pk=variant.pk)
    assert (stored.text, stored.original_text) == ("Moje słowa", written)


def test_an_english_draft_may_be_enlivened_by_the_model_on_this_machine(owner):
    from providers.configuration import switch_on_from_environment

    switch_on_from_environment({})
    english = {"title": "Night Train", "language": "en", "facts": ["Seven songs on tape"], "platforms": ["linkedin"]}
    job = done(owner, **english)
    attempt = Attempt.objects.get()
    assert (attempt.feature, attempt.outcome) == ("social-posts wording", "answered")
    assert all(variant.offline for variant in job.variants.all())


def rating():
    return Rating.objects.get()


def test_a_text_that_is_kept_as_it_was_speaks_for_its_model(owner, connect):
    connect("groq", posts(1))
    job = done(owner, platforms=["x"], variants=1)
    services.keep_variant(job.variants.get(), keep=True)
    assert (rating().provider_slug, rating().model_id, rating().language, rating().score) == (
        "groq",
        "small",
        "pl",
        1.0,
    )


def test_a_text_that_was_rewritten_speaks_less_for_it(owner, connect):
    connect("groq", posts(1))
    variant = done(owner, platforms=["x"], variants=1).variants.get()
    services.keep_variant(variant, keep=True)
    services.edit_variant(variant, title="", text="Coś zupełnie innego.")
    assert rating().score < 0.5


def test_a_text_that_is_written_anew_speaks_against_it_and_one_that_nobody_judged_says_nothing(owner, connect):
    connect("groq", posts(2))
    first, second = done(owner, platforms=["x"]).variants.all()
    services.keep_variant(second, keep=True)
    services.keep_variant(second, keep=False)
    services.regenerate(first)
    assert rating().score == 0.0


def test_an_offline_draft_says_nothing_of_any_model(owner):
    services.keep_variant(done(owner, platforms=["x"]).variants.first(), keep=True)
    assert not Rating.objects.exists()
