"""What a request to the Lab API may carry: JSON in UTF-8 that the database can store and that reads one way."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

DEEPEST = 32
_JSON = ("application/json", "")


class BodyError(ValueError):
    """A body that is not taken; the words say what to change, `status` how it is answered."""

    def __init__(self, words: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(words)
        self.status = status


class StrictJSON(Parser):
    """Reads bodies. Raises BodyError; ninja makes an error with status 400 of it and keeps it as the cause."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """The body's value, whatever type it has: the operation's model judges that."""
        media_type = request.content_type or ""
        if media_type not in _JSON and not media_type.endswith("+json"):
            raise BodyError("Send JSON: Content-Type: application/json.", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        found: dict[str, Any] = read(request.body)
        return found


def read(body: bytes) -> Any:
    """The JSON value in a body. Raises BodyError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BodyError(f"The body is no UTF-8 at byte {error.start}.") from error
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise BodyError(f"The body is no JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except RecursionError as error:
        raise BodyError(f"The body is nested deeper than {DEEPEST} levels.") from error
    _look_through(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise BodyError(f"{name} is no JSON number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Of two members with one name every reader takes another one.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BodyError(f"The name {twice[:60]!r} stands twice in one object.")
    return found


def _look_through(value: Any) -> None:
    waiting = [(value, 1)]
    while waiting:
        one, depth = waiting.pop()
        if depth > DEEPEST:
            raise BodyError(f"The body is nested deeper than {DEEPEST} levels.")
        if isinstance(one, str):
            _check_text(one)
        elif isinstance(one, float) and not math.isfinite(one):
            raise BodyError("A number is too large.")
        elif isinstance(one, dict):
            for name in one:
                _check_text(name)
            waiting += [(each, depth + 1) for each in one.values()]
        elif isinstance(one, list):
            waiting += [(each, depth + 1) for each in one]


def _check_text(text: str) -> None:
    r"""Neither `\u0000` nor half a surrogate pair: JSON can write both, and no database keeps them."""
    if "\x00" in text:
        raise BodyError("A text holds the character U+0000. Leave it out.")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BodyError("A text holds half of a surrogate pair. Send whole characters.")
