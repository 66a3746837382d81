"""The campaign pages: a file becomes days, days become figures with bounds, and nobody sees what is not theirs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile

from marketing import demo_campaigns
from marketing.models import Campaign, CampaignDay, CampaignFile, CampaignLayout, Job
from marketing.tasks import run_job
from providers.access import Role
from tests.campaigns import exports


@pytest.fixture
def marketer(transactional_db, client):
    user = User.objects.create_user("ewa")
    user.groups.add(Group.objects.get(name=Role.MARKETER))
    client.force_login(user)
    return user


def uploaded(client, content, name="export.csv"):
    answer = client.post("/campaigns/import/", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def sent(page):
    """The mapping page's form as it stands."""
    choices = page.context["choices"]
    form = {f"column-{place}": name for place, name in enumerate(choices.columns)}
    return {**form, **{name: getattr(choices, name) for name in ("source", "sign", "currency", "title", "account")}}


def stored(client, place, **changes):
    page = client.get(place)
    answer = client.post(place, {**sent(page), **changes, "step": "store"})
    assert answer.status_code == 302, answer.content.decode()
    job = Job.objects.get()
    run_job(str(job.pk))
    return client.get(f"/campaigns/import/{job.pk}/report/")


def test_a_recognised_file_is_stored_with_two_clicks_and_shown(client, marketer):
    place = uploaded(client, exports.META_PL)
    page = client.get(place).content.decode()
    assert "Meta Ads Manager" in page
    assert "1234,56" in page
    assert not CampaignDay.objects.exists()
    assert {name: n for _w, name, n in stored(client, place).context["counts"]} == {"new": 2, "total": 1}
    assert "Żółte światło" in client.get("/campaigns/").content.decode()


def test_a_strange_file_is_mapped_once_and_remembered(client, marketer):
    place = uploaded(client, exports.STRANGE)
    columns = {"column-0": "day", "column-1": "campaign", "column-2": "spend", "column-3": "impressions"}
    assert client.post(place, {**columns, "step": "store"}).context["missing"] == ["currency"]
    stored(client, place, **columns, currency="pln")
    assert CampaignDay.objects.filter(currency="PLN").count() == 2
    again = client.get(uploaded(client, exports.STRANGE))
    assert again.context["choices"].columns == ("day", "campaign", "spend", "impressions")
    assert CampaignLayout.objects.count() == 1


def test_a_song_takes_its_title_from_the_files_name(client, marketer):
    place = uploaded(client, exports.SPOTIFY, "Żółte światło-timeline.csv")
    stored(client, place)
    assert Campaign.objects.get().name == "Żółte światło"


def test_a_file_that_is_no_table_is_refused_in_words(client, marketer):
    answer = client.post("/campaigns/import/", {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04")})
    assert answer.status_code == 422
    assert "skoroszyt" in answer.content.decode()


def test_another_persons_file_is_not_found(client, marketer):
    place = uploaded(client, exports.TIKTOK)
    CampaignFile.objects.update(owner=User.objects.create_user("jan"))
    assert client.get(place).status_code == 404
    assert client.post(f"{place}drop/").status_code == 404


def test_a_dropped_file_is_gone(client, marketer):
    client.post(f"{uploaded(client, exports.TIKTOK)}drop/")
    assert not CampaignFile.objects.exists()


def test_the_empty_page_leads_to_the_import(client, marketer):
    assert "/campaigns/import/" in client.get("/campaigns/").content.decode()


def test_every_figure_leads_to_its_fact_and_every_difference_says_what_it_is(client, marketer):
    assert demo_campaigns.load() == 5 * 84
    assert demo_campaigns.load() == 0
    page = client.get("/campaigns/")
    told = page.content.decode()
    for figure in page.context["figures"]:
        assert f'id="fact-{figure["fact"].id}"' in told
    states = {row["group"].name: row["state"] for row in page.context["sections"][0]["rows"]}
    assert set(states.values()) <= {"better", "worse", "noise"}
    one = client.get(f"/campaigns/{Campaign.objects.get(name__startswith='The').pk}/")
    assert {row["state"] for row in one.context["sections"][1]["rows"]} == {"noise"}
    other = client.get(f"/campaigns/{Campaign.objects.get(name__startswith='Ż').pk}/")
    assert [row["group"].name for row in other.context["sections"][1]["rows"] if row["tired"]] == ["Okładka"]
    clicks = next(line for line in other.context["lines"] if line["slug"] == "clicks")
    assert [str(day) for day, _value, _usual in clicks["anomalies"]] == ["2026-10-01"]


def test_currencies_are_shown_apart_and_never_added(client, marketer):
    stored(client, uploaded(client, exports.KDP))
    euros = client.get("/campaigns/?currency=EUR")
    revenue = next(one for one in euros.context["figures"] if one["fact"].id == "revenue")
    assert revenue["fact"].value == pytest.approx(11.2)


def test_a_periods_total_is_not_added_to_its_days(client, marketer):
    stored(client, uploaded(client, exports.META_EN))
    page = client.get("/campaigns/")
    spend = next(one for one in page.context["figures"] if one["fact"].id == "spend")
    assert (spend["fact"].value, page.context["totals"]) == (pytest.approx(1012.5), 1)


def test_the_table_for_spreadsheets_runs_no_formula(client, marketer):
    stored(client, uploaded(client, exports.TIKTOK.replace(b"Dance", b"=1+1")))
    lines = b"".join(client.get("/campaigns/table.csv").streaming_content).decode()
    assert ",'=1+1," in lines
    assert "2026-09-01,tiktok" in lines
