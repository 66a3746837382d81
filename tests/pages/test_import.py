"""Tables that are imported into the catalogue: shown first, stored once, each row with its report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from marketing import jobs
from marketing.models import Artist, Book, Event, Job, Release
from marketing.tasks import run_job

# A job's heartbeat looks at the database from a thread of its own.
runs_jobs = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests run the job themselves.
    monkeypatch.setattr(jobs, "enqueue", lambda _job: None)


def upload(page: Client, kind: str, content: bytes) -> Any:
    file = SimpleUploadedFile("tabela.csv", content, content_type="text/csv")
    return page.post(reverse("catalogue_import"), {"step": "read", "kind": kind, "file": file})


def import_all(page: Client, kind: str, content: bytes) -> Job:
    upload(page, kind, content)
    page.post(reverse("catalogue_import"), {"step": "store"})
    job = Job.objects.latest("created_at")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    return job


RELEASES = (
    "Tytuł;Artysta;EAN;Data;Adres\n"
    "Żółte światło;Ćma i Gęślarze;5901234123457;15.01.2027;example.com/zolte\n"
    "Bez daty;Ćma i Gęślarze;;;\n"
    "Zły kod;Ćma i Gęślarze;5901234123458;;\n"
    ";Ćma i Gęślarze;;;\n"
)


def test_a_table_from_a_polish_spreadsheet_is_shown_before_it_is_stored(page: Client) -> None:
    assert upload(page, "release", RELEASES.encode("cp1250")).status_code == 302
    shown = page.get(reverse("catalogue_import")).content.decode()
    assert "Żółte światło" in shown
    assert "wrong check digit" in shown
    assert not Release.objects.exists()


@runs_jobs
def test_importing_twice_is_importing_once(page: Client) -> None:
    first = import_all(page, "release", RELEASES.encode())
    assert first.result["counts"] == {"new": 2, "wrong": 2}
    second = import_all(page, "release", RELEASES.encode())
    assert second.result["counts"] == {"same": 2, "wrong": 2}
    release = Release.objects.get(upc="5901234123457")
    assert (release.release_date, release.link) == (date(2027, 1, 15), "https://example.com/zolte")
    assert Artist.objects.get() == release.artist
    report = page.get(reverse("catalogue_import_report", args=[second.pk])).content.decode()
    assert "is there already" in report


@runs_jobs
def test_a_table_brings_a_whole_record_up_to_date(page: Client) -> None:
    record = {"title": "Żółte światło", "upc": "5901234123457", "artists": [{"name": "Ćma i Gęślarze"}], "p_line": "x"}
    Release.objects.create(record=record)
    import_all(page, "release", RELEASES.encode())
    release = Release.objects.get(upc="5901234123457")
    assert release.record["release_date"] == "2027-01-15"
    assert release.record["p_line"] == "x"


@runs_jobs
def test_every_kind_can_be_imported_again_and_again(page: Client) -> None:
    tables: list[tuple[str, Any, str]] = [
        ("event", Event, "title,starts,city\nNoc,2026-12-11 19:00,Wrocław\nDzień,12.12.2026 10:00,Łódź\n"),
        ("book", Book, "title,author,isbn\nIndex,Zawada,978-3-16-148410-0\nBez,Zawada,\n"),
        ("artist", Artist, "name,kind\nĆma,artist\nZawada,autor\n"),
    ]
    for kind, model, table in tables * 2:
        import_all(page, kind, table.encode())
        assert model.objects.count() == 2


@pytest.mark.parametrize(
    "content", [b"", b"\x89PNG\r\n\x1a\n\x00", b"a,b\n1,2\n", b"title\n", b"title\n" + b"x\n" * 5001, b"x" * 2_000_001]
)
def test_a_file_that_is_no_table_is_refused_in_words(page: Client, content: bytes) -> None:
    assert upload(page, "release", content).status_code == 422


@runs_jobs
def test_a_row_that_was_broken_off_is_not_stored_twice(page: Client) -> None:
    rows = "name\n" + "".join(f"Zespół {number}\n" for number in range(250))
    upload(page, "artist", rows.encode())
    page.post(reverse("catalogue_import"), {"step": "store"})
    job = Job.objects.latest("created_at")
    told = [[number + 2, f"Zespół {number}", "new", "", ""] for number in range(100)]
    Job.objects.filter(pk=job.pk).update(checkpoint={"told": told}, parts_done=100)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.parts_done, len(job.result["told"])) == (250, 250)
    assert Artist.objects.count() == 150
