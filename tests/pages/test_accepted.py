"""A suggestion is accepted on the outlook page and found again below it, with what came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from marketing.campaigns import accepting
from marketing.models import AcceptedSuggestion
from providers.access import Role
from tests.campaigns.test_accepting import ASKED, days

pytestmark = pytest.mark.django_db


def test_the_page_accepts_lists_compares_and_takes_back(page: Client) -> None:
    days({"A": 0.02, "B": 0.03}, 0, 60)
    answer = page.post("/insights/outlook/", ASKED).context["answer"]
    scale = next(one for one in answer["suggestions"] if one["slug"] == "scale")
    shown = page.post("/insights/outlook/accept/", {**ASKED, "accept": scale["offer"]}, follow=True)
    (row,) = shown.context["accepted"]["rows"]
    assert row["predicted"] == scale["gain"]
    assert "No outcome is known yet" in shown.content.decode()
    pause = next(one for one in answer["suggestions"] if one["slug"] == "pause")
    page.post("/insights/outlook/accept/", {**ASKED, "accept": pause["offer"]})
    page.post(f"/insights/outlook/accepted/{row['row'].pk}/withdraw/")
    (left,) = page.get("/insights/outlook/").context["accepted"]["rows"]
    AcceptedSuggestion.objects.update(accepted_at=datetime(2026, 6, 1, 12, tzinfo=timezone.get_current_timezone()))
    days({"A": 0.02, "B": 0.03}, 60, 28)
    accepting.judge()
    told = page.get("/insights/outlook/").context["accepted"]
    assert (told["told"], told["inside"], len(told["rows"][0]["actual"])) == (1, 1, 3)
    page.post(f"/insights/outlook/accepted/{left['row'].pk}/withdraw/")
    assert AcceptedSuggestion.objects.count() == 1


def test_an_offer_that_is_none_changes_nothing(page: Client) -> None:
    for offer in ("", "x:scale", "x:budget::", "x:scale:planet:1"):
        shown = page.post("/insights/outlook/accept/", {**ASKED, "accept": offer}, follow=True)
        assert "have changed since" in shown.content.decode()
    assert not AcceptedSuggestion.objects.exists()


def test_who_only_looks_sees_the_list_and_no_button(db: None, sign_in: Callable[..., Client]) -> None:
    analyst = User.objects.create_user("ola")
    analyst.groups.add(Group.objects.get(name=Role.ANALYST))
    days({"A": 0.02, "B": 0.03}, 0, 60)
    shown = sign_in(analyst).post("/insights/outlook/", ASKED)
    assert shown.context["answer"]["suggestions"]
    assert "/accept/" not in shown.content.decode()
