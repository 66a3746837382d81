"""Whole records on their pages: shown first, stored by a job, each with its report; no more rights than a role has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketing import jobs
from marketing.exchange.tracks import as_tracks
from marketing.metadata.books import onix
from marketing.models import Book, Job, RecordFile, RecordFilePart, Release
from marketing.records import as_json
from marketing.tasks import run_job
from tests.metadata.test_book_rules import book
from tests.metadata.test_music_rules import release

# A job's heartbeat looks at the database from a thread of its own.
runs_jobs = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests run the job themselves.
    monkeypatch.setattr(jobs, "enqueue", lambda _job: None)


def upload(page: Client, content: str | bytes, name: str = "plik.dat") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return page.post(reverse("record_import"), {"file": SimpleUploadedFile(name, data)})


def stored(page: Client, content: str | bytes) -> Job:
    page.post(upload(page, content).headers["Location"], {"step": "store"})
    job = Job.objects.latest("created_at")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    return job


def test_a_file_is_shown_before_anything_is_stored(page: Client) -> None:
    message = onix.to_onix([book(tax_rate=23), book(isbn13="9788324000013")], "Hardban Lab")
    shown = page.get(upload(page, message).headers["Location"]).content.decode()
    assert "ONIX 3.0" in shown
    assert "new: 1" in shown
    assert "is no such code" in shown
    assert ">B19<" in shown
    assert not Book.objects.exists()


def test_what_the_schema_says_is_shown_beside_the_records(page: Client) -> None:
    message = onix.to_onix([book(country="ZZ")], "Hardban Lab")
    assert "What the official schema says" in page.get(upload(page, message).headers["Location"]).content.decode()


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "<a/>", "{}", "Release title\nA\n"])
def test_a_file_of_no_use_is_refused_in_words(page: Client, content: str) -> None:
    answer = upload(page, content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not RecordFile.objects.exists()


def test_no_file_is_told_too(page: Client) -> None:
    assert page.post(reverse("record_import")).status_code == 422


@runs_jobs
def test_importing_twice_is_importing_once(page: Client) -> None:
    first = stored(page, as_tracks([release()]))
    assert (first.result["counts"], Release.objects.count()) == ({"new": 1}, 1)
    assert stored(page, as_tracks([release()])).result["counts"] == {"same": 1}
    html = page.get(reverse("record_import_report", args=[first.pk])).content.decode()
    assert release()["title"] in html
    assert not RecordFilePart.objects.exists()
    assert RecordFile.objects.exclude(imported_at=None).count() == 2


@runs_jobs
def test_a_large_file_is_judged_in_part_and_stored_whole_behind_what_is_there(page: Client) -> None:
    books = [{"title": f"Tom {at}", "isbn13": "", "thema": ["FB"]} for at in range(620)]
    address = upload(page, as_json(books)).headers["Location"]
    html = page.get(address).content.decode()
    assert "The first 500 records are judged here" in html
    page.post(address, {"step": "store"})
    job = Job.objects.latest("created_at")
    Job.objects.filter(pk=job.pk).update(checkpoint={"part": 2, "done": 200, "counts": {"new": 200}})
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.parts_done, job.result["counts"], Book.objects.count()) == (620, {"new": 620}, 420)
    report = page.get(reverse("record_import_report", args=[job.pk])).content.decode()
    assert "Rules that the new and changed entries break" in report


@runs_jobs
def test_a_file_that_is_gone_fails_with_a_sentence(page: Client) -> None:
    page.post(upload(page, as_json([book()])).headers["Location"], {"step": "store"})
    RecordFile.objects.all().delete()
    job = Job.objects.latest("created_at")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, "Import it again" in job.failure["detail"]) == (Job.State.FAILED, True)


def test_a_dropped_file_is_gone_and_old_ones_go_by_themselves(page: Client) -> None:
    page.post(upload(page, as_json([book()])).headers["Location"], {"step": "drop"})
    assert not RecordFile.objects.exists()
    upload(page, as_json([book()]))
    RecordFile.objects.update(created_at=timezone.now() - timedelta(days=4))
    upload(page, as_json([release()]))
    assert RecordFile.objects.get().kind == "release"


def test_a_file_of_somebody_else_is_not_shown(page: Client) -> None:
    address = upload(page, as_json([book()])).headers["Location"]
    RecordFile.objects.update(owner=User.objects.create_user("jan"))
    assert page.get(address).status_code == 404
