"""Predictions over real sockets: waiting, polling, cancelling, and never paying twice."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ContentRefusedError,
    ModelUnavailableError,
    NetworkError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)
from providers.types import ChatRequest, FinishReason, JSONSchema, Message, Role, Tool
from tests.providers.adapters.asking import HELLO, chat, chat_fault, check_key
from tests.providers.adapters.replicate_places import (
    MODEL,
    TOKEN,
    VERSION,
    created,
    model_json,
    prediction,
    replicate,
    says,
    sent,
)
from tests.upstream import Upstream, cuts_body, replays, resets, slow

TEXT = {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"}
NOT_FOUND = replays(404, {}, {"detail": "The requested resource could not be found.", "status": 404})


def test_a_finished_prediction_is_the_answer(upstream: Upstream) -> None:
    metrics = {"input_token_count": 12, "output_token_count": 3, "predict_time": 0.2}
    endpoint, name = replicate(upstream, says("succeeded", ["Hel", "lo"], http=201, metrics=metrics))
    completion = chat(endpoint)
    assert (completion.text, completion.model_id, completion.vendor_request_id) == ("Hello", MODEL, "p1")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (12, 3)
    assert not completion.usage.estimated
    assert completion.finish_reason is FinishReason.STOP
    request = created(upstream, name)[0]
    assert request.path.endswith(f"/v1/models/{MODEL}/predictions")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.json == {"input": {"prompt": "Say hello.", "system_prompt": "Be brief.", "max_tokens": 50}}


def test_the_vendor_holds_its_answer_for_less_than_the_timeout(upstream: Upstream) -> None:
    for timeout, held in ((30.0, "wait=10"), (6.0, "wait=3"), (1.0, "wait=1")):
        endpoint, name = replicate(upstream, timeout_seconds=timeout)
        chat(endpoint)
        assert created(upstream, name)[0].headers["prefer"] == held


def test_the_vendor_is_told_when_to_give_up_by_itself(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream, timeout_seconds=12.0)
    chat(endpoint)
    assert created(upstream, name)[0].headers["cancel-after"] == "32s"


def test_what_still_runs_is_polled_until_its_end(upstream: Upstream) -> None:
    looks = [says("starting"), says("processing", ["Hel"]), says("succeeded", ["Hel", "lo"])]
    # A complete output beside `processing` is not the end.
    endpoint, name = replicate(
        upstream, says("processing", ["Hel", "lo", " there"], http=201), routes={"GET predictions/p1": looks}
    )
    assert chat(endpoint).text == "Hello"
    assert len(sent(upstream, name, "GET", "/predictions/p1")) == 3
    assert len(created(upstream, name)) == 1
    assert sent(upstream, name, "POST", "/cancel") == []


def test_the_pauses_between_looks_grow(upstream: Upstream) -> None:
    looks = [says("processing")] * 3 + [says("succeeded", "Hello")]
    endpoint, name = replicate(upstream, says("starting", http=201), routes={"GET predictions/p1": looks})
    chat(endpoint)
    times = [one.time for one in sent(upstream, name, "GET", "/predictions/p1")]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert 0.6 < pauses[0] < pauses[1] < pauses[2] < 2.5


def test_a_hiccup_while_polling_does_not_end_a_run_that_is_paid_for(upstream: Upstream) -> None:
    looks = [replays(502, {}, "<html>Bad gateway</html>"), resets(), says("succeeded", "Hello")]
    endpoint, name = replicate(upstream, says("starting", http=201), routes={"GET predictions/p1": looks})
    assert chat(endpoint).text == "Hello"
    assert len(created(upstream, name)) == 1


def test_a_look_that_is_refused_cancels_the_run(upstream: Upstream) -> None:
    refused = replays(401, {}, {"title": "Unauthenticated", "detail": "no valid token", "status": 401})
    endpoint, name = replicate(upstream, says("starting", http=201), routes={"GET predictions/p1": refused})
    assert type(chat_fault(endpoint)) is AuthenticationError
    assert len(sent(upstream, name, "POST", "/p1/cancel")) == 1


def test_a_run_that_takes_too_long_is_cancelled_at_the_vendor(upstream: Upstream) -> None:
    endpoint, name = replicate(
        upstream, says("starting", http=201), routes={"GET predictions/p1": says("processing")}, timeout_seconds=1.2
    )
    began = time.monotonic()
    error = chat_fault(endpoint)
    assert (type(error), error.detail) == (NetworkError, "no answer within 1.2 s")
    assert time.monotonic() - began < 3
    cancelling = sent(upstream, name, "POST", "/predictions/p1/cancel")
    assert [one.headers["authorization"] for one in cancelling] == [f"Bearer {TOKEN}"]


def _give_up(upstream: Upstream, endpoint: Any, name: str, *, after: float = 0.2, linger: float = 0.0) -> bool:
    async def cancel() -> bool:
        asking = asyncio.ensure_future(adapter_for("replicate").chat(endpoint, HELLO))
        await asyncio.to_thread(lambda: _wait_for_creation(upstream, name))
        await asyncio.sleep(after)
        asking.cancel()
        await asyncio.wait({asking}, timeout=10)
        await asyncio.sleep(linger)
        return asking.cancelled()

    return asyncio.run(cancel())


def _wait_for_creation(upstream: Upstream, name: str) -> None:
    deadline = time.monotonic() + 10
    while not created(upstream, name):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_caller_who_gives_up_while_it_is_polled_cancels_the_run(upstream: Upstream) -> None:
    endpoint, name = replicate(
        upstream, says("starting", http=201), routes={"GET predictions/p1": says("processing")}, timeout_seconds=30.0
    )
    assert _give_up(upstream, endpoint, name)
    assert len(sent(upstream, name, "POST", "/predictions/p1/cancel")) == 1


def test_a_caller_who_gives_up_before_the_run_has_a_name_cancels_it_all_the_same(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream, slow(0.7, says("processing", http=201)), timeout_seconds=30.0)
    assert _give_up(upstream, endpoint, name)
    assert len(sent(upstream, name, "POST", "/predictions/p1/cancel")) == 1


def test_a_name_that_comes_late_is_cancelled_behind_the_callers_back(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream, slow(2.0, says("processing", http=201)), timeout_seconds=30.0)
    assert _give_up(upstream, endpoint, name, linger=1.5)
    assert len(sent(upstream, name, "POST", "/predictions/p1/cancel")) == 1


def test_a_cancelling_that_leaves_it_running_is_looked_after_once(upstream: Upstream) -> None:
    endpoint, name = replicate(
        upstream,
        says("starting", http=201),
        routes={"GET predictions/p1": says("processing"), "POST p1/cancel": says("processing")},
        timeout_seconds=0.4,
    )
    chat_fault(endpoint)
    assert len(sent(upstream, name, "POST", "/p1/cancel")) == 1
    assert len(sent(upstream, name, "GET", "/predictions/p1")) == 1


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("NSFW content detected. Try running it again, or try a different prompt.", ContentRefusedError),
        ("The input or output was flagged as sensitive. Please try again. (E005)", ContentRefusedError),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", OverloadedError),
        ("Service is temporarily unavailable. Please try again later. (E003)", OverloadedError),
        ("list index out of range", BrokenAnswerError),
        (None, BrokenAnswerError),
    ],
)
@pytest.mark.parametrize("http", [200, 201])
def test_a_failed_run_is_an_error_although_http_says_success(
    upstream: Upstream, words: str | None, kind: type[ProviderError], http: int
) -> None:
    error = chat_fault(replicate(upstream, says("failed", error=words, http=http))[0])
    assert type(error) is kind
    assert error.detail


@pytest.mark.parametrize("status", ["canceled", "aborted", "something-new"])
def test_an_end_that_is_no_success_is_no_answer(upstream: Upstream, status: str) -> None:
    error = chat_fault(replicate(upstream, says(status, ["Hel", "lo"], http=201))[0])
    assert type(error) is BrokenAnswerError
    assert status in error.detail


@pytest.mark.parametrize("facts", [{"output": None, "data_removed": True}, {"output": None}, {"output": ["", " "]}])
def test_a_success_without_output_is_no_answer(upstream: Upstream, facts: dict[str, Any]) -> None:
    assert type(chat_fault(replicate(upstream, says("succeeded", http=201, **facts))[0])) is BrokenAnswerError


@pytest.mark.parametrize(
    "body", ["[]", '{"id": "../../account", "status": "starting"}', '{"status": "succeeded"}', "not json", "<html>"]
)
def test_what_is_no_prediction_is_broken_and_not_asked_for_again(upstream: Upstream, body: str) -> None:
    endpoint, name = replicate(upstream, replays(201, {"content-type": "application/json"}, body))
    error = chat_fault(endpoint)
    assert (type(error), error.retry_here) == (BrokenAnswerError, False)
    assert len(created(upstream, name)) == 1


@pytest.mark.parametrize("fault", [resets(), cuts_body(), replays(504, {}, ""), replays(500, {}, {"detail": "x"})])
def test_a_start_whose_answer_got_lost_is_never_sent_again(upstream: Upstream, fault: Any) -> None:
    endpoint, name = replicate(upstream, fault)
    error = chat_fault(endpoint)
    assert isinstance(error, UnavailableError | BrokenAnswerError)
    assert error.retry_here is False
    assert len(created(upstream, name)) == 1
    assert len(sent(upstream, name, "GET", "/v1/predictions")) == 1


def test_a_start_whose_answer_got_lost_is_found_in_the_list_and_waited_for(upstream: Upstream) -> None:
    asked = {"prompt": "Say hello.", "system_prompt": "Be brief.", "max_tokens": 50}
    now = datetime.now(UTC).isoformat()
    listed = [
        prediction("processing", id="older", input=asked, created_at="2020-01-01T00:00:00Z"),
        prediction("processing", id="other", input={"prompt": "something else"}, created_at=now),
        prediction("processing", id="p1", input=asked, created_at=now),
    ]
    routes: dict[str, Any] = {
        "GET /predictions": replays(200, {}, {"next": None, "results": listed}),
        "GET predictions/p1": [says("processing"), says("succeeded", "Hello")],
    }
    endpoint, name = replicate(upstream, resets(), routes=routes)
    assert chat(endpoint).text == "Hello"
    assert len(created(upstream, name)) == 1


def test_a_throttled_start_says_how_long_to_wait_and_was_not_started(upstream: Upstream) -> None:
    body = {"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429, "retry_after": 5}
    endpoint, name = replicate(upstream, replays(429, {}, body))
    error = chat_fault(endpoint)
    assert (type(error), error.wait_seconds) == (RateLimitError, 5.0)
    assert sent(upstream, name, "GET", "/v1/predictions") == []


def test_a_server_that_is_not_there_may_be_tried_again(upstream: Upstream) -> None:
    endpoint, _ = replicate(upstream)
    error = chat_fault(replace(endpoint, base_url="http://127.0.0.1:9/v1"))
    assert (type(error), error.retry_here) == (NetworkError, True)


@pytest.mark.parametrize(
    ("model_id", "path", "version"),
    [
        ("meta/llama", "/v1/models/meta/llama/predictions", None),
        (f"meta/llama:{VERSION}", "/v1/predictions", VERSION),
        (VERSION, "/v1/predictions", VERSION),
        ("deployments/acme/my-app", "/v1/deployments/acme/my-app/predictions", None),
    ],
)
def test_a_model_id_knows_its_door(upstream: Upstream, model_id: str, path: str, version: str | None) -> None:
    endpoint, name = replicate(upstream, model_id=model_id, routes={"GET meta/llama": NOT_FOUND})
    assert chat(endpoint).text == "Hello"
    request = created(upstream, name)[0]
    assert request.path.endswith(path)
    assert request.json.get("version") == version
    assert "model" not in request.json


@pytest.mark.parametrize("model_id", ["llama", "", "a/b/c", "../account", "meta/ll ama", "deployments/x"])
def test_what_is_no_model_id_never_leaves(upstream: Upstream, model_id: str) -> None:
    endpoint, name = replicate(upstream, model_id=model_id)
    assert type(chat_fault(endpoint)) is ModelUnavailableError
    assert created(upstream, name) == []


def test_a_community_model_is_run_by_its_latest_version(upstream: Upstream) -> None:
    known = replays(200, {}, model_json({"prompt": {"type": "string"}}, TEXT))
    endpoint, name = replicate(
        upstream,
        routes={f"GET models/{MODEL}": known, f"POST {MODEL}/predictions": NOT_FOUND},
    )
    assert chat(endpoint).text == "Hello"
    first, second = created(upstream, name)
    assert first.path.endswith(f"/models/{MODEL}/predictions")
    assert second.path.endswith("/v1/predictions")
    assert second.json["version"] == VERSION


def test_a_model_that_is_known_to_be_unofficial_is_not_asked_at_the_wrong_door(upstream: Upstream) -> None:
    known = replays(200, {}, model_json({"prompt": {"type": "string"}}, TEXT, is_official=False))
    endpoint, name = replicate(upstream, routes={f"GET models/{MODEL}": known})
    chat(endpoint)
    assert [one.json["version"] for one in created(upstream, name)] == [VERSION]


def test_the_models_own_fields_are_filled(upstream: Upstream) -> None:
    inputs = {
        "prompt": {"type": "string"},
        "system_instruction": {"type": "string"},
        "max_new_tokens": {"type": "integer", "minimum": 128, "maximum": 4096},
        "temperature": {"type": "number", "maximum": 1},
        "stop_sequences": {"type": "string"},
        "seed": {"type": "integer"},
    }
    endpoint, name = replicate(upstream, routes={f"GET models/{MODEL}": replays(200, {}, model_json(inputs, TEXT))})
    request = ChatRequest(
        (
            Message(Role.SYSTEM, "Be brief."),
            Message(Role.USER, "Hi"),
            Message(Role.ASSISTANT, "Hello"),
            Message(Role.USER, "And now?"),
        ),
        max_tokens=50,
        temperature=1.5,
        seed=7,
        stop=("END", "STOP"),
    )
    chat(endpoint, request)
    chat(endpoint, request)
    assert created(upstream, name)[0].json["input"] == {
        "prompt": "User: Hi\n\nAssistant: Hello\n\nUser: And now?\n\nAssistant:",
        "system_instruction": "Be brief.",
        "max_new_tokens": 128,
        "temperature": 1,
        "seed": 7,
        "stop_sequences": "END,STOP",
    }
    assert len(sent(upstream, name, "GET", MODEL)) == 1


def test_a_model_without_a_system_prompt_gets_it_in_front(upstream: Upstream) -> None:
    known = replays(200, {}, model_json({"prompt": {"type": "string"}}, TEXT))
    endpoint, name = replicate(upstream, routes={f"GET models/{MODEL}": known})
    chat(endpoint)
    assert created(upstream, name)[0].json["input"] == {"prompt": "Be brief.\n\nSay hello."}


def test_a_wanted_schema_is_written_into_the_system_prompt(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream)
    chat(endpoint, ChatRequest((Message(Role.USER, "Hi"),), json_schema=JSONSchema("post", {"type": "object"})))
    assert '{"type":"object"}' in created(upstream, name)[0].json["input"]["system_prompt"]


def test_an_answer_as_long_as_it_may_be_was_cut(upstream: Upstream) -> None:
    metrics = {"input_token_count": 12, "output_token_count": 50}
    endpoint, _ = replicate(upstream, says("succeeded", "Hello", http=201, metrics=metrics))
    assert chat(endpoint).finish_reason is FinishReason.LENGTH


def test_thoughts_are_kept_apart(upstream: Upstream) -> None:
    completion = chat(replicate(upstream, says("succeeded", ["<think>hm", "</think>\n\n", "Hello"], http=201))[0])
    assert (completion.text, completion.reasoning) == ("Hello", "hm")


def test_an_object_is_given_as_json(upstream: Upstream) -> None:
    completion = chat(replicate(upstream, says("succeeded", {"text": "zażółć"}, http=201))[0])
    assert json.loads(completion.text) == {"text": "zażółć"}
    assert completion.usage.estimated


def test_a_model_that_must_call_a_function_is_not_asked(upstream: Upstream) -> None:
    endpoint, name = replicate(upstream)
    error = chat_fault(endpoint, ChatRequest((Message(Role.USER, "Hi"),), tools=(Tool("f"),), tool_choice="required"))
    assert (error.try_next, created(upstream, name)) == (True, [])


def test_a_key_is_checked_by_asking_whose_it_is(upstream: Upstream) -> None:
    account = replays(200, {}, {"type": "user", "username": "acme", "name": "Acme"})
    endpoint, name = replicate(upstream, routes={"GET /account": account})
    check_key(endpoint)
    assert [one.path.rpartition("/")[2] for one in upstream.requests(name)] == ["account"]


def test_a_bad_key_is_told(upstream: Upstream) -> None:
    body = {"title": "Unauthenticated", "detail": f"You did not pass a valid token {TOKEN}", "status": 401}
    endpoint, _ = replicate(upstream, routes={"GET /account": replays(401, {}, body)})
    with pytest.raises(AuthenticationError) as caught:
        check_key(endpoint)
    assert TOKEN not in str(caught.value)


def test_the_token_is_not_in_an_error_of_a_run(upstream: Upstream) -> None:
    error = chat_fault(replicate(upstream, says("failed", error=f"bad token {TOKEN}", http=201))[0])
    assert TOKEN not in f"{error} {error.detail}"
