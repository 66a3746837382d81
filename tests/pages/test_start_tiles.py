"""The start page at a glance: what needs this person first, and nothing that is not theirs to see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from marketing.models import Campaign, CampaignDay, Job, PlannedPost, Review, Variant
from providers.access import Role
from providers.models import Alert, Circuit, Provider, ProviderKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(sign_in: Callable[..., Client]) -> Callable[..., tuple[dict[str, str], str]]:
    """The tiles that a person of a role sees, by their slug, with the words of the page."""

    def look(role: Role, user: User | None = None) -> tuple[dict[str, str], str]:
        person = user or User.objects.create_user(f"{role}-person")
        person.groups.add(Group.objects.get(name=role.value))
        page = sign_in(person).get("/")
        return {tile.slug: tile.figure for tile in page.context["tiles"]}, page.content.decode()

    return look


def test_an_approver_sees_what_waits_and_a_marketer_does_not(desk, variant: Variant) -> None:
    Review.objects.create(variant=variant)
    assert desk(Role.APPROVER)[0]["approvals"] == "1"
    assert "approvals" not in desk(Role.MARKETER)[0]


def test_a_text_that_was_sent_back_waits_for_its_author_alone(desk, variant: Variant, editor: User) -> None:
    Review.objects.create(variant=variant, state=Review.State.RETURNED, decided_at=timezone.now())
    assert desk(Role.MARKETER, editor)[0]["returned"] == "1"
    assert "returned" not in desk(Role.MARKETER)[0]


def test_what_goes_out_today_says_when_the_first_does(desk, variant: Variant, editor: User) -> None:
    now = timezone.localtime()
    soon = min(now + timedelta(minutes=1), now.replace(hour=23, minute=59, second=59))
    PlannedPost.objects.create(variant=variant, at=soon)
    PlannedPost.objects.create(
        variant=Variant.objects.create(
            root=Job.objects.create(owner=editor, content_type="social-posts", title="x", brief={}),
            job=Job.objects.create(owner=editor, content_type="social-posts", title="y", brief={}),
            platform="x", position=1, language="pl", text="x", original_text="x", provenance={},
        ),
        at=now + timedelta(days=2),
    )  # fmt: skip
    found, page = desk(Role.MARKETER, editor)
    assert found["planned"] == "1"
    assert f"at {soon:%H:%M}" in page


def test_clicks_of_the_last_week_stand_beside_those_before(desk) -> None:
    campaign = Campaign.objects.create(source="other", name="A", identity="a")
    for at in range(14):
        day, clicks = date(2026, 11, 1) + timedelta(days=at), 100 if at < 7 else 200
        CampaignDay.objects.create(campaign=campaign, day=day, clicks=clicks, key=str(at), values_digest="x")
    found, page = desk(Role.ANALYST)
    assert found["campaigns"] == "1,400"
    assert "the week before: 700" in page


def test_an_empty_desk_says_nothing_of_what_is_not(desk) -> None:
    found, page = desk(Role.ADMINISTRATOR)
    assert found == {}
    assert "tiles-row" not in page


def test_providers_that_can_be_asked_are_counted_and_the_next_return_is_told(desk) -> None:
    back = timezone.now() + timedelta(minutes=5)
    for slug in ("one", "two"):
        provider = Provider.objects.create(slug=slug, name=slug, base_url="https://api.example.com/v1")
        provider.models.create(model_id="small", capabilities=["text-generation"])
        key = ProviderKey(provider=provider)
        key.hold("sk-test-0123456789-0123456789")
        key.save()
    Circuit.objects.create(provider=Provider.objects.get(slug="two"), failures=5, open_until=back, reason="Unavailable")
    page = desk(Role.MARKETER)[1]
    assert "<strong>1 / 2</strong>" in page
    assert f"{timezone.localtime(back):%H:%M}" in page


def test_only_administrators_are_told_of_alerts(desk) -> None:
    Provider.objects.create(slug="one", name="one", base_url="https://api.example.com/v1")
    Alert.objects.create(slug="provider:one", told_at=timezone.now())
    assert "thing does not work" in desk(Role.ADMINISTRATOR)[1]
    assert "thing does not work" not in desk(Role.MARKETER)[1]
