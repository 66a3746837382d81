"""The capacity pages: what is left, who may change what, a preview that computes, and a request's story."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers import ledger
from providers.audit import AuditEntry
from providers.models import Attempt, Bucket, Circuit, Quota, RoutingPolicy
from providers.orchestrator import Exhausted, Task, complete
from providers.types import ChatRequest, Message, Role
from tests.connecting import connect, upstream
from tests.upstream import answers, server_error

__all__ = ["connect", "upstream"]

REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)


@pytest.fixture
def enter(transactional_db):
    """A browser signed in with a role."""

    def sign_in(role):
        user = User.objects.create_user(f"{role}-{User.objects.count()}", is_staff=role == "administrator")
        user.groups.add(Group.objects.get_or_create(name=role)[0])
        browser = Client(headers={"accept-language": "en"})
        browser.force_login(user)
        return browser

    yield sign_in
    ledger.close()


def ask():
    try:
        return asyncio.run(
            complete(Task("test", deadline_seconds=2.0), REQUEST, check=lambda text, _last: text)
        ).request_id
    except Exhausted:
        return None


def page(browser, name, *arguments):
    return browser.get(reverse(name, args=arguments)).content.decode()


def test_a_marketer_sees_what_is_left(enter, connect):
    Quota.objects.create(
        provider=connect("one", answers("Hello")), metric="requests", period="day", limit=40, window="calendar"
    )
    ask()
    html = page(enter("marketer"), "capacity")
    assert "<strong>39</strong> of 40 left" in html
    assert "Requests a day" in html
    assert "Routing policy" not in html


def test_a_provider_that_rests_says_until_when(enter, connect):
    back = timezone.now() + timedelta(minutes=5)
    provider = connect("one", answers("Hello"))
    Circuit.objects.create(provider=provider, failures=5, open_until=back, reason="Unavailable")
    html = page(enter("marketer"), "capacity")
    assert f"{timezone.localtime(back):%H:%M}" in html
    assert "0 of 1 provider is ready." in html


def test_an_empty_board_says_what_would_stand_there(enter):
    assert "No provider is in use yet" in page(enter("marketer"), "capacity")


def offer(provider):
    Quota.objects.create(provider=provider, metric="requests", period="day", limit=40, window="calendar")
    ask()
    Bucket.objects.update(seen_limit=50, seen_at=timezone.now().timestamp(), seen_source="header")
    return reverse("capacity_accept", args=[Bucket.objects.get().pk])


def test_an_administrator_takes_over_the_vendors_limit_and_the_log_knows(enter, connect):
    address = offer(connect("one", answers("Hello")))
    browser = enter("administrator")
    assert "The vendor says 50." in page(browser, "capacity")
    browser.post(address)
    assert Quota.objects.get().limit == 50
    assert AuditEntry.objects.filter(object_type="quota", deed="changed").exists()


def test_nobody_else_may(enter, connect):
    address = offer(connect("one", answers("Hello")))
    assert enter("marketer").post(address).status_code == 403
    assert Quota.objects.get().limit == 40


def settings_of(**changes):
    row = RoutingPolicy.row()
    names = [field.name for field in RoutingPolicy._meta.fields if field.name != "id"]
    return {name: getattr(row, name) for name in names} | changes


def test_the_policy_is_previewed_before_it_is_kept(enter, connect):
    connect("one", answers("Hello"), priority=1)
    ask()
    browser = enter("administrator")
    html = browser.post(reverse("capacity_policy"), settings_of(latency=3, preview="1")).content.decode()
    assert "0 of 1 decision would begin elsewhere." in html
    assert "one/small" in html
    assert not RoutingPolicy.objects.exists()


def test_a_policy_that_is_kept_is_logged(enter):
    browser = enter("administrator")
    assert browser.post(reverse("capacity_policy"), settings_of(latency=3)).status_code == 302
    assert RoutingPolicy.row().policy().latency == 3
    assert AuditEntry.objects.filter(object_type="routingpolicy").exists()


def test_a_policy_that_cannot_be_is_refused_beside_its_field(enter):
    html = enter("administrator").post(reverse("capacity_policy"), settings_of(exploration=2)).content.decode()
    assert "field-error" in html
    assert not RoutingPolicy.objects.exists()


def test_marketers_have_no_say_in_the_policy(enter):
    assert enter("marketer").get(reverse("capacity_policy")).status_code == 403


def test_a_request_tells_its_story_from_the_plan_to_the_answer(enter, connect):
    connect("one", server_error(), failure_threshold=9)
    connect("two", answers("Hello"))
    number = ask()
    browser = enter("marketer")
    html = page(browser, "request_story", number)
    assert html.index("One · small") < html.index("Two · small")
    assert "priority 10" in html
    assert str(number) in page(browser, "requests")


def test_the_vendors_words_are_for_administrators(enter, connect):
    connect("one", server_error(), failure_threshold=9)
    connect("two", answers("Hello"))
    number = ask()
    assert "<q>" in page(enter("administrator"), "request_story", number)
    assert "<q>" not in page(enter("marketer"), "request_story", number)


def test_a_story_that_nobody_knows_is_not_found(enter):
    assert enter("marketer").get(reverse("request_story", args=[uuid.uuid4()])).status_code == 404


def test_the_list_of_requests_goes_on_where_a_page_ends(enter):
    Attempt.objects.bulk_create(
        Attempt(provider_slug="gone", model_id=f"model-{number}", outcome="answered") for number in range(60)
    )
    browser = enter("marketer")
    html = page(browser, "requests")
    assert "gone · model-59" in html
    assert "gone · model-9<" not in html
    (older,) = set(re.findall(r'href="\?before=(\d+)"', html))
    html = browser.get(f"{reverse('requests')}?before={older}").content.decode()
    assert "gone · model-9<" in html
    assert 'href="?before=' not in html


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_a_place_in_the_list_that_is_none_shows_the_newest(enter, before):
    assert enter("marketer").get(f"{reverse('requests')}?before={before}").status_code == 200
