"""The brief of a social post: what is refused and how, and that nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketing.forms import SocialPostForm
from marketing.models import Brief, Job
from tests.pages.conftest import FORM

POSTS = "/create/posts/"


def form(**changes: Any) -> SocialPostForm:
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    for name, value in {**FORM, **changes}.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return SocialPostForm(data)


def test_makes_a_job_from_a_valid_brief(page: Client) -> None:
    response = page.post(POSTS, FORM)
    assert response.headers["Location"] == reverse("job", args=[Job.objects.get().pk])


def test_stores_facts_link_and_hashtags_in_the_briefs_form(page: Client) -> None:
    page.post(POSTS, FORM)
    brief = Job.objects.get().brief
    assert brief["facts"] == ["Powieść w trzech częściach", "Okładka: Święta Ćma"]
    assert (brief["link"], brief["hashtags"]) == ("https://example.com/zolw", ["żółw", "gęś"])


@pytest.mark.parametrize(
    ("chosen", "value", "hours"), [({}, 2, []), ({"importance": "high", "needed": "morning"}, 3, [8])]
)
def test_how_much_it_matters_and_how_long_it_can_wait_belong_to_the_job(
    page: Client, chosen: dict[str, str], value: int, hours: list[int]
) -> None:
    page.post(POSTS, {**FORM, **chosen})
    job = Job.objects.get()
    assert (job.value, "importance" in job.brief) == (value, False)
    assert [timezone.localtime(one).hour for one in [job.due_at] if one] == hours


def test_remembers_the_platforms_for_the_next_brief(page: Client) -> None:
    page.post(POSTS, FORM)
    saved = Brief.objects.get().data
    assert saved["platforms"] == ["x", "youtube"]
    assert "title" not in saved


def test_keeps_everything_typed_when_something_is_wrong(page: Client) -> None:
    response = page.post(POSTS, {**FORM, "title": "", "facts": "Fakt z ćmą"})
    assert response.status_code == 422
    assert "Fakt z ćmą" in response.content.decode()
    assert Brief.objects.get().data["facts"] == "Fakt z ćmą"


def test_lists_every_error_above_the_form(page: Client) -> None:
    html = page.post(POSTS, {**FORM, "title": "", "platforms": [], "link": "javascript:alert(1)"}).content.decode()
    assert html.count('<li><a href="#') == 3


def test_opens_with_what_was_typed_last(page: Client) -> None:
    page.post(reverse("brief_save", args=["posts"]), {**FORM, "title": "Ćma w trakcie pisania"})
    assert "Ćma w trakcie pisania" in page.get(POSTS).content.decode()


def test_saves_characters_that_a_json_column_refuses(page: Client) -> None:
    response = page.post(reverse("brief_save", args=["posts"]), {**FORM, "title": "a\x00b"})
    assert response.status_code == 200
    assert Brief.objects.get().data["title"] == "ab"


def test_checks_one_field_and_saves_the_form(page: Client) -> None:
    response = page.post(reverse("brief_check", args=["posts", "link"]), {**FORM, "link": "ftp://example.com"})
    assert "field-error" in response.content.decode()
    assert Brief.objects.get().data["link"] == "ftp://example.com"


def test_has_nothing_to_say_about_a_good_field(page: Client) -> None:
    response = page.post(reverse("brief_check", args=["posts", "title"]), FORM)
    assert response.content.decode().strip() == ""


def test_knows_no_field_of_another_name(page: Client) -> None:
    assert page.post(reverse("brief_check", args=["posts", "password"]), FORM).status_code == 404


def test_opens_the_brief_of_an_earlier_job_again(page: Client, job: Job) -> None:
    html = page.get(POSTS, {"from": str(job.pk)}).content.decode()
    assert "Łucja Źdźbło" in html
    assert "Powieść w trzech częściach" in html


@pytest.mark.parametrize("source", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_knows_no_brief_of_a_job_that_is_not_there(page: Client, source: str) -> None:
    assert page.get(POSTS, {"from": source}).status_code == 404


def test_begins_an_empty_brief_on_demand(page: Client) -> None:
    page.post(reverse("brief_save", args=["posts"]), FORM)
    page.post(reverse("brief_clear", args=["posts"]))
    assert Brief.objects.get().data == {
        "platforms": ["x", "youtube"],
        "variants": "2",
        "tone": "friendly",
        "language": "pl",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "x" * 181),
        ("creator", "x" * 181),
        ("audience", "x" * 301),
        ("facts", "x" * 301),
        ("facts", "\n".join("abcdefghijklmnopqrstu")),
        ("date", "31.02.2027"),
        ("link", "https://user@example.com"),
        ("link", "dwa słowa"),
        ("hashtags", "#123"),
        ("hashtags", "a" * 51),
        ("platforms", ["myspace"]),
        ("platforms", []),
        ("variants", "6"),
        ("language", "de"),
        ("goal", ""),
    ],
)
def test_refuses_with_a_reason_at_the_field(db: None, name: str, value: Any) -> None:
    assert list(form(**{name: value}).errors) == [name]


def test_says_by_how_much_a_title_is_too_long(db: None) -> None:
    assert "7" in form(title="x" * 187).errors["title"][0]


def test_takes_invisible_characters_out_without_a_question(db: None) -> None:
    checked = form(title="Ż\u200bółw\x07")
    assert checked.is_valid(), checked.errors
    assert checked.to_brief()["title"] == "Ż ółw"


def test_takes_a_title_of_180_characters(db: None) -> None:
    assert form(title="ż" * 180).is_valid()


def test_fills_a_stored_brief_back_into_the_form(db: None) -> None:
    shown = SocialPostForm.refill({"facts": ["a", "b"], "hashtags": ["x", "y"]})
    assert (shown["facts"], shown["hashtags"]) == ("a\nb", "#x #y")
