"""Figures in words from end to end: a hostile model over real sockets, the page, and the Lab's answer."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing import campaign_words, demo_campaigns
from marketing.models import CampaignDay, Job, Narrative
from marketing.narrating.answering import answer_of
from marketing.narrating.sayable import PLACEHOLDER
from marketing.tasks import run_job
from providers import ledger
from tests.narrating.attacks import attacks, offered
from tests.upstream import Upstream, answers

HONEST = tomllib.loads(Path(__file__).with_name("honest.toml").read_text(encoding="utf-8"))


@pytest.fixture
def boss(transactional_db: None) -> Iterator[User]:
    yield User.objects.create_superuser("ewa")
    ledger.close()


@pytest.fixture
def desk(client: Client, boss: User) -> Client:
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    return client


def told(*sentences: str) -> str:
    return json.dumps({"sentences": sentences}, ensure_ascii=False)


def asked(boss: User, language: str) -> Job:
    words = campaign_words.Words([], "", offered(), language)
    job = campaign_words.ask(boss, words, reverse("campaigns"))
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


@pytest.mark.once
@pytest.mark.parametrize("language", ["pl", "en"])
def test_a_hostile_model_over_sockets_puts_no_sentence_in(
    boss: User, connect: Any, language: str, upstream: Upstream
) -> None:
    spoiled = [sentence for _way, sentence in attacks(language, 48, seed=5)]
    fine = HONEST[language][0]
    connect("groq", *(answers(told(fine, one) if at % 2 else told(one)) for at, one in enumerate(spoiled)))
    for _round in range(len(spoiled) // 4):
        job = asked(boss, language)
        assert (job.state, job.result["failure"]) == (Job.State.DONE, "FallbackExhausted")
    assert len(upstream.requests("groq")) == len(spoiled)
    assert Narrative.objects.count() == 0


def test_a_refused_answer_is_told_why_and_may_be_mended(boss: User, connect: Any, upstream: Upstream) -> None:
    connect("groq", answers(told("Wydatki wyniosły 500 zł.")), answers(told(*HONEST["pl"][:3])))
    job = asked(boss, "pl")
    stored = Narrative.objects.get()
    assert stored.sentences == HONEST["pl"][:3]
    assert (job.result["provider"], stored.provenance["model"]) == ("Groq", "small")
    first, second = ("\n".join(one["content"] for one in sent.json["messages"]) for sent in upstream.requests("groq"))
    assert "Sentence 1" in second
    # The model sees names of figures and never a figure.
    assert "123" not in first


def page(desk: Client, language: str = "pl") -> str:
    answer = desk.get(reverse("campaigns"), headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def in_words(shown: str) -> tuple[str, list[str]]:
    part = shown[shown.index('id="words"') : shown.index("in-words-foot")]
    return html.unescape(re.sub(r"<[^>]+>", "", part)), re.findall(r'href="#(fact-[^"]+)"', part)


@pytest.mark.parametrize("language", ["pl", "en"])
def test_without_any_provider_the_template_speaks_and_every_figure_leads_to_its_row(
    desk: Client, language: str
) -> None:
    demo_campaigns.load()
    shown = page(desk, language)
    words, links = in_words(shown)
    assert {"pl": "Wydatki wyniosły", "en": "Spend came to"}[language] in words
    assert len(links) > 8
    assert all(f'id="{link}"' in shown for link in links)
    figures = len(re.findall(r"\d[\d\s.,  ]*", words))
    assert 0 < figures <= len(links) * 3


def test_a_models_words_replace_the_template_while_the_figures_stay(desk: Client, boss: User, connect: Any) -> None:
    demo_campaigns.load()
    connect("groq", answers(told("Na reklamy wydano {spend}.", "Łączny przychód sięgnął {revenue}.")))
    page(desk)
    answer = desk.post(reverse("campaign_words"), {"query": ""}, headers={"accept-language": "pl"})
    job = Job.objects.get(content_type="narrative")
    assert answer.headers["Location"] == reverse("job", args=[job.pk])
    run_job(str(job.pk))
    shown = page(desk)
    words, links = in_words(shown)
    assert "Na reklamy wydano" in words
    assert "Słowa napisał model: Groq, small." in shown
    assert links == ["fact-spend", "fact-revenue"]
    assert not PLACEHOLDER.search(words)
    CampaignDay.objects.order_by("pk").first().delete()  # type: ignore[union-attr]  # the demonstration has days
    assert "Na reklamy wydano" not in in_words(page(desk))[0]


def test_stored_words_that_todays_guard_refuses_are_not_shown(desk: Client) -> None:
    demo_campaigns.load()
    desk.get(reverse("campaigns"))
    found = desk.get(reverse("campaigns"), headers={"accept-language": "pl"}).context["words"]
    from marketing.narrating import asking

    Narrative.objects.create(
        digest=asking.digest_of(found.offered), language="pl", sentences=["Wydatki: 5 zł {spend}."]
    )
    assert "5 zł" not in in_words(page(desk))[0].replace("\u00a0", " ").split("Wydatki wyniosły")[0]


def test_the_lab_gets_the_same_words_with_their_facts() -> None:
    sums = {"impressions": 1000, "clicks": 20, "views": None, "spend": 12.5, "conversions": 1, "revenue": 20.0}
    rows = [{"day": f"2026-09-{day:02d}", "campaign": "Żółte światło", **sums} for day in range(1, 29)]
    found = answer_of({"what": "performance", "rows": rows, "currency": "PLN", "language": "pl"})
    first = found["narrative"][0]
    assert first["facts"] == ["spend", "revenue"]
    assert first["text"].replace("\u00a0", " ") == "Wydatki wyniosły 350,00 zł, a przychód 560,00 zł."
    known = {fact["id"] for fact in found["facts"]}
    assert all(set(one["facts"]) <= known for one in found["narrative"])
    assert asdict(offered()["spend"])["shown"] == "123"
