"""What somebody accepted is kept as it was predicted, and later days say what came, or that they cannot tell."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from marketing.campaigns import accepting
from marketing.campaigns.reading import Row
from marketing.campaigns.storing import Storing
from marketing.models import AcceptedSuggestion, CampaignDay
from providers.audit import AuditEntry, Deed
from tests.campaigns.test_storing import imported

pytestmark = pytest.mark.django_db
START = date(2026, 6, 1)
ASKED = {"measure": "clicks", "horizon": "14", "currency": "PLN"}


def days(rates: dict[str, float], first: int, number: int, *, fall: float = 1.0, seed: int = 4) -> None:
    """Store days of campaigns with these rates of clicks, changed each week by a factor."""
    chance = np.random.default_rng(seed + first)
    rows = []
    for name, rate in rates.items():
        for at in range(first, first + number):
            seen = int(chance.poisson(4000))
            clicks = int(chance.binomial(seen, rate * fall ** (at / 7)))
            values = {"campaign": name, "day": START + timedelta(days=at), "currency": "PLN", "impressions": seen}
            rows.append(Row(at, {**values, "clicks": clicks, "spend": Decimal(seen) / 100}))
    Storing("meta", None).store(rows)


def accept(kind: str, name: str, person: User) -> AcceptedSuggestion:
    """Accept the suggestion about this campaign on the evening of the last stored day."""
    groups = accepting.grouped(accepting.rows_of("PLN"))
    key = next(str(one.key) for one in groups["campaign"] if one.name == name)
    digest = accepting.digest_of(groups)
    found = accepting.accept(kind, "campaign", key, currency="PLN", digest=digest, by=person)
    assert found is not None
    at = datetime.combine(found.period_end, datetime.min.time(), timezone.get_current_timezone())
    AcceptedSuggestion.objects.filter(pk=found.pk).update(accepted_at=at + timedelta(hours=20))
    found.refresh_from_db()
    return found


def judged(one: AcceptedSuggestion) -> AcceptedSuggestion:
    accepting.judge()
    one.refresh_from_db()
    return one


@pytest.fixture
def person() -> User:
    return User.objects.create_user("ola")


def test_an_advantage_that_lasts_comes_out_inside_its_range(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    # 60 days of 4,000 impressions, of which a hundredth more are clicks.
    assert one.low < 2400 < one.high
    days({"A": 0.02, "B": 0.03}, 60, 28)
    one = judged(one)
    assert (one.state, one.why) == ("inside", "")
    assert one.actual_low is not None
    assert one.actual_high is not None
    assert one.actual_low < 2400 < one.actual_high
    assert (one.seen_start, one.seen_end) == (START + timedelta(days=60), START + timedelta(days=87))


def test_an_advantage_that_vanishes_comes_out_below(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    days({"A": 0.02, "B": 0.02}, 60, 28)
    one = judged(one)
    assert one.state == "below"
    assert one.actual == pytest.approx(0, abs=300)


def test_of_a_paused_campaign_its_own_last_days_stand_against_the_others(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("pause", "A", person)
    days({"B": 0.03}, 60, 28)
    assert judged(one).state == "inside"


def test_few_later_days_are_no_outcome_and_more_are(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    assert judged(one).seen_end is None
    days({"A": 0.02, "B": 0.03}, 60, 10)
    assert (judged(one).state, one.why, one.actual) == ("waiting", "too_early", None)
    days({"A": 0.02, "B": 0.03}, 70, 10)
    assert judged(one).actual is not None
    assert accepting.judge() == 0


def test_a_campaign_that_runs_no_more_cannot_be_judged(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    days({"A": 0.02}, 60, 28)
    assert (judged(one).state, one.why) == ("waiting", "too_few")


def test_a_fall_that_stopped_kept_what_was_predicted_and_one_that_went_on_did_not(person: User) -> None:
    days({"A": 0.03, "B": 0.03}, 0, 42, fall=0.9)
    one = accept("refresh", "A", person)
    assert 0 < one.low < one.expected < one.high
    level = 0.03 * 0.9**5.6
    days({"A": level, "B": level}, 42, 28)
    assert judged(one).state in {"inside", "above"}
    days({"A": 0.03, "B": 0.03}, 42, 28, fall=0.9)
    assert judged(one).state == "below"


def weeks(first: int, spends: list[dict[str, float]]) -> None:
    """Store weeks in which two channels with known curves bring revenue."""
    chance = np.random.default_rng(first + 1)
    rows = []
    for week, spend in enumerate(spends, first):
        for name, size in (("Meta", 900.0), ("Google", 300.0)):
            brought = size * (1 - np.exp(-spend[name] / 80)) + chance.normal(0, 5)
            values = {"campaign": name, "day": START + timedelta(days=7 * week + 6), "currency": "PLN"}
            money = {"spend": Decimal(str(round(spend[name], 2))), "revenue": Decimal(str(round(brought, 2)))}
            rows.append(Row(week, {**values, **money}))
    Storing("meta", None).store(rows)


def test_moved_money_is_judged_and_money_that_stayed_is_not(person: User) -> None:
    chance = np.random.default_rng(3)
    before = [{name: float(chance.uniform(50, 150)) for name in ("Meta", "Google")} for _week in range(60)]
    weeks(0, before)
    groups = accepting.grouped(accepting.rows_of("PLN"))
    digest = accepting.digest_of(groups)
    one = accepting.accept("budget", "", "", currency="PLN", digest=digest, by=person)
    assert one is not None
    AcceptedSuggestion.objects.update(accepted_at=datetime(2026, 6, 1, 12, tzinfo=timezone.get_current_timezone()))
    weeks(60, [one.terms["today"]] * 4)
    assert (judged(one).state, one.why) == ("waiting", "not_done")
    weeks(60, [one.terms["suggested"]] * 4)
    one = judged(one)
    sizes = {"Meta": 900.0, "Google": 300.0}
    brings = {
        which: sum(sizes[name] * (1 - np.exp(-value / 80)) for name, value in one.terms[which].items())
        for which in ("today", "suggested")
    }
    assert one.state != "waiting"
    assert one.actual == pytest.approx(brings["suggested"] - brings["today"], abs=60)


def test_what_is_kept_is_computed_here_logged_and_kept_once(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    assert accept("scale", "B", person) == one
    entry = AuditEntry.objects.get(deed=Deed.ACCEPTED)
    assert entry.after["expected"] == one.expected
    assert accepting.accept("pause", "campaign", one.key, currency="PLN", digest=one.digest, by=person) is None
    days({"A": 0.02, "B": 0.03}, 60, 1)
    assert accepting.accept("scale", "campaign", one.key, currency="PLN", digest=one.digest, by=person) is None


@pytest.mark.django_db(transaction=True)
def test_an_import_of_later_days_computes_the_outcome() -> None:
    owner = User.objects.create_user("ewa")
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", owner)
    later = [START + timedelta(days=at) for at in range(60, 76)]
    rows = [f"{day},{name},4000,{clicks},40" for day in later for name, clicks in (("A", 80), ("B", 120))]
    export = "Day,Campaign name,Impressions,Link clicks,Amount spent (PLN)\n" + "\n".join(rows) + "\n"
    assert imported(owner, export.encode())["new"] == 32
    one.refresh_from_db()
    assert (one.state, one.seen_end) == ("inside", later[-1])
    assert one.actual == pytest.approx(2400, rel=0.02)


def test_a_column_that_later_days_lack_is_no_zero(person: User) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    one = accept("scale", "B", person)
    days({"A": 0.02, "B": 0.03}, 60, 28)
    CampaignDay.objects.filter(day__gt=one.period_end).update(clicks=None)
    assert (judged(one).state, one.why) == ("waiting", "too_few")
