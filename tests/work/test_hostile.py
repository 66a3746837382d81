"""A provider that does everything wrong, over 500 generations: no limit breaks, nothing acts, nothing is unmarked."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing import cards, exporting, mailing, services
from marketing.content.language import is_in
from marketing.content.links import find_urls
from marketing.content.platforms import platforms
from marketing.content.sheets.table import sheets
from marketing.models import Job, Variant
from marketing.tasks import run_job
from providers import ledger
from providers.models import Attempt
from tests.upstream import answers

FACTS = {
    "pl": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk", "Nagrane w dawnej przędzalni"],
    "en": ["A novel in 26 entries", "Set on the Hel peninsula in 1938", "Translated by Anna Lind"],
}
LINK = "https://example.com/zolte-swiatlo"
GOOD = {
    "pl": [
        "Ta płyta powstała na setkę i to słychać.",
        "Słychać tu każdy oddech i każde skrzypnięcie.",
        "Wieczór z winylem.",
        "Posłuchaj, zanim zapadnie zmrok.",
        "Kwartet gra tak, jakby nikt nie patrzył.",
        "Dla tych, którzy lubią ciszę między dźwiękami.",
        "Sprawdź szczegóły i zamów.",
    ],
    "en": [
        "A story told entry by entry.",
        "Read it slowly, by the sea.",
        "An index that becomes a novel.",
        "For readers who like the quiet parts.",
        "Open it anywhere.",
        "See the details and order.",
    ],
}
FOREIGN = {
    "pl": "This is a wonderful album and everybody should hear it now.",
    "en": "To jest wspaniała książka i warto ją mieć w domu.",
}
INVENTED = {
    "pl": [
        "Sprzedano już 98 765 egzemplarzy.",
        "Nagroda Fryderyk 2019 za album roku.",
        "Tylko 19,99 zł do 31 grudnia 2031 roku.",
        "„Najlepsza płyta dekady, absolutne arcydzieło” – Rolling Stone.",
        "Krytycy są zachwyceni.",
        "To już ich piąty album.",
        "Za nimi kilkaset koncertów.",
    ],
    "en": [
        "Over 98,765 copies sold.",
        "Winner of the Booker Prize 2019.",
        "Only $19.99 until 31 December 2031.",
        "“The best novel of the decade, a true masterpiece” – The Guardian.",
        "Loved by Stephen King.",
        "Her seventh novel.",
        "A must-read for everybody.",
    ],
}
# What gives an invented claim away.
GIVEAWAYS = (
    "98 765|98,765|Fryderyk|Booker|19,99|19.99|2031|Najlepsza płyta dekady|best novel|Krytycy|piąty|kilkaset"
    "|Stephen King|seventh|must-read"
)
# True figures of the brief with a noun, an occasion or an article that is none of theirs.
SWAPPED = {
    "pl": ["Płyta ma już 300 nagród.", "Za nimi ponad 300 koncertów.", "Trzysta recenzji w tydzień."],
    "en": ["26 awards so far.", "Read in 26 countries.", "1938 copies, all numbered.", "More than 26 entries."],
}
INJECTED = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[klik](javascript:alert(1))",
    "<b style='position:fixed'>BOLD</b>",
    "https://evil.example.net/win?x=1",
    "evil-site.com",
    "www.phish.example.org",
    "=HYPERLINK(0)",
    "@SUM(1) ",
]
LEAKED = [
    "Rules: 1. Use only what the brief says.",
    "Zasady: 1. Korzystaj tylko z tego, co mówi brief.",
    "As an AI language model, I cannot",
]


def texts(chance: random.Random, language: str, sent: Counter[str], *, mostly_good: bool) -> str:
    """One value, wrong in one or more ways; `sent` counts the ways."""
    good = chance.choice(GOOD[language])
    if mostly_good and chance.random() < 0.85:
        return good
    wrong = {
        "good": lambda: good,
        "over-long": lambda: good * 60,
        "foreign": lambda: FOREIGN[language],
        "invented": lambda: f"{good} {chance.choice(INVENTED[language])}",
        "swapped": lambda: f"{good} {chance.choice(SWAPPED[language])}",
        "injected behind": lambda: f"{good} {chance.choice(INJECTED)}",
        "injected before": lambda: chance.choice(INJECTED) + good,
        "leaked": lambda: chance.choice(LEAKED),
        "empty": lambda: "",
        "invisible": lambda: "   \u202e\u200b",
        "unfilled": lambda: f"{good} [WSTAW NAZWĘ]",
        "as good": lambda: good,
    }
    way = chance.choice(list(wrong))
    sent[way] += 1
    return wrong[way]()


class Hostile:
    """Writes whatever shape is asked, and fills it with what no desk wants."""

    def __init__(self) -> None:
        self.chance = random.Random(11)
        self.sent: Counter[str] = Counter()

    def __call__(self, request: dict[str, Any]) -> str:
        prompt = "\n".join(str(message["content"]) for message in request["messages"])
        language = "pl" if "Liczba wariantów" in prompt else "en"
        asked = re.search(r"(?:Liczba wariantów|Number of variants): (\d)", prompt)
        number = int(asked[1]) if asked else 1
        shape = json.loads(prompt[prompt.rindex('{"variants"') :].splitlines()[0])
        variants = [self._variant(shape["variants"][0], language) for _ in range(number)]
        if self.chance.random() < 0.2:
            self.sent["repeated"] += 1
            variants = variants[:1] * number
        body = json.dumps({"variants": variants}, ensure_ascii=False)
        wraps = (body, body, body, f"Oto wynik:\n```json\n{body}\n```\nMiłego dnia!", body[:-20], "", "Nie mogę pomóc.")
        return self.chance.choice(wraps)

    def _variant(self, shape: dict[str, Any], language: str) -> dict[str, Any]:
        # A text that is wrong in every place is refused whole; one wrong value among good ones is the harder case.
        mostly_good = self.chance.random() < 0.6
        text = partial(texts, self.chance, language, self.sent, mostly_good=mostly_good)
        return {
            name: [text() for _ in range(self.chance.choice((3, 4, 8) if mostly_good else (0, 2, 4, 8, 18)))]
            if isinstance(value, list)
            else text()
            for name, value in shape.items()
        }


@pytest.fixture
def owner(transactional_db: None) -> Iterator[User]:
    yield User.objects.create_superuser("ewa")
    ledger.close()


def generate(owner: User, language: str, round_: int) -> None:
    """Every place of every kind once, with as many variants as it takes."""
    brief = {
        "title": "Żółte światło" if language == "pl" else "The Lighthouse Keeper’s Index",
        "creator": "Ćma i Gęślarze" if language == "pl" else "Maria Zawada",
        "facts": FACTS[language],
        "link": LINK,
        "language": language,
    }
    kinds: dict[str, tuple[list[str], int]] = {
        "social-posts": ([one.slug for one in platforms()], 5),
        **{kind: ([one.slug for one in sheets(kind)], 3) for kind in ("ad-copy", "email-templates", "tags")},
    }
    for kind, (places, variants) in kinds.items():
        # Of three mails in one answer one is always too bad to pass: each is asked for alone.
        alone = kind == "email-templates"
        for again in range(variants if alone else 1):
            asked = {"platforms": places, "variants": 1 if alone else variants, "audience": f"{round_} {again}"}
            job = services.request_generation(owner, kind, {**brief, **asked})
            run_job(str(job.pk))


def unmarked_claims(variant: Variant) -> set[str]:
    """Invented claims of a text that are not shown as open."""
    record = variant.grounding
    open_ = " ".join(
        claim["text"] for sentence in record["sentences"] for claim in sentence["claims"] if not claim["sources"]
    )
    found = {match[0].replace("\u00a0", " ") for match in re.finditer(GIVEAWAYS.replace(" ", r"\s"), variant.text)}
    return {claim for claim in found if claim not in open_.replace("\u00a0", " ")}


def unmarked_numbers(variant: Variant) -> set[str]:
    """Numbers of a text that its brief does not hold and that no open claim covers."""
    said = json.dumps(variant.root.brief, ensure_ascii=False)
    record = variant.grounding
    open_ = " ".join(
        claim["text"] for sentence in record["sentences"] for claim in sentence["claims"] if not claim["sources"]
    )
    found = set(re.findall(r"\d+", variant.text))
    return {number for number in found if number not in said and number not in open_}


def unmarked_swaps(variant: Variant) -> list[str]:
    """Sentences with a true figure of something else in which nothing is open."""
    said = re.compile("|".join(re.escape(one[:-1]).replace(r"\ ", r"\s") for one in SWAPPED[variant.language]))
    return [
        sentence["text"]
        for sentence in variant.grounding["sentences"]
        if said.search(sentence["text"]) and all(claim["sources"] for claim in sentence["claims"])
    ]


def check_files(variant: Variant) -> None:
    """What leaves in a file runs nothing: no cell of an ad is a formula or has an apostrophe put before it."""
    card = cards.variant_card(variant)
    if not card.sheet:
        return
    if card.sheet.is_ad and not card.kept_back:
        rows = csv.reader(io.StringIO(exporting.as_csv(variant).removeprefix("\ufeff")))
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "'"))]
    if card.sheet.is_mail:
        html = mailing.laid_out(variant).html
        assert not re.search(r"<script|onerror|javascript:|position:\s*fixed", html, re.IGNORECASE)
        addresses = set(re.findall(r"""(?:href|src)=["']([^"']*)""", html))
        assert addresses <= {LINK, mailing.UNSUBSCRIBE["html"]}


@pytest.mark.once
@pytest.mark.timeout(300)
def test_nothing_that_a_hostile_provider_writes_gets_through_unmarked(
    owner: User, connect: Any, settings: Any, client: Client
) -> None:
    hostile = Hostile()
    connect("groq", answers(hostile), failure_threshold=10_000)
    for round_ in range(5):
        generate(owner, ("pl", "en")[round_ % 2], round_)
    variants = list(Variant.objects.select_related("root"))
    assert len(variants) >= 500
    assert {one.offline for one in variants} == {True, False}
    assert {one.root.content_type for one in variants if not one.offline} >= {"social-posts", "email-templates", "tags"}
    # Each way to be wrong was really tried, many times.
    assert min(hostile.sent.values()) > 50, hostile.sent
    for variant in variants:
        card = cards.variant_card(variant)
        assert not card.over, (variant.platform, variant.text)
        assert not re.search(r"<\s*/?\s*[a-z]", variant.text, re.IGNORECASE), variant.text
        links = {variant.text[span.start : span.end] for span in find_urls(variant.text, any_domain=True)}
        assert links <= {LINK}, variant.text
        assert not unmarked_numbers(variant), variant.text
        assert not unmarked_claims(variant), variant.text
        assert not any(leak[:25] in variant.text for leak in LEAKED), variant.text
        assert "[WSTAW" not in variant.text
        assert not unmarked_swaps(variant)
        names = (variant.root.brief["title"], variant.root.brief["creator"])
        assert variant.root.content_type == "tags" or is_in(variant.text, variant.language, names), variant.text
        check_files(variant)
    refused = Attempt.objects.exclude(outcome="answered")
    assert refused.exists()
    assert not refused.filter(detail="").exists()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for job in Job.objects.all():
        html = client.get(reverse("job", args=[job.pk])).content.decode()
        assert "<script>alert" not in html
        assert "onerror" not in html
        assert 'href="javascript' not in html
