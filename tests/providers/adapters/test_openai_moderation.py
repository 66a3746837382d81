from __future__ import annotations

from typing import Any

import pytest

from providers.errors import BrokenAnswerError, InvalidRequestError
from providers.types import Capability, Endpoint, Moderation, ModerationRequest
from tests.providers.adapters.asking import perform, perform_fault
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Upstream, replays

ONE = ModerationRequest(("How lovely",))


def moderate(endpoint: Endpoint, request: ModerationRequest = ONE) -> Moderation:
    result = perform(endpoint, Capability.MODERATION, request)
    assert isinstance(result, Moderation)
    return result


def verdicts(*results: Any, **more: Any) -> Behaviour:
    return replays(200, {}, {"id": "modr-1", "model": "omni-dated", "results": list(results), **more})


def openai(*, flagged: bool, **scores: float) -> dict[str, Any]:
    categories = {name: score > 0.5 for name, score in scores.items()}
    return {"flagged": flagged, "categories": categories, "category_scores": scores}


def test_each_text_gets_its_verdict_in_order(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(verdicts(openai(flagged=False, hate=0.01), openai(flagged=True, hate=0.9, violence=0.6)))
    result = moderate(endpoint, ModerationRequest(("kind", "unkind")))
    assert [(one.flagged, one.categories) for one in result.verdicts] == [(False, ()), (True, ("hate", "violence"))]
    assert result.verdicts[1].scores == {"hate": 0.9, "violence": 0.6}
    assert (result.model_id, result.vendor_request_id) == ("omni-dated", "modr-1")
    assert upstream.requests(name)[0].path.endswith("/v1/moderations")
    assert upstream.requests(name)[0].json == {"model": "test-model", "input": ["kind", "unkind"]}


@pytest.mark.parametrize(("high", "flagged"), [(True, True), (False, False)])
def test_mistral_flags_by_its_categories_only(place: PlaceOf, high: bool, flagged: bool) -> None:  # noqa: FBT001 - parameters
    result = {"categories": {"pii": high, "law": False}, "category_scores": {"pii": 0.7, "law": 0.1}}
    verdict = moderate(place(verdicts(result))[0]).verdicts[0]
    assert (verdict.flagged, verdict.categories) == (flagged, ("pii",) if high else ())


def test_a_category_that_does_not_apply_is_left_out(place: PlaceOf) -> None:
    result = {"flagged": False, "categories": {"hate": False, "illicit": None},
              "category_scores": {"hate": 1.0000001, "illicit": None}}  # fmt: skip
    assert moderate(place(verdicts(result))[0]).verdicts[0].scores == {"hate": 1.0}


def test_a_count_is_kept_and_a_missing_one_estimated(place: PlaceOf) -> None:
    counted = moderate(place(verdicts(openai(flagged=False, hate=0.1), usage={"prompt_tokens": 5}))[0]).usage
    missing = moderate(place(verdicts(openai(flagged=False, hate=0.1)))[0]).usage
    assert (counted.prompt_tokens, counted.estimated, missing.estimated) == (5, False, True)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(verdicts(), id="none"),
        pytest.param(verdicts(*[openai(flagged=False, hate=0.1)] * 2), id="too many"),
        pytest.param(verdicts({"flagged": False}), id="no scores"),
        pytest.param(verdicts("fine"), id="a word"),
        pytest.param(replays(200, {}, {"results": None}), id="no list"),
    ],
)
def test_verdicts_that_are_not_one_for_each_text_are_refused(place: PlaceOf, behaviour: Behaviour) -> None:
    assert type(perform_fault(place(behaviour)[0], Capability.MODERATION, ONE)) is BrokenAnswerError


def test_nothing_to_check_is_the_callers_fault(place: PlaceOf) -> None:
    error = perform_fault(place()[0], Capability.MODERATION, ModerationRequest(()))
    assert type(error) is InvalidRequestError
