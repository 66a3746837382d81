"""What happens to a text after it was written: versions and their differences, comments, approval, the calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from marketing import reviewing
from marketing.models import Job, PlannedPost, Review, Variant, VariantVersion
from providers.audit import AuditEntry, Deed
from providers.models import Rating

SHORT = "Nowa powieść. #żółw"
TEXTS = [("", ""), ("a b", ""), ("", "a b"), ("Zażółć gęślą", "gęślą jaźń"), ("🎉 a", "a 🎉")]


@pytest.fixture
def approver(db: None, sign_in: Callable[..., Client]) -> Client:
    person = User.objects.create_user("naczelna")
    person.groups.add(Group.objects.get(name="approver"))
    return sign_in(person)


def edit(page: Client, variant: Variant, text: str) -> None:
    page.post(reverse("variant_edit", args=[variant.pk]), {"text": text, "done": "yes"})


def history(page: Client, variant: Variant) -> str:
    return page.get(reverse("variant_history", args=[variant.pk])).content.decode()


def test_a_sitting_is_one_version_and_the_next_one_another(page: Client, variant: Variant) -> None:
    edit(page, variant, "Pierwsza")
    edit(page, variant, "Pierwsza myśl")
    assert VariantVersion.objects.get().text == "Pierwsza myśl"
    VariantVersion.objects.update(saved_at=timezone.now() - timedelta(hours=1))
    edit(page, variant, "Druga myśl")
    assert [one.text for one in VariantVersion.objects.all()] == ["Pierwsza myśl", "Druga myśl"]


def test_the_history_marks_words_that_came_and_went(page: Client, variant: Variant) -> None:
    edit(page, variant, variant.text.replace("Nowa", "Świetna"))
    html = history(page, variant)
    assert "<del>Nowa</del>" in html
    assert "<ins>Świetna</ins>" in html
    assert "redaktorka" in html


def test_an_earlier_version_comes_back_and_the_present_one_stays_in_the_history(page: Client, variant: Variant) -> None:
    edit(page, variant, "Pierwsza")
    VariantVersion.objects.update(saved_at=timezone.now() - timedelta(hours=1))
    edit(page, variant, "Druga")
    first = VariantVersion.objects.get(text="Pierwsza")
    page.post(reverse("variant_restore_version", args=[variant.pk, first.pk]))
    variant.refresh_from_db()
    assert variant.text == "Pierwsza"
    assert VariantVersion.objects.filter(text="Druga").exists()


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_the_pieces_of_a_difference_make_both_texts(before: str, after: str) -> None:
    pieces = list(reviewing.words_changed(before, after))
    assert "".join(piece for kind, piece in pieces if kind != "new") == before
    assert "".join(piece for kind, piece in pieces if kind != "gone") == after


def test_a_comment_is_shown_as_text(page: Client, variant: Variant) -> None:
    page.post(reverse("variant_comment", args=[variant.pk]), {"text": "<b>Za długie</b>"})
    page.post(reverse("variant_comment", args=[variant.pk]), {"text": "   "})
    html = history(page, variant)
    assert "&lt;b&gt;Za długie&lt;/b&gt;" in html
    assert variant.comments.count() == 1


def test_a_text_is_submitted_and_approved_and_the_router_learns_of_it(
    page: Client, approver: Client, job: Job, make_variant: Any
) -> None:
    answered = {"provider": "groq", "model": "m", "attempts": [{"provider": "groq", "model": "m"}]}
    variant = make_variant(job, text=SHORT, provenance=answered)
    page.post(reverse("variant_submit", args=[variant.pk]))
    html = approver.get(reverse("approvals")).content.decode()
    assert "Nowa powieść" in html
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "approve"})
    assert Review.objects.get().state == Review.State.APPROVED
    assert AuditEntry.objects.filter(deed=Deed.APPROVED).exists()
    assert Rating.objects.get().score == 1.0
    assert "approved" in page.get(reverse("job", args=[job.pk])).content.decode()


def test_a_text_is_sent_back_only_with_a_reason(page: Client, approver: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, text=SHORT)
    page.post(reverse("variant_submit", args=[variant.pk]))
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "return", "reason": " "})
    assert Review.objects.get().state == Review.State.SUBMITTED
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "return", "reason": "Brak daty"})
    assert "Brak daty" in history(page, variant)
    page.post(reverse("variant_submit", args=[variant.pk]))
    assert Review.objects.get().reason == ""


def test_an_edit_opens_an_approved_text_again(page: Client, approver: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, text=SHORT)
    page.post(reverse("variant_submit", args=[variant.pk]))
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "approve"})
    edit(page, variant, "Coś innego")
    assert not Review.objects.exists()


def test_what_does_not_fit_is_not_submitted_and_a_wish_can_be_taken_back(
    page: Client, job: Job, make_variant: Any
) -> None:
    long = make_variant(job, text="x" * 400)
    page.post(reverse("variant_submit", args=[long.pk]))
    assert not Review.objects.exists()
    short = make_variant(job, text=SHORT, position=2)
    page.post(reverse("variant_submit", args=[short.pk]))
    page.post(reverse("variant_submit", args=[short.pk]), {"wish": "withdraw"})
    assert not Review.objects.exists()


def test_two_approvers_decide_once(page: Client, approver: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, text=SHORT)
    page.post(reverse("variant_submit", args=[variant.pk]))
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "approve"})
    approver.post(reverse("variant_decide", args=[variant.pk]), {"wish": "return", "reason": "x"})
    assert Review.objects.get().state == Review.State.APPROVED


def test_a_planned_text_stands_in_the_month_and_in_the_file(page: Client, variant: Variant) -> None:
    page.post(reverse("variant_plan", args=[variant.pk]), {"at": "2027-01-15T09:30"})
    html = page.get(f"{reverse('calendar')}?month=2027-01").content.decode()
    assert "09:30 Żółw i gęś" in html
    file = page.get(reverse("calendar_file"))
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert str(event["summary"]) == "X: Żółw i gęś"
    assert event.decoded("dtstart") == PlannedPost.objects.get().at
    page.post(reverse("variant_plan", args=[variant.pk]), {"at": ""})
    assert not PlannedPost.objects.exists()


@pytest.mark.parametrize("typed", ["jutro", "2027-99-99T00:00", "2027-01-15"])
def test_a_time_that_is_none_is_refused(page: Client, variant: Variant, typed: str) -> None:
    answer = page.post(reverse("variant_plan", args=[variant.pk]), {"at": typed}, follow=True)
    assert "no date with a time" in answer.content.decode()
    assert not PlannedPost.objects.exists()


@pytest.mark.parametrize("month", ["", "2027-13", "x", "0001-01"])
def test_a_month_that_is_none_shows_one(page: Client, month: str) -> None:
    assert page.get(f"{reverse('calendar')}?month={month}").status_code == 200


def test_a_calendar_subscribes_under_a_secret_address(page: Client, variant: Variant, editor: User) -> None:
    page.post(reverse("variant_plan", args=[variant.pk]), {"at": "2027-01-15T09:30"})
    html = page.post(reverse("calendar_address"), follow=True).content.decode()
    (address,) = set(re.findall(r"http://testserver(/calendar/feed/[\w-]+\.ics)", html))
    assert "Żółw i gęś".encode() in Client().get(address).content
    page.post(reverse("calendar_address"))
    assert Client().get(address).status_code == 404


def test_a_strangers_calendar_and_history_stay_closed(
    stranger: User, sign_in: Callable[..., Client], page: Client, variant: Variant
) -> None:
    page.post(reverse("variant_plan", args=[variant.pk]), {"at": "2027-01-15T09:30"})
    other = sign_in(stranger)
    assert "09:30" not in other.get(f"{reverse('calendar')}?month=2027-01").content.decode()
    assert other.get(reverse("variant_history", args=[variant.pk])).status_code == 404
    assert other.post(reverse("variant_comment", args=[variant.pk]), {"text": "x"}).status_code == 404
