"""The report by e-mail: the page's own numbers, in its reader's language, once, whatever dies meanwhile."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as project
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from prometheus import chores, personal_data, report_mails
from providers.access import Role
from providers.models import ReportMail
from providers.monitoring import mailed, rollups
from providers.monitoring.reports import report
from tests.jobs.house import house
from tests.mail_server import MailServer, part
from tests.monitoring.conftest import attempt

__all__ = ["attempt"]
pytestmark = pytest.mark.django_db
WARSAW = ZoneInfo("Europe/Warsaw")
# A Monday at seven in Warsaw.
DUE = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def server(settings):
    with MailServer() as built:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", built.port
        yield built


@pytest.fixture
def analyst(db):
    person = User.objects.create_user("ewa", email="ewa@example.com", password="x")
    person.groups.add(Group.objects.get(name=Role.ANALYST))
    return person


@pytest.fixture
def subscribed(analyst):
    def make(**fields):
        known = {"rhythm": "weekly", "by": "provider", "language": "pl", "address": "ewa@example.com", "next_at": DUE}
        return ReportMail.objects.create(user=analyst, **{**known, **fields})

    return make


@pytest.fixture
def at(monkeypatch):
    """Say what the database's clock shows."""

    def show(moment):
        monkeypatch.setattr("marketing.clock.now", lambda: moment)

    return show


def test_it_holds_the_numbers_of_the_page_as_html_text_and_csv(server, subscribed, at, attempt):
    for minutes in range(8):
        attempt(started_at=DUE - timedelta(days=2, minutes=minutes))
    attempt(started_at=DUE - timedelta(hours=1), outcome="failed", error_class="Overloaded")
    # The hours around the span are not in it.
    attempt(started_at=DUE + timedelta(minutes=1))
    attempt(started_at=DUE - timedelta(days=7, minutes=1))
    rollups.roll_up(DUE - timedelta(days=8), DUE + timedelta(hours=1))
    subscribed()
    at(DUE + timedelta(minutes=6))
    assert report_mails.send_due() == 1
    (message,) = server.taken
    expected = report(7, "provider", DUE - timedelta(microseconds=1))
    assert (expected.total.attempts, expected.total.answered) == (9, 8)
    assert message["To"] == "ewa@example.com"
    assert " ".join(message["Subject"].split()) == "Prometheus AI: wydajność od 16.11.2026 07:00 do 23.11.2026 07:00"
    for kind in ("html", "plain"):
        assert "88,9 %" in part(message, kind)
    assert "Próby: 9" in part(message, "plain")
    (table,) = message.iter_attachments()
    assert table.get_filename() == "prometheus-provider-2026-11-23.csv"
    lines = table.get_content().splitlines()
    assert lines[1].split(",")[:4] == ["", "9", "9", "8"]
    assert lines[2].startswith("groq,9,9,8")
    assert len(lines) == 3


def test_it_speaks_its_readers_language(server, subscribed, at):
    subscribed(language="en", rhythm="daily")
    at(DUE + timedelta(minutes=6))
    report_mails.send_due()
    (message,) = server.taken
    assert message["Subject"].strip().startswith("Prometheus AI: performance")
    assert "Nothing was asked in this span." in part(message, "plain")
    assert "/monitoring/reports/mail/" in part(message, "html")


def test_it_comes_once_and_again_after_its_rhythm(server, subscribed, at):
    row = subscribed()
    for minutes in (-1, 4, 6, 7, 60):
        at(DUE + timedelta(minutes=minutes))
        report_mails.send_due()
    assert len(server.taken) == 1
    row.refresh_from_db()
    assert (row.next_at, row.sent_at) == (DUE + timedelta(days=7), DUE + timedelta(minutes=6))


def test_after_a_long_silence_only_the_newest_is_sent(server, subscribed, at):
    row = subscribed(rhythm="daily", next_at=DUE - timedelta(days=9))
    at(DUE + timedelta(hours=2))
    assert report_mails.send_due() == 1
    row.refresh_from_db()
    assert row.next_at == DUE + timedelta(days=1)
    assert server.taken[0]["Message-ID"].startswith(f"<report.{row.pk}.20261123@")


def test_a_server_that_refuses_is_tried_again_and_the_person_is_told(server, subscribed, at, analyst):
    server.refusing = True
    row = subscribed()
    at(DUE + timedelta(minutes=6))
    assert report_mails.send_due() == 0
    client = Client()
    client.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")
    assert "451" in client.get("/monitoring/reports/mail/").content.decode()
    server.refusing = False
    at(DUE + timedelta(minutes=7))
    assert report_mails.send_due() == 0
    at(DUE + timedelta(minutes=17))
    assert report_mails.send_due() == 1
    row.refresh_from_db()
    assert (row.last_error, row.tries) == ("", 0)


def test_who_may_see_no_figures_any_more_is_sent_none(server, subscribed, at, analyst):
    row = subscribed()
    analyst.groups.clear()
    at(DUE + timedelta(minutes=6))
    assert report_mails.send_due() == 0
    row.refresh_from_db()
    assert (server.taken, row.next_at) == ([], DUE + timedelta(days=7))


@pytest.mark.parametrize(
    ("rhythm", "after", "due"),
    [
        ("daily", "2026-03-28T07:00", "2026-03-29T07:00"),  # the night of summer time
        ("daily", "2026-03-28T06:59", "2026-03-28T07:00"),
        ("weekly", "2026-11-23T07:00", "2026-11-30T07:00"),
        ("monthly", "2026-12-01T07:00", "2027-01-01T07:00"),
    ],
)
def test_it_is_due_at_seven_on_the_desks_clock(rhythm, after, due):
    found = mailed.following(rhythm, datetime.fromisoformat(after).replace(tzinfo=WARSAW))
    assert found == datetime.fromisoformat(due).replace(tzinfo=WARSAW)


@pytest.mark.django_db(transaction=True)
def test_of_several_that_look_at_once_one_sends_it(server, subscribed, at):
    subscribed()
    at(DUE + timedelta(minutes=6))
    gate = threading.Barrier(4)

    def look():
        gate.wait()
        try:
            report_mails.send_due()
        finally:
            connection.close()

    looking = [threading.Thread(target=look) for _ in range(4)]
    for one in looking:
        one.start()
    for one in looking:
        one.join()
    assert len(server.taken) == 1


SUBSCRIBE = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from providers.models import ReportMail
ReportMail.objects.create(
    user=User.objects.create_superuser("ewa"), rhythm="daily", by="model", language="en", address="ewa@example.com",
    next_at=timezone.now() - timedelta(minutes=10),
)
"""
SEND = "from prometheus import report_mails; print(report_mails.send_due())"
LEASE_ENDS = "from providers.models import ReportMail; ReportMail.objects.update(lease_until='2020-01-01T00:00Z')"


def test_a_process_killed_while_it_sends_leaves_it_to_the_next(tmp_path: Path) -> None:
    with MailServer() as server, house(tmp_path, EMAIL_URL=server.url) as built:
        built.python(SUBSCRIBE)
        server.silent = True
        sending = subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{SEND}"],
            env=built.environment, cwd=project.BASE_DIR,
        )  # fmt: skip
        assert server.reached.wait(40)
        sending.send_signal(signal.SIGKILL)
        sending.wait(10)
        server.silent = False
        assert built.python(SEND).strip() == "0"
        assert built.python(f"{LEASE_ENDS}\n{SEND}\n{SEND}").split() == ["1", "0"]
        assert len(server.taken) == 1


def test_a_person_asks_for_it_changes_it_and_ends_it(analyst, client):
    client.force_login(analyst, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/monitoring/reports/mail/").content.decode()
    assert 'value="ewa@example.com"' in page
    typed = {"rhythm": "weekly", "by": "model", "language": "en", "address": "ewa@"}
    refused = client.post("/monitoring/reports/mail/", typed).content.decode()
    assert 'value="ewa@"' in refused
    assert "field-error" in refused
    assert not ReportMail.objects.exists()
    client.post("/monitoring/reports/mail/", {**typed, "address": "e.lis@example.com"})
    row = ReportMail.objects.get(user=analyst)
    assert (row.rhythm, row.by, row.language, row.address) == ("weekly", "model", "en", "e.lis@example.com")
    assert row.next_at.astimezone(WARSAW).weekday() == 0
    client.post("/monitoring/reports/mail/", {**typed, "address": "e.lis@example.com", "rhythm": "monthly"})
    assert ReportMail.objects.get(user=analyst).next_at.astimezone(WARSAW).day == 1
    client.post("/monitoring/reports/mail/", {**typed, "address": "e.lis@example.com", "rhythm": ""})
    assert not ReportMail.objects.exists()


def test_a_person_who_is_erased_is_sent_nothing(subscribed, analyst):
    subscribed()
    assert personal_data.Line("reports by e-mail", 1) in personal_data.erase(analyst)
    assert not ReportMail.objects.exists()


def test_the_clock_looks_for_it():
    assert chores.KINDS["mail-reports"].every == timedelta(minutes=1)
