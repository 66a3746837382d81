"""One opening sentence by the small local model, used only when nothing in it is invented."""

from __future__ import annotations

from dataclasses import replace

import regex

from marketing.content.answers import read_object
from marketing.content.base import Part, Piece
from marketing.content.cleaning import leak, placeholder, plain
from marketing.content.language import is_in
from marketing.content.links import unbreakable
from marketing.content.measure import measure
from marketing.content.platforms import platform
from marketing.content.social_brief import SocialPostBrief
from providers.errors import AnswerRejectedError
from providers.types import ChatRequest, JSONSchema, Message, Role

_LONGEST = 90
_SHORTEST = 15
_FEWEST_WORDS = 3
_SCHEMA = {
    "type": "object",
    "properties": {"hook": {"type": "string", "minLength": _SHORTEST, "maxLength": _LONGEST}},
    "required": ["hook"],
    "additionalProperties": False,
}
_SYSTEM = (
    "You write one short, calm sentence that makes people curious. No names, no numbers, no dates, no praise. "
    "Reply with JSON."
)
# Examples without any fact, because a small model repeats the facts of its examples.
_EXAMPLES = (
    ("A new song, friendly.", '{"hook": "Put the kettle on and give this a listen."}'),
    ("A new book, poetic.", '{"hook": "Somewhere a page is waiting to be turned."}'),
)
_NOUNS = {"release": "A new song", "book": "A new book", "event": "An event", "other": "Some news"}
_SENTENCE = regex.compile(r"\p{Lu}[^.!?…\n]*[.!?…]")
_WORD = regex.compile(r"\p{L}[\p{L}'’]*")
# What is claimed with these words would need a proof that nobody gave.
_CLAIMS = regex.compile(
    r"\b(?:best|greatest|most|first|only|ever|never|unique|perfect|amazing|incredible|ultimate|award\w*|bestsell\w*|"
    r"top|famous|legendary|masterpiece|guarantee\w*|free|cheap\w*|sale|discount\w*|exclusive\w*|limited|sold|million\w*|"
    r"thousand\w*|hundred\w*|one|two|three|four|five|six|seven|eight|nine|ten|dozen\w*|today|tonight|tomorrow|"
    r"yesterday|monday|tuesday|wednesday|thursday|friday|saturday|sunday|week|weekend|month|year|years|january|"
    r"february|march|april|may|june|july|august|september|october|november|december|critic\w*|review\w*|"
    r"acclaimed|debut|chart\w*|number|every|everyone|nobody|always|must|no one)\b|\w{3,}est\b",
    regex.IGNORECASE,
)
_NOT_SUPERLATIVE = frozenset(
    {"rest", "west", "guest", "quest", "forest", "interest", "honest", "request", "nest", "test"}
)


def hook_request(brief: SocialPostBrief, part: Part) -> ChatRequest:
    """A request whose answer is `{"hook": "…"}`; no name and no number of the brief is given away to be garbled."""
    examples = [
        message
        for asked, answered in _EXAMPLES
        for message in (Message(Role.USER, asked), Message(Role.ASSISTANT, answered))
    ]
    tone = "plain" if brief.tone == "matter-of-fact" else brief.tone
    asked = Message(Role.USER, f"{_NOUNS[brief.subject]}, {tone}.")
    seed = sum(map(ord, brief.title + part.platform))
    return ChatRequest(
        (Message(Role.SYSTEM, _SYSTEM), *examples, asked),
        max_tokens=80,
        temperature=0.6,
        json_schema=JSONSchema("hook", _SCHEMA),
        seed=seed,
    )


def with_hook(brief: SocialPostBrief, part: Part, drafts: tuple[Piece, ...], wording: str) -> tuple[Piece, ...]:
    """The drafts with the sentence in front of the first one; unchanged when it fails a check or does not fit."""
    hook = accepted_hook(brief, wording)
    if not hook or not drafts:
        return drafts
    text = f"{hook}\n\n{drafts[0].text}"
    place = platform(part.platform)
    beyond_aim = place.text.aim is not None and measure(place, drafts[0].title, text).used > place.text.aim
    if beyond_aim or measure(place, drafts[0].title, text).over or any(hook in draft.text for draft in drafts):
        return drafts
    return (replace(drafts[0], text=text, notes=(*drafts[0].notes, "hook_added")), *drafts[1:])


def accepted_hook(brief: SocialPostBrief, wording: str) -> str:
    """The sentence in the small model's answer, or empty when anything about it is wrong."""
    try:
        answer = read_object(wording, "hook")[0]["hook"]
    except AnswerRejectedError:
        return ""
    if not isinstance(answer, str) or plain(answer) != answer.strip():
        return ""
    hook = answer.strip()
    words = _WORD.findall(hook)
    known = f"{brief.title}\n{brief.creator}"
    sound = (
        _SHORTEST <= len(hook) <= _LONGEST
        and _SENTENCE.fullmatch(hook) is not None
        and len(words) >= _FEWEST_WORDS
        and not any(letter.isdigit() for letter in hook)
        and not unbreakable(hook)
        and not _names(words, known)
        and not _claims(hook)
        and not placeholder(hook, "")
        and not leak(hook, _SYSTEM, "")
    )
    return hook if sound and _is_english(hook) else ""


def _names(words: list[str], known: str) -> list[str]:
    """Words written like names that the brief does not have."""
    return [word for word in words[1:] if word[0].isupper() and word not in {"I", "I'm", "I’m"} and word not in known]


def _claims(hook: str) -> bool:
    return any(match[0].casefold() not in _NOT_SUPERLATIVE for match in _CLAIMS.finditer(hook))


def _is_english(hook: str) -> bool:
    return hook.isascii() and is_in(hook, "en") and not is_in(hook, "pl")
