"""The decision table over small bodies of every vendor's shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import errors
from providers.adapters.failure_rules import TABLE
from providers.adapters.failures import failure, rule_for
from providers.adapters.refusals import Refusal
from providers.errors import OverloadedError, ProviderError, UnavailableError
from tests.providers.adapters.refusal_cases import CASES, Case

# These do not come from a vendor's answer.
ELSEWHERE = {errors.ForbiddenAddressError, errors.AnswerRejectedError, errors.FallbackExhaustedError}


def read(case: Case) -> Refusal:
    raw = case.body if isinstance(case.body, str) else json.dumps(case.body)
    return Refusal.read(case.status, case.headers, raw.encode())


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_refusal_becomes_its_error_and_blames_what_is_broken(case: Case) -> None:
    raw = case.body if isinstance(case.body, str) else json.dumps(case.body)
    error = failure(case.status, case.headers, raw.encode())
    assert (type(error), error.blame) == (case.expected, case.blame or case.expected.blame)
    assert error.detail


def test_every_error_has_a_case() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)}
    assert known - {ProviderError} == {case.expected for case in CASES} | ELSEWHERE


def test_every_row_of_the_table_is_reached() -> None:
    assert {id(rule_for(read(case))) for case in CASES} == set(map(id, TABLE))


def test_every_code_and_every_word_of_the_table_is_reached() -> None:
    refusals = [read(case) for case in CASES]
    decided = [(rule_for(refusal), refusal) for refusal in refusals]
    idle: list[str] = []
    for rule in TABLE:
        own = [refusal for by, refusal in decided if by is rule]
        idle += [code for code in rule.codes if not any(code in refusal.codes for refusal in own)]
        idle += [word.pattern for word in rule.words if not any(word.search(refusal.haystack) for refusal in own)]
    assert idle == []


def test_a_vendor_that_calls_a_retry_useless_is_believed() -> None:
    body = json.dumps({"error": {"type": "overloaded_error", "message": "Overloaded"}}).encode()
    assert failure(529, {"x-should-retry": "true"}, body).retry_here
    assert not failure(529, {"x-should-retry": "false"}, body).retry_here


def test_one_error_that_blames_another_leaves_its_class_alone() -> None:
    assert OverloadedError(blame=errors.Blame.MODEL).blame is errors.Blame.MODEL
    assert OverloadedError().blame is errors.Blame.PROVIDER


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "said"}}, "said"),
        ([{"error": {"message": "said"}}], "said"),
        ({"message": "said"}, "said"),
        ({"error": "said"}, "said"),
        ({"error": ["said", "more"]}, "said"),
        ({"detail": "said"}, "said"),
        ({"detail": [{"loc": ["body", "x"], "msg": "said"}]}, "body.x – said"),
        ({"errors": [{"code": 1, "message": "said"}]}, "said"),
        ({"status": 404, "title": "Not Found", "detail": "said"}, "said"),
        ("said", "said"),
        ({"error": {"message": "Returned error", "metadata": {"raw": "said"}}}, "Returned error – said"),
        ({"odd": 1}, "HTTP 400 without a word"),
        ({"detail": {"code": 7, "message": "said"}}, "said"),
        ({"object": "error", "message": {"detail": [{"loc": ["body", "x"], "msg": "said"}]}}, "body.x – said"),
        ({"error": {}, "message": "said"}, "said"),
    ],
)  # fmt: skip
def test_the_vendors_words_are_found_in_every_shape(body: Any, said: str) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    assert failure(400, {}, raw.encode()).detail == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "detail", "message", "code", "type", "metadata", "details", "loc", "raw"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), JSON | st.binary(max_size=60))
def test_no_body_breaks_the_reading(status: int, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = failure(status, {"retry-after": "nonsense"}, raw)
    assert isinstance(error, ProviderError)
    assert len(error.detail) <= 1000


def test_a_deep_body_does_not_break_the_reading() -> None:
    assert type(failure(500, {}, b"[" * 100_000)) is UnavailableError


def test_long_words_are_cut() -> None:
    assert len(failure(500, {}, b"word " * 5000).detail) == 1000


def test_the_hub_says_it_in_a_header() -> None:
    assert failure(404, {"x-error-message": "Repository not found"}, b"").detail == "Repository not found"


def test_the_whole_answer_is_kept_where_the_words_are_an_extract() -> None:
    body = {
        "error": {"message": "Provider returned error", "metadata": {"provider_name": "Novita", "hint": "x" * 5000}}
    }
    error = failure(502, {}, json.dumps(body).encode())
    assert error.detail == "Provider returned error"
    assert '"provider_name": "Novita"' in error.raw
    assert len(error.raw) == 2000


def test_words_that_are_the_whole_answer_are_kept_once() -> None:
    error = failure(502, {}, b"upstream connect error")
    assert (error.detail, error.raw) == ("upstream connect error", "")


def test_a_body_of_an_unknown_shape_is_kept_whole() -> None:
    assert failure(400, {}, b'{"odd": {"shape": "hm"}}').raw == '{"odd": {"shape": "hm"}}'


def test_an_answer_beside_an_error_is_not_searched_for_reasons() -> None:
    body = {"error": {"message": "hm"}, "choices": [{"message": {"content": "overloaded, per day, nsfw"}}]}
    assert failure(500, {}, json.dumps(body).encode()).kind == "Unavailable"
