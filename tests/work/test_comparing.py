"""Two models at one brief: who writes, what stays covered, and what routing learns from the choice."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from marketing import comparing
from marketing.models import Comparison, Variant
from marketing.services import Options
from marketing.tasks import run_job
from providers import ledger
from providers.models import Rating
from tests.pages.conftest import FORM
from tests.upstream_behaviours import posts, server_error

BRIEF = {
    "subject": "release",
    "title": "Żółte światło",
    "facts": ["Drugi album kwartetu"],
    "language": "pl",
    "platforms": ["x"],
    "variants": 1,
}


@pytest.fixture
def owner(transactional_db):
    group, _made = Group.objects.get_or_create(name="marketer")
    user = User.objects.create_user("ewa")
    user.groups.add(group)
    yield user
    ledger.close()


@pytest.fixture
def page(owner):
    client = Client(headers={"accept-language": "en"})
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def compared(owner, *, write=True):
    made = comparing.compare(owner, "social-posts", BRIEF, Options())
    if write:
        for job in made.jobs.all():
            run_job(str(job.pk))
    return made


def two(connect):
    connect("groq", posts(1))
    connect("mistral", posts(1))


def test_two_providers_write_the_same_brief(owner, connect, upstream):
    two(connect)
    made = compared(owner)
    assert {made.first, made.second} == {"groq/small", "mistral/small"}
    assert len(upstream.requests("groq")) == len(upstream.requests("mistral")) == 1
    written = {job.options["wanted"]: job.variants.get().provenance["provider"] for job in made.jobs.all()}
    assert written == {"groq/small": "groq", "mistral/small": "mistral"}


def test_another_provider_comes_before_a_second_model_of_the_same(owner, connect):
    connect("groq", posts(1), models=("small", "large"))
    connect("mistral", posts(1))
    made = compared(owner, write=False)
    assert {made.first.split("/")[0], made.second.split("/")[0]} == {"groq", "mistral"}


def test_two_models_of_one_provider_can_be_compared(owner, connect):
    connect("groq", posts(1), models=("small", "large"))
    made = compared(owner, write=False)
    assert {made.first, made.second} == {"groq/small", "groq/large"}


@pytest.mark.parametrize(
    ("choice", "scores"),
    [("first", (1, 0)), ("second", (0, 1)), ("both", (1, 1)), ("neither", (0, 0))],
)
def test_routing_learns_from_the_first_choice_only(owner, connect, choice, scores):
    two(connect)
    made = compared(owner)
    stale = Comparison.objects.get(pk=made.pk)
    assert comparing.choose(made, choice)
    assert not comparing.choose(stale, "both")
    learned = {f"{one.provider_slug}/{one.model_id}": one.score for one in Rating.objects.filter(language="pl")}
    assert learned == {made.first: scores[0], made.second: scores[1]}


def test_with_one_model_the_form_comes_back_with_what_was_typed(owner, connect, page):
    connect("groq", posts(1))
    answer = page.post(reverse("posts"), {**FORM, "compare": "yes"})
    assert answer.status_code == 422
    assert "Only one model can write this now" in answer.text
    assert FORM["title"] in answer.text
    assert not Comparison.objects.exists()


def test_no_name_is_told_before_the_choice(owner, connect, page):
    two(connect)
    sent = page.post(reverse("posts"), {**FORM, "platforms": ["x"], "variants": "1", "compare": "yes"})
    made = Comparison.objects.get()
    assert sent.headers["Location"] == reverse("comparison", args=[made.pk])
    waiting = page.get(sent.headers["Location"]).text
    for job in made.jobs.all():
        run_job(str(job.pk))
        assert page.get(reverse("job", args=[job.pk])).headers["Location"] == sent.headers["Location"]
    ready = page.get(sent.headers["Location"]).text
    listed = page.get(reverse("comparisons")).text + page.get(reverse("start")).text
    for shown in (waiting, ready, listed):
        assert "groq" not in shown.lower()
        assert "mistral" not in shown.lower()
    assert ready.count("<article") == Variant.objects.count() == 2
    told = page.post(reverse("comparison_choose", args=[made.pk]), {"choice": "first"}, follow=True).text
    assert made.first in told
    assert made.second in told
    assert page.get(reverse("job", args=[made.jobs.all()[0].pk])).status_code == 200


def test_a_side_that_wrote_nothing_ends_the_comparison_without_a_rating(owner, connect, page):
    connect("groq", posts(1))
    connect("mistral", server_error())
    made = compared(owner)
    shown = page.get(reverse("comparison", args=[made.pk])).text
    made.refresh_from_db()
    assert made.choice == "void"
    assert "choose-first" not in shown
    assert not comparing.choose(made, "first")
    assert not Rating.objects.exists()


def test_a_choice_before_both_are_there_changes_nothing(owner, connect, page):
    two(connect)
    made = compared(owner, write=False)
    page.post(reverse("comparison_choose", args=[made.pk]), {"choice": "first"})
    made.refresh_from_db()
    assert made.choice == ""
    assert comparing.is_covered(made)


def test_the_table_counts_wins_by_kind_with_wilsons_interval():
    def one(first, second, choice):
        return Comparison(content_type="tags", first=first, second=second, choice=choice)

    rows = comparing.standings(
        [one("a/m", "b/m", "first"), one("b/m", "a/m", "second"), one("a/m", "b/m", "both"), one("a/m", "b/m", "void")]
    )
    assert [(row.place, row.wins, row.losses, row.ties) for row in rows] == [("a/m", 2, 0, 1), ("b/m", 0, 2, 1)]
    assert rows[0].share
    # Wilson's lower bound for 2 of 2 at 95 %: 2 / (2 + 1.96²).
    assert rows[0].share.low == pytest.approx(0.3424, abs=1e-4)


def test_only_administrators_see_who_wins(owner, connect, page):
    two(connect)
    made = compared(owner)
    comparing.choose(made, "first")
    assert "standings-title" not in page.get(reverse("comparisons")).text
    boss = User.objects.create_superuser("szef")
    page.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    assert made.first in page.get(reverse("comparisons")).text
