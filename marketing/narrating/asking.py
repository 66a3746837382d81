"""Asking a model for the sentences: it sees names of figures, never a figure."""

from __future__ import annotations

import functools
import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from marketing.content.answers import read_object
from marketing.narrating.guard import MOST_SENTENCES, faults
from marketing.narrating.sayable import Sayable, listed
from providers.errors import AnswerRejectedError
from providers.types import ChatRequest, JSONSchema, Message, Role

VERSION = "v1"
_MOST_TOKENS = 700
_MOST_FAULTS = 6
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"sentences": {"type": "array", "items": {"type": "string"}}},
    "required": ["sentences"],
    "additionalProperties": False,
}


@functools.cache
def _wording(language: str) -> Mapping[str, Any]:
    path = Path(__file__).with_name("prompts") / f"{VERSION}.{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def digest_of(offered: Mapping[str, Sayable]) -> str:
    """Whether sentences still fit: the same figures under the same placeholders."""
    # In an order of its own: a database that stores JSON by its values gives names back in another one.
    told = [(name, one.shown, one.direction, one.subject) for name, one in sorted(offered.items())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def request(offered: Mapping[str, Sayable], language: str) -> ChatRequest:
    """The request for sentences about these figures."""
    words = _wording(language)
    user = Template(words["user"]).substitute(offered=listed(offered, words["names"]))
    messages = (Message(Role.SYSTEM, words["system"].strip()), Message(Role.USER, user.strip()))
    return ChatRequest(messages, _MOST_TOKENS, 0.4, JSONSchema("narrative", _SCHEMA))


def check(text: str, offered: Mapping[str, Sayable], language: str) -> tuple[str, ...]:
    """The sentences of an answer. Raises AnswerRejectedError that names what is wrong with them."""
    data, _mended = read_object(text, "sentences", ["sentence"])
    given = data["sentences"]
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given[: MOST_SENTENCES + 1]):
        raise AnswerRejectedError('"sentences" is not a list of strings.')
    sentences = tuple(one.strip() for one in given[: MOST_SENTENCES + 1])
    found = faults(sentences, offered, language)
    if found:
        raise AnswerRejectedError(" ".join(found[:_MOST_FAULTS]))
    return sentences
