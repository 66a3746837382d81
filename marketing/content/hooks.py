"""One opening sentence by the small local model, used only when nothing in it can be wrong."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import replace
from pathlib import Path

import regex

from marketing.content.answers import read_object
from marketing.content.base import Part, Piece
from marketing.content.counting import count
from marketing.content.platforms import platform
from marketing.content.social_brief import SocialPostBrief
from marketing.content.social_composing import fits
from providers.errors import AnswerRejectedError
from providers.types import ChatRequest, JSONSchema, Message, Role

_FILE = Path(__file__).with_name("offline") / "hooks.en.toml"
_SYSTEM = "You write one short sentence that invites the reader to stop for a moment. Reply with JSON."
_NOUNS = {"release": "a new song", "book": "a new book", "event": "an event", "other": "some news"}
_MOST_TOKENS = 60


def hook_request(brief: SocialPostBrief, part: Part) -> ChatRequest:
    """A request whose answer is `{"hook": "…"}`; no name and no number of the brief is given away to be garbled."""
    tone = "plain" if brief.tone == "matter-of-fact" else brief.tone
    messages = (
        Message(Role.SYSTEM, _SYSTEM),
        Message(Role.USER, f"Subject: {_NOUNS[brief.subject]}. Tone: {tone}. One sentence."),
    )
    schema = {
        "type": "object",
        "properties": {"hook": {"type": "string", "pattern": f"^{_pattern(brief.subject)}$"}},
        "required": ["hook"],
        "additionalProperties": False,
    }
    # Different for each brief and platform, the same for the same: drafts do not change when looked at twice.
    seed = sum(map(ord, brief.title + part.platform))
    return ChatRequest(messages, _MOST_TOKENS, temperature=1.0, json_schema=JSONSchema("hook", schema), seed=seed)


def with_hook(brief: SocialPostBrief, part: Part, drafts: tuple[Piece, ...], wording: str) -> tuple[Piece, ...]:
    """The drafts with the sentence in front of the first one; unchanged when it fails its check or has no room."""
    hook = accepted_hook(brief, wording)
    if not hook or not drafts:
        return drafts
    place = platform(part.platform)
    text = f"{hook}\n\n{drafts[0].text}"
    beyond_aim = place.text.aim is not None and count(place.text.counting, text) > place.text.aim
    if beyond_aim or not fits(place, text):
        return drafts
    return (replace(drafts[0], text=text, notes=(*drafts[0].notes, "hook_added")), *drafts[1:])


def accepted_hook(brief: SocialPostBrief, wording: str) -> str:
    """The sentence in the small model's answer, or empty when it is not one that it may say."""
    try:
        hook = read_object(wording, "hook")[0]["hook"]
    except AnswerRejectedError:
        return ""
    return hook if isinstance(hook, str) and regex.fullmatch(_pattern(brief.subject), hook) else ""


@functools.cache
def _pattern(subject: str) -> str:
    halves = tomllib.loads(_FILE.read_text(encoding="utf-8"))[subject]
    return rf"({'|'.join(halves['first'])}) and ({'|'.join(halves['second'])})\."
