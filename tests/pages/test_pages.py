"""Which pages answer to whom, in both languages, and what their markup must never hold."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing.models import Job, Variant

PAGES = ["start", "posts", "library"]
SignIn = Callable[..., Client]


class Inline(HTMLParser):
    """Gathers whatever a strict content security policy would refuse, and ids that stand twice."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.found.append(tag)
        self.found += [name for name in given if name == "style" or name.startswith(("on", "hx-on"))]
        self.found += [value for name in ("href", "src") if (value := given.get(name) or "").startswith("javascript:")]
        if given.get("id"):
            self.ids.append(str(given["id"]))


def inspect(html: str) -> Inline:
    parser = Inline()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("language", ["pl", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_answers_an_editor_in_both_languages(editor: User, sign_in: SignIn, name: str, language: str) -> None:
    response = sign_in(editor, language).get(reverse(name))
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_sends_a_visitor_to_the_sign_in(client: Client, db: None, name: str) -> None:
    response = client.get(reverse(name))
    assert response.headers["Location"].startswith(reverse("login"))


def test_signs_in_with_name_and_password(client: Client, editor: User) -> None:
    response = client.post(reverse("login"), {"username": editor.username, "password": "correct horse"})
    assert response.headers["Location"] == reverse("start")


def test_says_that_name_or_password_does_not_match(client: Client, editor: User) -> None:
    response = client.post(reverse("login"), {"username": editor.username, "password": "wrong"})
    assert 'role="alert"' in response.content.decode()


def test_pauses_the_sign_in_after_five_wrong_passwords(client: Client, editor: User) -> None:
    for _try in range(5):
        response = client.post(reverse("login"), {"username": editor.username, "password": "wrong"})
    assert response.status_code == 429
    assert "registration/locked.html" in [template.name for template in response.templates]


def test_switches_the_language_without_signing_in(client: Client, db: None) -> None:
    client.post(reverse("set_language"), {"language": "en", "next": reverse("login")})
    assert '<html lang="en">' in client.get(reverse("login")).content.decode()


def test_shows_the_owner_the_job(page: Client, job: Job, variant: Variant) -> None:
    response = page.get(reverse("job", args=[job.pk]))
    assert f'id="variant-{variant.pk}"' in response.content.decode()


def test_hides_a_job_from_a_stranger(stranger: User, sign_in: SignIn, job: Job) -> None:
    assert sign_in(stranger).get(reverse("job", args=[job.pk])).status_code == 404


def test_shows_an_administrator_every_job(boss: User, sign_in: SignIn, job: Job) -> None:
    assert sign_in(boss).get(reverse("job", args=[job.pk])).status_code == 200


@pytest.mark.parametrize("name", ["job_cancel", "job_retry"])
def test_refuses_a_stranger_to_change_a_job(stranger: User, sign_in: SignIn, job: Job, name: str) -> None:
    assert sign_in(stranger).post(reverse(name, args=[job.pk])).status_code == 404


@pytest.mark.parametrize("name", ["edit", "keep", "regenerate", "measure", "restore"])
def test_refuses_a_stranger_to_change_a_variant(stranger: User, sign_in: SignIn, variant: Variant, name: str) -> None:
    response = sign_in(stranger).post(reverse(f"variant_{name}", args=[variant.pk]), {"text": "mine"})
    assert response.status_code == 404


@pytest.mark.parametrize("name", ["job_cancel", "job_retry"])
def test_changes_a_job_only_by_post(page: Client, job: Job, name: str) -> None:
    assert page.get(reverse(name, args=[job.pk])).status_code == 405


def test_refuses_a_change_without_the_csrf_token(editor: User, job: Job) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("job_cancel", args=[job.pk])).status_code == 403


def test_says_on_an_empty_start_page_what_to_do_first(page: Client) -> None:
    assert f"{reverse('posts')}?example=1" in page.get(reverse("start")).content.decode()


def test_tells_only_administrators_to_connect_a_provider(boss: User, sign_in: SignIn, page: Client) -> None:
    assert "connect-title" in sign_in(boss).get(reverse("start")).content.decode()
    assert "connect-title" not in page.get(reverse("start")).content.decode()


def test_asks_again_for_the_job_list_only_while_a_job_runs(page: Client, job: Job) -> None:
    assert "every 3s" not in page.get(reverse("start")).content.decode()
    Job.objects.update(state=Job.State.RUNNING)
    assert "every 3s" in page.get(reverse("start"), headers={"hx-request": "true"}).content.decode()


def test_answers_htmx_with_a_part_of_the_page(page: Client) -> None:
    response = page.get(reverse("library"), headers={"hx-request": "true"})
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("state", list(Job.State))
def test_shows_a_job_in_every_state(page: Client, editor: User, make_job: Any, state: str) -> None:
    job = make_job(editor, state=state, failure={"kind": "ContentRefused"} if state == Job.State.FAILED else {})
    assert page.get(reverse("job", args=[job.pk])).status_code == 200


def test_leads_from_a_request_for_another_text_to_its_card(page: Client, make_job: Any, variant: Variant) -> None:
    again = make_job(variant.root.owner, regenerates=variant)
    response = page.get(reverse("job", args=[again.pk]))
    assert response.headers["Location"].endswith(f"#variant-{variant.pk}")


def test_finds_kept_texts_by_words_and_platform(page: Client, job: Job, make_variant: Any) -> None:
    from django.utils import timezone

    kept = make_variant(job, text="Żółw śpi", kept_at=timezone.now())
    other = make_variant(job, text="Gęś lata", position=2, kept_at=timezone.now())
    html = page.get(reverse("library"), {"q": "śpi", "platform": "x"}).content.decode()
    assert f"variant-{kept.pk}" in html
    assert f"variant-{other.pk}" not in html


def test_keeps_strangers_texts_out_of_the_library(stranger: User, sign_in: SignIn, job: Job, make_variant: Any) -> None:
    from django.utils import timezone

    kept = make_variant(job, kept_at=timezone.now())
    assert f"variant-{kept.pk}" not in sign_in(stranger).get(reverse("library")).content.decode()


def test_turns_the_librarys_pages(page: Client, job: Job, make_variant: Any) -> None:
    from django.utils import timezone

    for position in range(1, 27):
        make_variant(job, position=position, kept_at=timezone.now())
    first = page.get(reverse("library"))
    second = page.get(reverse("library"), {"before": first.context["older"]}).content.decode()
    assert first.content.decode().count("<article") == 24
    assert second.count("<article") == 2
    assert page.get(reverse("library"), {"before": "nowhere"}).content.decode().count("<article") == 24


def test_leafs_through_texts_kept_in_the_same_moment(page: Client, job: Job, make_variant: Any) -> None:
    from django.utils import timezone

    now = timezone.now()
    for position in range(1, 61):
        make_variant(job, position=position, kept_at=now)
    seen: list[str] = []
    before = ""
    for _page in range(3):
        shown = page.get(reverse("library"), {"before": before})
        seen += [str(card.variant.pk) for card in shown.context["cards"]]
        before = shown.context["older"]
    assert (len(seen), len(set(seen)), before) == (60, 60, "")


def test_the_library_asks_as_often_for_many_texts_as_for_few(
    page: Client, job: Job, make_variant: Any, django_assert_max_num_queries: Any
) -> None:
    from django.utils import timezone

    for position in range(1, 61):
        make_variant(job, position=position, kept_at=timezone.now())
    with django_assert_max_num_queries(24):
        page.get(reverse("library"), {"q": "powieść"})


def test_no_page_holds_what_the_policy_refuses(boss: User, sign_in: SignIn, make_job: Any, make_variant: Any) -> None:
    client = sign_in(boss)
    job = make_job(boss, state=Job.State.RUNNING)
    make_variant(job, offline=True)
    paths = [*map(reverse, PAGES), reverse("job", args=[job.pk]), "/nothing/here/", f"{reverse('posts')}?example=1"]
    for path in paths:
        assert inspect(client.get(path).content.decode()).found == [], path


def test_no_page_uses_an_id_twice(page: Client, job: Job, make_variant: Any) -> None:
    make_variant(job)
    make_variant(job, position=2, platform="youtube", title="Tytuł")
    for path in [*map(reverse, PAGES), reverse("job", args=[job.pk])]:
        ids = inspect(page.get(path).content.decode()).ids
        assert len(ids) == len(set(ids)), path


def test_shows_a_text_as_text_and_not_as_markup(page: Client, job: Job, make_variant: Any) -> None:
    make_variant(job, text="<script>alert(1)</script> #<b>tag</b>", title="<i>x</i>")
    html = page.get(reverse("job", args=[job.pk])).content.decode()
    assert "<script>alert" not in html
    assert "<i>x</i>" not in html
