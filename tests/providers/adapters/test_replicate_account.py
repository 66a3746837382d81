"""Models, versions, deployments and predictions of a Replicate account, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from providers.adapters import replicate_account as account
from providers.adapters.base import adapter_for
from providers.adapters.replicate_schema import Schema, capabilities
from providers.errors import BrokenAnswerError, InvalidRequestError, ModelUnavailableError
from providers.types import Capability
from tests.providers.adapters.replicate_places import MODEL, VERSION, model_json, prediction, replicate, says, sent
from tests.upstream import Upstream, replays

T = TypeVar("T")
DEPLOYMENT = {
    "owner": "acme",
    "name": "my-app",
    "current_release": {
        "number": 1,
        "model": "stability-ai/sdxl",
        "version": VERSION,
        "created_at": "2024-02-15T16:32:57.018467Z",
        "created_by": {"type": "organization", "username": "acme", "name": "Acme"},
        "configuration": {"hardware": "gpu-t4", "min_instances": 1, "max_instances": 5},
    },
}
ONE = {"type": "array", "items": {"type": "number"}}


def wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def page(*rows: Any, after: str | None = None) -> Any:
    return replays(200, {}, {"next": after, "previous": None, "results": list(rows)})


def test_deployments_are_listed(upstream: Upstream) -> None:
    endpoint, _ = replicate(upstream, routes={"GET /deployments": page(DEPLOYMENT, {"odd": 1})})
    (found,) = wait(account.deployments(endpoint))
    assert (found.path, found.model_id) == ("acme/my-app", "deployments/acme/my-app")
    settings = found.current_release.configuration
    assert (settings.hardware, settings.min_instances, settings.max_instances) == ("gpu-t4", 1, 5)


def test_a_deployment_is_created_with_all_six_facts_and_nothing_that_costs_by_itself(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream, routes={"POST /deployments": replays(200, {}, DEPLOYMENT)})
    wanted = account.NewDeployment("my-app", "stability-ai/sdxl", VERSION, "gpu-t4")
    assert wait(account.create_deployment(endpoint, wanted)).name == "my-app"
    assert sent(upstream, name, "POST", "/deployments")[0].json == {
        "name": "my-app",
        "model": "stability-ai/sdxl",
        "version": VERSION,
        "hardware": "gpu-t4",
        "min_instances": 0,
        "max_instances": 1,
    }


def test_a_deployment_is_read_changed_and_deleted(upstream: Upstream) -> None:
    routes = {
        "GET deployments/acme/my-app": replays(200, {}, DEPLOYMENT),
        "PATCH deployments/acme/my-app": replays(200, {}, DEPLOYMENT),
        "DELETE deployments/acme/my-app": replays(204, {}, b""),
    }
    endpoint, name = replicate(upstream, routes=routes)
    assert wait(account.deployment(endpoint, "acme/my-app")).current_release.number == 1
    wait(account.change_deployment(endpoint, "acme/my-app", max_instances=2))
    wait(account.delete_deployment(endpoint, "acme/my-app"))
    assert [one.json for one in sent(upstream, name, "PATCH", "my-app")] == [{"max_instances": 2}]
    assert len(sent(upstream, name, "DELETE", "my-app")) == 1


def test_a_deployment_that_is_online_is_not_deleted(upstream: Upstream) -> None:
    body = {"title": "Bad request", "detail": "You cannot delete a deployment that is online", "status": 400}
    endpoint, _ = replicate(upstream, routes={"DELETE deployments/acme/my-app": replays(400, {}, body)})
    with pytest.raises(InvalidRequestError, match="that is online"):
        wait(account.delete_deployment(endpoint, "acme/my-app"))


def test_a_run_is_started_looked_at_and_cancelled(upstream: Upstream) -> None:
    endpoint, name = replicate(
        upstream, says("starting", http=201), routes={"GET predictions/p1": says("processing", logs="50%")}
    )
    started = wait(account.run(endpoint, "deployments/acme/my-app", {"prompt": "Hi"}))
    assert (started.id, started.ended) == ("p1", False)
    assert wait(account.prediction(endpoint, "p1")).logs == "50%"
    assert wait(account.cancel(endpoint, "p1")).status == "canceled"
    assert sent(upstream, name, "POST", "acme/my-app/predictions")[0].json == {"input": {"prompt": "Hi"}}


def test_predictions_are_listed_and_odd_rows_left_out(upstream: Upstream) -> None:
    endpoint, _ = replicate(upstream, routes={"GET /predictions": page(prediction("succeeded"), "odd", {"id": 7})})
    assert [one.status for one in wait(account.predictions(endpoint))] == ["succeeded"]


def test_versions_are_listed(upstream: Upstream) -> None:
    rows = [{"id": VERSION, "created_at": "2026-01-01T00:00:00Z", "openapi_schema": None}]
    endpoint, _ = replicate(upstream, routes={f"GET {MODEL}/versions": page(*rows)})
    assert [one.id for one in wait(account.versions(endpoint, MODEL))] == [VERSION]


def test_pages_are_followed_on_the_same_server_only_and_not_for_ever(upstream: Upstream) -> None:
    model = model_json({"prompt": {"type": "string"}}, {"type": "string"})
    endpoint, name = replicate(upstream)
    upstream.add(name, routes={"GET /models": page(model, after=f"{endpoint.base_url}/models?cursor=x")})
    assert len(wait(account.models(endpoint, pages=3))) == 3
    foreign = f"http://localhost:{upstream.port}/{name}/v1/models?cursor=x"
    upstream.add(name, routes={"GET /models": page(model, after=foreign)})
    assert len(wait(account.models(endpoint, pages=3))) == 1
    assert len(upstream.requests(name)) == 1


def test_official_models_come_first_in_the_list(upstream: Upstream) -> None:
    official = model_json({"prompt": {"type": "string"}}, {"type": "string"}, is_official=True)
    routes = {"GET collections/official": replays(200, {}, {"slug": "official", "models": [official]})}
    endpoint, _ = replicate(upstream, routes=routes)
    (listed,) = wait(adapter_for("replicate").list_models(endpoint))
    assert (listed.model_id, listed.capabilities) == (MODEL, frozenset({Capability.TEXT_GENERATION}))


@pytest.mark.parametrize("path", ["../account", "acme/my app", "acme/../../x", "acme/x?y"])
def test_a_name_never_leads_elsewhere(upstream: Upstream, path: str) -> None:
    endpoint, name = replicate(upstream)
    with pytest.raises(ModelUnavailableError):
        wait(account.model(endpoint, path))
    assert upstream.requests(name) == []


def test_a_webhook_secret_is_read(upstream: Upstream) -> None:
    routes = {"GET webhooks/default/secret": replays(200, {}, {"key": "whsec_c2VjcmV0"})}
    assert wait(account.webhook_secret(replicate(upstream, routes=routes)[0])) == "whsec_c2VjcmV0"


@pytest.mark.parametrize("body", [{}, [], {"key": ""}, {"key": "whsec_"}, {"key": "whsec_???"}, {"key": "c2VjcmV0"}])
def test_what_is_no_webhook_secret_is_not_taken_for_one(upstream: Upstream, body: Any) -> None:
    endpoint, _ = replicate(upstream, routes={"GET webhooks/default/secret": replays(200, {}, body)})
    with pytest.raises(BrokenAnswerError):
        wait(account.webhook_secret(endpoint))


PROMPT = {"prompt": {"type": "string"}}
FILE = {"type": "string", "format": "uri"}


@pytest.mark.parametrize(
    ("inputs", "required", "output", "example", "expected"),
    [
        (PROMPT, ["prompt"], {"type": "string"}, None, {Capability.TEXT_GENERATION}),
        (PROMPT, [], {"type": "array", "items": {"type": "string"}}, None, {Capability.TEXT_GENERATION}),
        (PROMPT, [], FILE, None, {Capability.IMAGE_GENERATION}),
        (PROMPT, [], {"type": "array", "items": FILE}, ["https://x/out.webp"], {Capability.IMAGE_GENERATION}),
        (PROMPT, [], FILE, "https://x/out.mp4", set()),
        (PROMPT, [], {"$ref": "#/components/schemas/F"}, None, {Capability.IMAGE_GENERATION}),
        ({**PROMPT, "image": FILE}, ["prompt", "image"], FILE, None, set()),
        ({"audio": FILE}, ["audio"], {"type": "string"}, None, set()),
        ({"text": {"type": "string"}}, [], ONE, None, {Capability.EMBEDDINGS}),
        ({"texts": {"type": "string"}}, [], {"type": "array", "items": ONE}, None, {Capability.EMBEDDINGS}),
        (
            {"text": {"type": "string"}},
            [],
            {"type": "array", "items": {"type": "object", "properties": {"embedding": ONE}}},
            None,
            {Capability.EMBEDDINGS},
        ),
    ],
)
def test_a_schema_says_what_a_model_can_do(
    inputs: dict[str, Any], required: list[str], output: dict[str, Any], example: Any, expected: set[Capability]
) -> None:
    body = model_json(inputs, output, required=required, schemas={"F": FILE})
    schema = Schema.read(body["latest_version"]["openapi_schema"])
    assert capabilities(schema, example) == expected


@pytest.mark.parametrize("document", [None, [], {}, {"components": 1}, {"components": {"schemas": {"Input": []}}}])
def test_a_document_without_a_schema_says_nothing(document: Any) -> None:
    assert Schema.read(document) is None
    assert capabilities(None) == frozenset()


def test_a_schema_that_refers_to_itself_is_read_all_the_same() -> None:
    loop = {"allOf": [{"$ref": "#/components/schemas/A"}] * 50, "items": {"$ref": "#/components/schemas/A"}}
    schemas = {"A": loop, "Input": {"properties": {"prompt": loop}}, "Output": loop}
    assert Schema.read({"components": {"schemas": schemas}})
