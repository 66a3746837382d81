"""Who is asked first: moved by buttons, by dragging, or by number."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from providers.admin.ordering import put_in_order
from providers.models import Provider
from tests.providers.admin_pages import submit, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(db: None) -> dict[str, Provider]:
    """`a` and `b` share a priority, `c` comes after them."""
    places = {"a": 5, "b": 5, "c": 7}
    return {
        slug: Provider.objects.create(
            slug=slug, name=slug.upper(), priority=place, base_url=f"https://{slug}.example.com/v1"
        )
        for slug, place in places.items()
    }


def order() -> list[tuple[str, int]]:
    return list(Provider.objects.values_list("slug", "priority"))


def move(client: Client, provider: Provider, way: str) -> Any:
    return client.post(url("provider_order"), {"move": f"{way}:{provider.pk}"})


def test_a_provider_moves_up_and_all_are_numbered_anew(admin: Client, three: dict[str, Provider]) -> None:
    answer = move(admin, three["c"], "up")
    assert answer.headers["location"] == url("provider_changelist")
    assert order() == [("a", 10), ("c", 20), ("b", 30)]


def test_a_provider_moves_down(admin: Client, three: dict[str, Provider]) -> None:
    move(admin, three["a"], "down")
    assert [slug for slug, _ in order()] == ["b", "a", "c"]


@pytest.mark.parametrize(("slug", "way"), [("a", "up"), ("c", "down"), ("b", "sideways")])
def test_at_the_end_of_the_list_nothing_moves(admin: Client, three: dict[str, Provider], slug: str, way: str) -> None:
    move(admin, three[slug], way)
    assert order() == [("a", 5), ("b", 5), ("c", 7)]


def test_dragging_saves_the_whole_order_in_one_post(admin: Client, three: dict[str, Provider]) -> None:
    wanted = [three[slug].pk for slug in "cab"]
    answer = admin.post(url("provider_order"), {"order": wanted}, headers={"accept": "application/json"})
    assert order() == [("c", 10), ("a", 20), ("b", 30)]
    assert answer.json()["priorities"] == {str(three["c"].pk): 10, str(three["a"].pk): 20, str(three["b"].pk): 30}
    assert "Order saved" in answer.json()["said"]


def test_what_a_page_did_not_show_keeps_its_place(three: dict[str, Provider]) -> None:
    put_in_order([str(three["c"].pk), str(three["a"].pk), "999", "nonsense"])
    assert [slug for slug, _ in order()] == ["c", "b", "a"]


def test_equal_numbers_are_typed_in_the_list(admin: Client, three: dict[str, Provider]) -> None:
    page = text(admin, url("provider_changelist"))
    fields = dict.fromkeys(re.findall(r'name="(form-\d-priority)"', page), "5")
    submit(admin, url("provider_changelist"), **fields, _save="Save")
    assert order() == [("a", 5), ("b", 5), ("c", 5)]


def test_a_change_of_order_is_in_the_history_of_those_that_it_changed(
    admin: Client, three: dict[str, Provider]
) -> None:
    Provider.objects.filter(slug="a").update(priority=10)
    Provider.objects.filter(slug="b").update(priority=20)
    Provider.objects.filter(slug="c").update(priority=30)
    move(admin, three["c"], "up")
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {"B", "C"}


def test_moving_is_offered_only_where_the_list_stands_in_its_own_order(
    admin: Client, three: dict[str, Provider]
) -> None:
    moves = f'formaction="{url("provider_order")}"'
    assert text(admin, url("provider_changelist")).count(moves) == 6
    assert moves not in text(admin, url("provider_changelist"), o="2")
    assert moves not in text(admin, url("provider_changelist"), q="a")


def test_an_order_is_only_taken_by_post(admin: Client) -> None:
    assert admin.get(url("provider_order")).status_code == 405
