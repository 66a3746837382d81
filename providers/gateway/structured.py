"""Holding an answer to the JSON schema that the client asked for."""

from __future__ import annotations

from collections.abc import Callable

import jsonschema
from jsonschema import Draft202012Validator

from providers import prompted
from providers.errors import AnswerRejectedError, InvalidRequestError
from providers.types import JSONSchema


def check_for(wanted: JSONSchema | None) -> Callable[[str, bool], str]:
    """A check that returns the answer's text, without the fence around it where JSON was wanted.

    Raises InvalidRequestError when the schema itself is none; the check raises AnswerRejectedError with the first
    fault in words that the model can act on.
    """
    if wanted is None:
        return _anything
    try:
        Draft202012Validator.check_schema(wanted.schema)
    except jsonschema.SchemaError as error:
        raise InvalidRequestError(f"response_format.json_schema.schema: {error.message}") from error
    validator = Draft202012Validator(wanted.schema)

    def check(text: str, _last_try: bool) -> str:  # noqa: FBT001 - the orchestrator's signature
        fault = jsonschema.exceptions.best_match(validator.iter_errors(prompted.json_answer(text)))
        if fault is not None:
            where = fault.json_path.removeprefix("$").removeprefix(".") or "the answer"
            raise AnswerRejectedError(f"{where}: {fault.message[:300]}")
        return prompted.without_fence(text)

    return check


def _anything(text: str, _last_try: bool) -> str:  # noqa: FBT001 - the orchestrator's signature
    return text
