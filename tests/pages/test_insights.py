"""The insight pages: tables go in as people have them, every answer says how sure it is, and faults name their line."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from marketing import demo_campaigns
from marketing.models import Campaign, CampaignDay, Release

pytestmark = pytest.mark.django_db
TERMS = {"present_price": "34,99", "share": "50", "vat": "5"}
OUTLOOK = {"measure": "clicks", "horizon": "14", "currency": "PLN"}
CHANNELS = {"forms_": ["ebook", "print"], "language": "pl", "countries": "PL", "titles": "1", "currency": "PLN"}


def sales(slope: float, shops: int = 12, weeks: int = 20) -> str:
    """A table in Polish notation whose demand follows the price by a known elasticity."""
    lines = ["tydzień;sklep;cena;sztuki"]
    for shop in range(shops):
        for week in range(weeks):
            price = (29.99, 34.99, 39.99)[(week + shop) % 3]
            units = 60 * (price / 34.99) ** slope * (1 + shop / 20) * (1 + 0.03 * math.sin(week * 7 + shop * 3))
            lines.append(
                f"2026-W{week + 1:02d};sklep {shop};{str(price).replace('.', ',')} zł;{units:.1f}".replace(".", ",")
            )
    return "\n".join(lines)


def test_prices_name_the_better_step_and_how_sure_it_is(page: Client) -> None:
    answer = page.post("/insights/prices/", {**TERMS, "sold": sales(-0.4)})
    assert answer.status_code == 200
    found = answer.context["answer"]
    assert found["best"]["price"] == "PLN39.99"
    assert "-0.4" in found["elasticity"][0].replace("\u2212", "-")
    assert "Observational" in answer.content.decode()


def test_where_the_data_cannot_tell_the_price_stays(page: Client) -> None:
    found = page.post("/insights/prices/", {**TERMS, "sold": sales(-1.0)}).context["answer"]
    assert found["best"] is None
    assert found["reason"]


def test_a_few_rows_are_no_evidence(page: Client) -> None:
    found = page.post("/insights/prices/", {**TERMS, "sold": sales(-1.5, 1, 3)}).context["answer"]
    assert "Only 3 usable rows" in found["reason"]


def test_the_reason_is_told_in_polish(editor: object, sign_in: Callable[..., Client]) -> None:
    found = sign_in(editor, "pl").post("/insights/prices/", {**TERMS, "sold": sales(-1.5, 1, 3)}).context["answer"]
    assert "Tylko 3 wiersze nadają się" in found["reason"]


def test_a_file_counts_like_a_pasted_table_and_comes_back_as_text(page: Client) -> None:
    file = SimpleUploadedFile("sprzedaż.csv", sales(-0.4).encode("cp1250"))
    answer = page.post("/insights/prices/", {**TERMS, "sold_file": file})
    assert answer.context["answer"]["best"]
    assert "sklep 11" in answer.content.decode()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("tydzień;cena;sztuki\n1;34,99;dużo", "Line 2, column “sztuki”: “dużo” is no number."),
        ("tydzień;koszt;sztuki\n1;34,99;5", "No column is called “price” / “cena”"),
        ("cena;sztuki", "no rows under its headings"),
        ("cena;sztuki\n;4", "is empty"),
        ("cena;sztuki\n-5;4", "lies outside 0.01"),
    ],
)
def test_a_table_that_cannot_be_read_says_what_to_change_and_is_kept(page: Client, table: str, why: str) -> None:
    answer = page.post("/insights/prices/", {**TERMS, "sold": table})
    assert answer.status_code == 422
    assert why in str(answer.context["form"].errors["sold"][0])
    assert table.partition("\n")[0] in answer.content.decode()


def test_the_answer_leaves_as_a_table_with_formulas_defused(page: Client) -> None:
    answer = page.post("/insights/channels/", {**CHANNELS, "sales": "kanał;sztuki\nEmpik;120", "step": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "Empik,use,120" in answer.content.decode()


def test_channels_give_reasons_in_the_readers_language_whatever_the_book_speaks(page: Client) -> None:
    found = page.post("/insights/channels/", CHANNELS).context["answer"]
    told = {one["name"]: slug for slug, _name, group in found["groups"] for one in group}
    assert told["Empik"] == "use"
    assert "Readers of Polish buy there." in str(found["groups"])


def test_a_country_that_is_none_is_named(page: Client) -> None:
    answer = page.post("/insights/channels/", {**CHANNELS, "countries": "Polska"})
    assert "POLSKA" in str(answer.context["form"].errors["countries"][0])


def test_the_market_shows_the_middle_with_bounds_and_where_the_own_price_stands(page: Client) -> None:
    titles = "\n".join(["tytuł;cena;format", *(f"Saga {number};{20 + number};e-book" for number in range(20))])
    asked = {"titles": titles, "price": "30", "format": "e-book", "genre": "", "currency": "PLN"}
    found = page.post("/insights/market/", asked).context["answer"]
    assert found["middle"]["value"] == "PLN29.50"
    assert found["middle"]["bounds"]
    assert found["cheaper"] == "52%"  # one of the same price counts half


def test_a_release_ahead_gets_its_calendar_without_any_table(page: Client) -> None:
    Release.objects.create(title="Żółte światło", release_date=timezone.localdate() + timedelta(days=40))
    found = page.post("/insights/trends/", {"kind": "singles", "calendar": "on"}).context["answer"]
    assert {act["track"] for act in found["moments"]} == {"Żółte światło"}
    assert "Release day" in {act["what"] for act in found["moments"]}


def test_plays_that_fade_tell_their_pace_with_bounds(page: Client) -> None:
    start = date(2026, 9, 1)
    lines = [f"{start + timedelta(days=at)};Żar;{5000 * 0.97**at:.0f}" for at in range(60)]
    asked = {"kind": "singles", "plays": "\n".join(["dzień;utwór;odtworzenia", *lines])}
    (track,) = page.post("/insights/trends/", asked).context["answer"]["tracks"]
    assert track["plays_phase"] == "falling"
    assert track["half_life"]
    assert len(track["weekly"]) == 3


def test_sounds_find_the_similar_track(page: Client) -> None:
    rows = [f"Utwór {number};{90 + number * 7};{number / 10}" for number in range(9)]
    asked = {"kind": "singles", "sounds": "\n".join(["utwór;tempo;energia", *rows])}
    tracks = page.post("/insights/trends/", asked).context["answer"]["tracks"]
    near = next(one for one in tracks if one["track"] == "Utwór 4")["near"]
    assert near[0]["track"] in {"Utwór 3", "Utwór 5"}


def test_nothing_to_tell_from_is_said(page: Client) -> None:
    answer = page.post("/insights/trends/", {"kind": "singles"})
    assert answer.status_code == 422
    assert "Paste a chart" in answer.content.decode()


def test_the_outlook_without_imported_days_says_what_is_missing(page: Client) -> None:
    answer = page.post("/insights/outlook/", OUTLOOK)
    assert answer.status_code == 200
    assert "Fewer than 14 days" in answer.context["answer"]["warning"]


def test_the_outlook_of_imported_days_has_bounds_and_what_more_money_would_bring(page: Client) -> None:
    demo_campaigns.load()
    found = page.post("/insights/outlook/", {**OUTLOOK, "change": "120"}).context["answer"]
    assert len(found["days"]) == 14
    assert all(low and high for _day, _point, low, high in found["days"])
    assert "why" in found["what_if"] or found["what_if"]["gain"][1]


def test_the_outlook_names_its_model_in_polish(editor: object, sign_in: Callable[..., Client]) -> None:
    demo_campaigns.load()
    found = sign_in(editor, "pl").post("/insights/outlook/", OUTLOOK).context["answer"]
    assert str(found["model"]) in {"średnia ważona kilku modeli", "ten sam dzień tygodnia sprzed tygodnia"}


def test_money_follows_what_it_brought_where_the_weeks_can_tell(page: Client) -> None:
    chance = random.Random(3)
    for name, size in (("Meta", 900.0), ("Google", 300.0)):
        campaign = Campaign.objects.create(source="other", name=name, identity=name)
        for week in range(60):
            spend = chance.uniform(50, 150)
            brought = size * (1 - math.exp(-spend / 80)) + chance.gauss(0, 10)
            CampaignDay.objects.create(
                campaign=campaign,
                day=date(2025, 1, 6) + timedelta(days=7 * week),
                currency="PLN",
                spend=spend,
                revenue=brought,
                key=f"{name}{week}",
                values_digest="x",
            )
    found = page.post("/insights/outlook/", {**OUTLOOK, "measure": "revenue", "change": "130"}).context["answer"]
    assert len(found["budget"]["rows"]) == 2
    assert found["what_if"]["gain"][0]


def test_a_clear_test_has_a_winner_and_an_early_one_has_none(page: Client) -> None:
    table = "A trafienia;A próby;B trafienia;B próby\n"
    clear = page.post("/insights/ab/", {"base": "2", "lift": "20", "looks": table + "200;10000;300;10000"})
    early = page.post("/insights/ab/", {"base": "2", "lift": "20", "looks": table + "20;1000;24;1000"})
    assert clear.context["answer"]["winner"] == "B"
    assert (early.context["answer"]["winner"], early.context["answer"]["reason"][:9]) == ("", "Too early")
    assert clear.context["answer"]["needed"] == "21,109"


def test_more_successes_than_tries_are_no_test(page: Client) -> None:
    table = "A trafienia;A próby;B trafienia;B próby\n20;10;5;10"
    assert (
        "more successes than tries"
        in page.post("/insights/ab/", {"base": "2", "lift": "20", "looks": table}).content.decode()
    )
