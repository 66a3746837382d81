"""Picking models and data sets from the Hub in the administration."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from providers.models import AIModel, DatasetReference, Provider
from tests import hugging_face
from tests.providers.admin_pages import text, url
from tests.upstream import Upstream, replays

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def hf(upstream: Upstream) -> Provider:
    return hugging_face.provider(hugging_face.house(upstream))


def add(client: Client, provider: Provider, model_id: str, **headers: str) -> Any:
    return client.post(url("provider_hub_add", provider.pk), {"model_id": model_id}, headers=headers)


# Models


def test_a_search_shows_what_a_choice_needs(admin: Client, hf: Provider) -> None:
    page = text(admin, url("provider_hub", hf.pk), q="llama")
    assert "meta-llama/Llama-3.1-8B-Instruct" in page
    assert "groq, cerebras, novita" in page
    assert "1,234,567" in page
    assert "apache-2.0" in page
    assert "Gated: its terms" in page
    assert page.count("Add to Hugging Face") >= 4
    assert "The product has no use for this task." in page
    assert "Nobody serves it where it could be asked." in page


def test_typing_brings_the_results_alone_and_asks_the_hub_once(admin: Client, hf: Provider, upstream: Upstream) -> None:
    for _ in range(3):
        answer = admin.get(url("provider_hub", hf.pk), {"q": "llama", "task": "text-generation"}, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert "meta-llama/Llama-3.1-8B-Instruct" in page
    (asked,) = upstream.requests("hf")
    assert "search=llama" in asked.path
    assert "pipeline_tag=text-generation" in asked.path
    assert "inference=warm" in asked.path


def test_what_nobody_serves_is_shown_on_request(admin: Client, hf: Provider, upstream: Upstream) -> None:
    text(admin, url("provider_hub", hf.pk), everything="on")
    assert "inference=warm" not in upstream.requests("hf")[0].path


def test_more_models_follow_by_the_cursor(admin: Client, upstream: Upstream) -> None:
    hf = hugging_face.provider(hugging_face.house(upstream, more=True))
    page = text(admin, url("provider_hub", hf.pk), q="llama")
    more = re.search(r'hx-get="\?([^"]+)"', page)
    assert more
    further = admin.get(f"{url('provider_hub', hf.pk)}?{more[1].replace('&amp;', '&')}", headers=HTMX).content.decode()
    assert "org/second-page" in further
    assert "meta-llama" not in further
    assert "<ol" not in further
    assert "More models" not in further


@pytest.mark.parametrize(
    ("model_id", "facts"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", ("text-generation", 16384, True)),
        ("BAAI/bge-small-en-v1.5", ("embeddings", 8192, False)),
        ("facebook/bart-large-mnli", ("zero-shot-classification", 1024, False)),
        ("unitary/toxic-bert", ("moderation", 512, False)),
    ],
)
def test_an_added_model_knows_what_it_can(
    admin: Client, hf: Provider, model_id: str, facts: tuple[str, int, bool]
) -> None:
    answer = add(admin, hf, model_id, **HTMX)
    row = AIModel.objects.get()
    assert (row.provider, row.model_id, row.enabled) == (hf, model_id, True)
    assert (*row.capabilities, row.context_tokens, row.json_schema) == facts
    assert url("aimodel_change", row.pk) in answer.content.decode()
    assert "Added already" in text(admin, url("provider_hub", hf.pk))


@pytest.mark.parametrize(
    ("model_id", "words"),
    [
        ("openai/whisper-large-v3", "has no use for its task"),
        ("org/cold-model", "Nobody serves this model now"),
        ("black-forest-labs/FLUX.1-schnell", "Nobody serves this model now"),
        ("org/missing", "The Hub does not have it"),
        ("../../etc", "The Hub does not understand this"),
    ],
)
def test_a_model_of_no_use_is_not_added(admin: Client, hf: Provider, model_id: str, words: str) -> None:
    assert words in add(admin, hf, model_id, **HTMX).content.decode()
    assert not AIModel.objects.exists()


def test_adding_twice_changes_nothing(admin: Client, hf: Provider) -> None:
    add(admin, hf, "BAAI/bge-small-en-v1.5")
    AIModel.objects.update(quality=5, enabled=False)
    add(admin, hf, "BAAI/bge-small-en-v1.5")
    assert AIModel.objects.values_list("quality", "enabled").get() == (5, False)


def test_without_a_script_adding_leads_back_to_the_search(admin: Client, hf: Provider) -> None:
    answer = add(admin, hf, "BAAI/bge-small-en-v1.5")
    assert answer.status_code == 302
    assert "Added: BAAI/bge-small-en-v1.5." in text(admin, answer["location"])


def test_a_chat_model_is_added_even_when_the_router_tells_nothing(admin: Client, upstream: Upstream) -> None:
    silent = {"GET /v1/models": replays(500, {}, "no")}
    hf = hugging_face.provider(hugging_face.house(upstream, silent))
    add(admin, hf, "meta-llama/Llama-3.1-8B-Instruct")
    assert AIModel.objects.get().context_tokens == 4096


def test_the_hubs_refusal_is_told_and_nothing_more_is_asked_meanwhile(admin: Client, upstream: Upstream) -> None:
    busy = {"GET /api/models": replays(429, {"ratelimit": '"api";r=0;t=243'}, {"error": "slow down"})}
    hf = hugging_face.provider(hugging_face.house(upstream, busy))
    assert "Try again in 243 seconds." in text(admin, url("provider_hub", hf.pk), q="a")
    assert "The Hub had too many questions" in text(admin, url("provider_hub", hf.pk), q="b")
    assert len(upstream.requests("hf")) == 1


def test_the_stored_key_goes_to_the_hub_and_never_into_a_page(admin: Client, hf: Provider, upstream: Upstream) -> None:
    page = text(admin, url("provider_hub", hf.pk))
    assert upstream.requests("hf")[0].headers["authorization"] == f"Bearer {hugging_face.KEY}"
    assert hugging_face.KEY not in page


def test_the_public_hub_needs_no_key(admin: Client, hf: Provider, upstream: Upstream) -> None:
    hf.keys.all().delete()
    assert "meta-llama" in text(admin, url("provider_hub", hf.pk))
    assert "authorization" not in upstream.requests("hf")[0].headers


def test_pages_of_other_protocols_have_no_hub(admin: Client, groq: Provider) -> None:
    assert admin.get(url("provider_hub", groq.pk)).status_code == 404
    assert url("provider_hub", groq.pk) not in text(admin, url("provider_change", groq.pk))


def test_the_providers_page_and_the_list_of_models_lead_to_the_search(admin: Client, hf: Provider) -> None:
    assert url("provider_hub", hf.pk) in text(admin, url("provider_change", hf.pk))
    assert url("provider_hub_choose") in text(admin, url("aimodel_changelist"))
    assert admin.get(url("provider_hub_choose"))["location"] == url("provider_hub", hf.pk)
    hugging_face.provider(hf.base_url, slug="second")
    assert "Which provider are the models for?" in text(admin, url("provider_hub_choose"))


def test_without_a_hugging_face_provider_the_way_to_one_is_shown(admin: Client) -> None:
    assert url("provider_catalogue") in text(admin, url("provider_hub_choose"))


# Data sets


def test_a_data_set_is_found_looked_at_and_kept(admin: Client, hf: Provider) -> None:
    page = text(admin, url("datasetreference_hub"), q="songs")
    rows = url("datasetreference_rows")
    assert f"{rows}?id=music/songs" in page
    shown = text(admin, rows, id="music/songs", part="default/test")
    assert "Rows 1 to 20 of 45" in shown
    assert "<td>Song 0</td>" in shown
    fields = {"dataset_id": "music/songs", "config": "default", "split": "test", "note": "Listeners"}
    answer = admin.post(f"{rows}?id=music/songs&part=default/test", fields)
    assert answer["location"] == url("datasetreference_changelist")
    kept = DatasetReference.objects.get()
    assert (kept.dataset_id, kept.config, kept.split, kept.note) == ("music/songs", "default", "test", "Listeners")
    assert str(kept.added_by) == "boss"
    assert "This part is kept already." in text(admin, rows, id="music/songs", part="default/test")
    assert "music/songs" in text(admin, url("datasetreference_changelist"))
    assert text(admin, url("datasetreference_change", kept.pk))


def test_rows_are_paged(admin: Client, hf: Provider) -> None:
    last = text(admin, url("datasetreference_rows"), id="music/songs", part="default/train", offset="45")
    assert "Rows 41 to 45 of 45" in last
    assert "Rows before" in last
    assert "Rows after" not in last
    fragment = admin.get(url("datasetreference_rows"), {"id": "music/songs", "offset": "20"}, headers=HTMX)
    assert "<html" not in fragment.content.decode()
    assert "Song 20" in fragment.content.decode()


def test_rows_can_be_searched(admin: Client, hf: Provider, upstream: Upstream) -> None:
    assert "Rows 1 to 1 of 1" in text(admin, url("datasetreference_rows"), id="music/songs", q="sea")
    assert "query=sea" in upstream.requests("hf")[-1].path


def test_rows_that_are_still_prepared_say_so_and_the_rest_of_the_page_stands(admin: Client, upstream: Upstream) -> None:
    waiting = {"GET /rows": replays(500, {"x-error-code": "ResponseNotReady"}, {"error": "busy"})}
    hugging_face.provider(hugging_face.house(upstream, waiting))
    page = text(admin, url("datasetreference_rows"), id="music/songs")
    assert "The Hub is still preparing this. Try again in 10 seconds." in page
    assert "Songs of four continents" in page


@pytest.mark.parametrize("name", ["", "../x", "a/b/c"])
def test_a_name_that_cannot_be_is_no_page(admin: Client, hf: Provider, upstream: Upstream, name: str) -> None:
    assert admin.get(url("datasetreference_rows"), {"id": name}).status_code == 404
    assert upstream.requests("hf") == []


def test_the_same_part_is_not_kept_twice(admin: Client, hf: Provider) -> None:
    fields = {"dataset_id": "music/songs", "config": "default", "split": "train"}
    for _ in range(2):
        answer = admin.post(f"{url('datasetreference_rows')}?id=music/songs", fields)
    assert answer.status_code == 200
    assert DatasetReference.objects.count() == 1


def test_a_new_data_set_is_found_rather_than_typed(admin: Client) -> None:
    assert admin.get(url("datasetreference_add"))["location"] == url("datasetreference_hub")


def test_pages_need_neither_inline_script_nor_inline_style(admin: Client, hf: Provider) -> None:
    pages = [
        text(admin, url("provider_hub", hf.pk)),
        text(admin, url("provider_hub_choose").replace("hub/", f"{hf.pk}/hub/")),
        text(admin, url("datasetreference_hub")),
        text(admin, url("datasetreference_rows"), id="music/songs"),
    ]
    for page in pages:
        assert not re.search(r"<style|\sstyle=|\son\w+=", page)
        assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
