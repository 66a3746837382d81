"""The administrator's pages for Replicate: models, deployments that cost nothing unasked, and test predictions."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from providers.models import AIModel, Provider, ProviderKey
from tests.providers.adapters.replicate_places import MODEL, PNG, VERSION, model_json, prediction, says
from tests.providers.adapters.test_replicate_account import DEPLOYMENT
from tests.upstream import Recorded, Upstream, replays

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = {"type": "array", "items": {"type": "string"}}
PROMPT = {"prompt": {"type": "string"}, "max_tokens": {"type": "integer", "maximum": 4096}}
HARDWARE = [{"sku": "cpu", "name": "CPU"}, {"sku": "gpu-t4", "name": "Nvidia T4 GPU"}]
RELEASE = {"version": VERSION, "hardware": "gpu-t4", "min_instances": "0", "max_instances": "2"}
KEY = "sk-planted-acme-0-0123456789"


@pytest.fixture
def acme(connect: Any, upstream: Upstream) -> Provider:
    provider: Provider = connect("acme", protocol="replicate", models=())
    behave(upstream)
    return provider


def behave(upstream: Upstream, **changed: Any) -> None:
    model = model_json(PROMPT, TEXT, is_official=True, description="Writes <b>things</b>", run_count=7)
    routes = {
        "GET collections/official": replays(200, {}, {"models": [model]}),
        "QUERY /models": replays(200, {}, {"results": [model]}),
        f"GET models/{MODEL}": replays(200, {}, model),
        f"GET versions/{VERSION}": replays(200, {}, model["latest_version"]),
        "GET /hardware": replays(200, {}, HARDWARE),
        "GET /deployments": replays(200, {}, {"results": [DEPLOYMENT]}),
        "POST /deployments": replays(200, {}, DEPLOYMENT),
        "GET acme/my-app": replays(200, {}, DEPLOYMENT),
        "PATCH acme/my-app": replays(200, {}, DEPLOYMENT),
        "DELETE acme/my-app": replays(204, {}, b""),
        "GET /predictions": replays(200, {}, {"results": [prediction("succeeded", "Hello")]}),
        "GET predictions/p1": says("processing", logs="Using seed\n 45%|####     | 9/20"),
        "POST p1/cancel": says("canceled"),
        **{name.replace("__", " "): act for name, act in changed.pop("routes", {}).items()},
    }
    upstream.add("acme", says("starting", http=201), routes=routes)


def at(name: str, provider: Provider, *names: str) -> str:
    return reverse(f"admin:providers_replicate_{name}", args=[provider.pk, *names])


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


def told(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def asked(upstream: Upstream, method: str, ending: str) -> list[Recorded]:
    return [one for one in upstream.requests("acme") if one.method == method and one.path.endswith(ending)]


def every_page(provider: Provider) -> Iterator[str]:
    yield at("models", provider)
    yield at("deployments", provider)
    yield at("new_deployment", provider)
    yield at("deployment", provider, "acme", "my-app")
    yield at("predictions", provider)
    yield at("new_prediction", provider)
    yield at("prediction", provider, "p1")


@pytest.mark.parametrize("language", ["pl", "en"])
def test_every_page_answers_without_inline_code_and_without_the_key(
    admin: Client, acme: Provider, language: str
) -> None:
    for address in every_page(acme):
        answer = admin.get(address, headers={"accept-language": language})
        shown = answer.content.decode()
        assert answer.status_code == 200, address
        assert KEY not in shown
        assert not re.search(r"<style|\sstyle=|\son\w+=", shown), address
        assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", shown), address


def test_the_providers_page_leads_there(admin: Client, acme: Provider, groq: Provider) -> None:
    assert at("models", acme) in page(admin, reverse("admin:providers_provider_change", args=[acme.pk]))
    assert "/replicate/" not in page(admin, reverse("admin:providers_provider_change", args=[groq.pk]))


@pytest.fixture
def groq() -> Provider:
    return Provider.objects.create(slug="groq", name="Groq", base_url="https://api.groq.com/openai/v1")


def test_only_who_may_change_the_provider_gets_in(acme: Provider, groq: Provider, admin: Client) -> None:
    staff = Client()
    staff.force_login(
        User.objects.create_user("clerk", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    for address in every_page(acme):
        assert staff.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert admin.get(at("models", groq)).status_code == 404


def test_models_are_searched_by_words(admin: Client, acme: Provider, upstream: Upstream) -> None:
    shown = page(admin, at("models", acme), q="llama")
    assert asked(upstream, "QUERY", "/models")[0].body == b"llama"
    assert MODEL in shown
    assert "writing text" in shown
    assert "Writes &lt;b&gt;things" in shown


def test_a_model_is_put_to_use_with_what_its_schema_says(admin: Client, acme: Provider, upstream: Upstream) -> None:
    answer = admin.post(at("models", acme), {"model": MODEL}, follow=True)
    assert "can be asked from now on" in told(answer)
    added = AIModel.objects.get()
    assert (added.model_id, added.capabilities, added.max_output_tokens, added.streaming) == (
        MODEL,
        ["text-generation"],
        4096,
        True,
    )
    assert "Added already" in page(admin, at("models", acme))
    assert "is there already" in told(admin.post(at("models", acme), {"model": MODEL}, follow=True))


def test_a_community_model_that_draws_is_added_by_its_version(
    admin: Client, acme: Provider, upstream: Upstream
) -> None:
    drawing = model_json(PROMPT, {"type": "string", "format": "uri"})
    behave(upstream, routes={f"GET__models/{MODEL}": replays(200, {}, drawing)})
    admin.post(at("models", acme), {"model": MODEL})
    added = AIModel.objects.get()
    assert (added.model_id, added.capabilities) == (f"{MODEL}:{VERSION}", ["image-generation"])


def test_a_model_that_cannot_be_asked_in_words_is_not_added(admin: Client, acme: Provider, upstream: Upstream) -> None:
    hearing = model_json({"audio": {"type": "string", "format": "uri"}}, {"type": "string"}, required=["audio"])
    behave(upstream, routes={f"GET__models/{MODEL}": replays(200, {}, hearing)})
    assert "cannot be asked in words" in told(admin.post(at("models", acme), {"model": MODEL}, follow=True))
    assert not AIModel.objects.exists()


@pytest.mark.parametrize("model", ["", "../account", "nobody/nothing"])
def test_a_model_that_is_none_is_not_added(admin: Client, acme: Provider, upstream: Upstream, model: str) -> None:
    behave(upstream, routes={"GET__nobody/nothing": replays(404, {}, {"detail": "Not found.", "status": 404})})
    assert "Replicate refused" in told(admin.post(at("models", acme), {"model": model}, follow=True))
    assert not AIModel.objects.exists()


def test_deployments_say_what_costs_money_all_the_time(admin: Client, acme: Provider) -> None:
    shown = page(admin, at("deployments", acme))
    assert "acme/my-app" in shown
    assert "1 to 5 machines" in shown
    assert "Costs money day and night" in shown


def test_a_new_deployment_keeps_no_machine_on_unless_somebody_wants_it(
    admin: Client, acme: Provider, upstream: Upstream
) -> None:
    shown = page(admin, at("new_deployment", acme), model=MODEL)
    assert re.search(r'name="min_instances" value="0"', shown)
    answer = admin.post(
        at("new_deployment", acme),
        {"name": "my-app", "model": MODEL, "hardware": "gpu-t4", "min_instances": "0", "max_instances": "1"},
        follow=True,
    )
    assert "acme/my-app was created" in told(answer)
    assert asked(upstream, "POST", "/deployments")[0].json == {
        "name": "my-app",
        "model": MODEL,
        "version": VERSION,
        "hardware": "gpu-t4",
        "min_instances": 0,
        "max_instances": 1,
    }


def test_machines_that_are_always_on_take_a_second_yes(admin: Client, acme: Provider, upstream: Upstream) -> None:
    address = at("new_deployment", acme)
    wanted = {"name": "my-app", "model": MODEL, **RELEASE, "min_instances": "2"}
    assert "2 machines would run and be paid for day and night" in admin.post(address, wanted).content.decode()
    assert asked(upstream, "POST", "/deployments") == []
    assert admin.post(address, {**wanted, "costs_accepted": "on"}).status_code == 302
    assert asked(upstream, "POST", "/deployments")[0].json["min_instances"] == 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"name": "My App"}, "small letters"),
        ({"model": "llama"}, "owner/name"),
        ({"version": "latest"}, "64 characters"),
        ({"hardware": "abacus"}, "Select a valid choice"),
        ({"min_instances": "6", "costs_accepted": "on"}, "less than or equal to 5"),
        ({"max_instances": "21"}, "less than or equal to 20"),
        ({"min_instances": "3", "max_instances": "1", "costs_accepted": "on"}, "less than the machines"),
    ],
)
def test_a_deployment_that_makes_no_sense_never_leaves(
    admin: Client, acme: Provider, upstream: Upstream, changes: dict[str, str], fault: str
) -> None:
    answer = admin.post(at("new_deployment", acme), {"name": "my-app", "model": MODEL, **RELEASE, **changes})
    assert fault in answer.content.decode()
    assert asked(upstream, "POST", "/deployments") == []


def test_a_refused_deployment_shows_the_vendors_words_and_keeps_the_form(
    admin: Client, acme: Provider, upstream: Upstream
) -> None:
    behave(upstream, routes={"POST__/deployments": replays(409, {}, {"detail": "name is taken", "status": 409})})
    answer = admin.post(at("new_deployment", acme), {"name": "my-app", "model": MODEL, **RELEASE})
    assert "Replicate refused: name is taken" in answer.content.decode()
    assert 'value="my-app"' in answer.content.decode()


def test_a_deployment_is_changed_added_and_deleted(admin: Client, acme: Provider, upstream: Upstream) -> None:
    address = at("deployment", acme, "acme", "my-app")
    assert "was changed" in told(admin.post(address, {"do": "change", **RELEASE}, follow=True))
    assert asked(upstream, "PATCH", "my-app")[0].json == {
        "version": VERSION,
        "hardware": "gpu-t4",
        "min_instances": 0,
        "max_instances": 2,
    }
    admin.post(address, {"do": "add"})
    added = AIModel.objects.get()
    assert (added.model_id, added.capabilities) == ("deployments/acme/my-app", ["text-generation"])
    assert "was deleted" in told(admin.post(address, {"do": "delete"}, follow=True))
    assert len(asked(upstream, "DELETE", "my-app")) == 1


def test_a_test_prediction_shows_its_progress_and_can_be_cancelled(
    admin: Client, acme: Provider, upstream: Upstream
) -> None:
    started = admin.post(at("new_prediction", acme), {"model": "deployments/acme/my-app", "prompt": "Hi"})
    assert started.headers["location"] == at("prediction", acme, "p1")
    assert asked(upstream, "POST", "my-app/predictions")[0].json == {"input": {"prompt": "Hi"}}
    shown = page(admin, at("prediction", acme, "p1"))
    assert 'value="45"' in shown
    assert 'hx-trigger="every 2s"' in shown
    piece = admin.get(at("prediction", acme, "p1"), headers={"hx-request": "true"}).content.decode()
    assert "<html" not in piece
    assert "running" in piece
    admin.post(at("prediction", acme, "p1"))
    assert len(asked(upstream, "POST", "p1/cancel")) == 1


def test_a_finished_prediction_shows_its_text_and_is_not_asked_for_again(
    admin: Client, acme: Provider, upstream: Upstream
) -> None:
    behave(upstream, routes={"GET__predictions/p1": says("succeeded", ["<i>Hel", "lo</i>"])})
    shown = page(admin, at("prediction", acme, "p1"))
    assert "&lt;i&gt;Hello&lt;/i&gt;" in shown
    assert "hx-trigger" not in shown


def test_a_finished_picture_is_shown_from_within_the_page(admin: Client, acme: Provider, upstream: Upstream) -> None:
    picture = f"{acme.base_url}/out.png"
    behave(
        upstream,
        routes={
            "GET__predictions/p1": says("succeeded", [picture]),
            "GET__out.png": replays(200, {"content-type": "image/png"}, PNG),
        },
    )
    shown = page(admin, at("prediction", acme, "p1"))
    assert f"data:image/png;base64,{base64.b64encode(PNG).decode()}" in shown.replace("&#x2B;", "+").replace(
        "&#x3D;", "="
    )
    assert picture not in shown


def test_without_a_key_nothing_is_asked(admin: Client, acme: Provider, upstream: Upstream) -> None:
    ProviderKey.objects.all().delete()
    Provider.objects.update(allow_private_address=False)
    for address in every_page(acme):
        assert "There is no key to ask with" in page(admin, address) or "new/" in address
    assert upstream.requests("acme") == []


def test_a_vendor_that_is_away_leaves_the_pages_standing(admin: Client, acme: Provider, upstream: Upstream) -> None:
    Provider.objects.update(base_url="http://127.0.0.1:9/v1")
    for address in every_page(acme):
        assert admin.get(address).status_code == 200
    assert "Replicate refused" in page(admin, at("models", acme))
