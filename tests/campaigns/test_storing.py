"""Rows are stored once however often their file comes, also when a worker dies on the way."""

import pytest
from django.contrib.auth.models import User

from marketing import jobs, services
from marketing.campaigns import reading
from marketing.campaigns.storing import keep_file, pieces_of
from marketing.longwork import campaign_import
from marketing.longwork.base import Progress
from marketing.longwork.campaign_import import CampaignImport
from marketing.models import Campaign, CampaignDay, CampaignFilePiece, Job
from marketing.tasks import run_job
from tests.campaigns import exports


@pytest.fixture
def owner(transactional_db):
    return User.objects.create_user("ewa")


def asked(owner, content, **changes):
    file = keep_file("export.csv", [content], owner.pk)
    found = reading.recognise(pieces_of(file))
    shape = {name: getattr(found.shape, name) for name in ("encoding", "separator", "heading_line", "headings")}
    brief = {"file": file.pk, "shape": {**shape, "headings": list(shape["headings"])}}
    brief["choices"] = {**found.choices.kept(), **changes}
    return services.request_long_work(owner, CampaignImport.slug, "Import", brief)


def imported(owner, content, **changes):
    job = asked(owner, content, **changes)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.failure
    return job.result["counts"]


def test_importing_twice_changes_nothing(owner):
    assert imported(owner, exports.META_PL) == {"new": 2, "total": 1}
    assert imported(owner, exports.META_PL) == {"same": 2, "total": 1}
    assert CampaignDay.objects.count() == 2
    assert not CampaignFilePiece.objects.exists()


def test_the_last_import_wins(owner):
    imported(owner, exports.TIKTOK)
    assert imported(owner, exports.TIKTOK.replace(b"12.50,4000", b"13.50,4000")) == {"changed": 1, "total": 1}
    assert CampaignDay.objects.get().spend == pytest.approx(13.5)


def test_a_campaign_with_a_number_keeps_its_days_under_a_new_name(owner):
    imported(owner, exports.GOOGLE_PL)
    text = exports.GOOGLE_PL.decode("utf-16").replace("Czytelnicy", "Czytelniczki").replace("34,50", "34,60")
    assert imported(owner, text.encode("utf-16")) == {"changed": 1, "same": 1, "total": 1}
    assert [one.name for one in Campaign.objects.all()] == ["Czytelniczki"]


def test_currencies_of_one_title_stay_apart(owner):
    assert imported(owner, exports.KDP) == {"new": 2}
    assert {one.currency for one in CampaignDay.objects.all()} == {"EUR", "USD"}


def test_a_takeover_goes_on_behind_the_last_stored_batch(owner, monkeypatch):
    monkeypatch.setattr(campaign_import, "BATCH", 2)
    head = b"Campaign name,Ad group name,By Day,Currency,Cost,Impressions,Clicks (destination)\n"
    content = head + b"".join(b"A,B,2026-09-%02d,USD,1.5,100,%d\n" % (day, day) for day in range(1, 8))
    job = asked(owner, content)
    dead = jobs.claim(job.pk)
    assert dead
    stop = Progress(dead)
    seen = []

    def dying(_self, done, **changes):
        seen.append(done)
        if len(seen) == 3:
            raise KeyboardInterrupt
        jobs.advance(dead, parts_done=done, checkpoint=changes["checkpoint"])

    monkeypatch.setattr(stop.__class__, "report", dying)
    with pytest.raises(KeyboardInterrupt):
        CampaignImport().run(Job.objects.get(pk=job.pk), stop)
    monkeypatch.undo()
    assert CampaignDay.objects.count() == 4
    jobs.advance(dead, lease_until=job.created_at)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert CampaignDay.objects.count() == 7
    assert sum(job.result["counts"].values()) == 7
