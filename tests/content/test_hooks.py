"""One sentence by the small local model, and all the ways it may be wrong."""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import regex

from marketing.content.base import Part
from marketing.content.brief import SUBJECTS
from marketing.content.hooks import accepted_hook
from marketing.content.language import is_in
from marketing.content.measure import measure
from marketing.content.offline import phrases
from marketing.content.platforms import platform
from marketing.content.social_posts import SocialPosts
from tests.content.briefs import brief

_HALVES = Path(phrases.__file__).with_name("hooks.en.toml")
_HOOK = "Pour a coffee and press play."


def _enlivened(wording: str, slug: str = "facebook", **changes: Any) -> tuple[bool, str]:
    """Whether the drafts changed, and the first one's text."""
    given_brief = brief(language="en", platforms=[slug], **changes)
    part = Part(slug, "en", (1, 2))
    kind = SocialPosts()
    drafts = kind.offline(given_brief, part)
    finished = kind.enliven(given_brief, part, drafts, wording)
    return finished != drafts, finished[0].text


def test_puts_a_sound_sentence_in_front_of_the_first_draft() -> None:
    changed, text = _enlivened(json.dumps({"hook": _HOOK}))
    assert changed
    assert text.startswith(_HOOK + "\n\n")


@pytest.mark.parametrize(
    "hook",
    [
        "The best album of the year is finally here.",
        "Recorded in 1999 on a farm.",
        "Listen at https://evil.example now.",
        "Luna Garcia sings about the sea tonight.",
        "Posłuchaj tej piosenki dziś wieczorem.",
        "Nowa muzyka czeka na ciebie.",
        "a song without a capital letter.",
        "No end to this sentence",
        "Two sentences. Of which there should be one.",
        "This sentence goes on and on and on and on and on and on and on and on and on and on and on.",
        "Short.",
        "Bring a beer and press play.",
        "Pour a coffee and press play. Now.",
        "Make some tea and turn the page.",
        "Follow #music for more of this.",
        "The greatest voice you will hear.",
        "An award-winning sound for calm people.",
        "Put the [title] on and listen.",
        "**Put the kettle on** and listen.",
    ],
)
def test_leaves_the_drafts_alone_when_anything_is_wrong(hook: str) -> None:
    assert not _enlivened(json.dumps({"hook": hook}))[0]


@pytest.mark.parametrize(
    "wording", ["", "no JSON", "{}", '{"hook": 5}', '{"hook": null}', '{"text": "Put it on now."}']
)
def test_leaves_the_drafts_alone_when_the_answer_has_no_sentence(wording: str) -> None:
    assert not _enlivened(wording)[0]


def test_leaves_a_draft_alone_that_has_no_room() -> None:
    facts = ["A fact that fills the post " * 4] * 3
    changed, text = _enlivened(json.dumps({"hook": _HOOK}), "x", facts=facts, link="https://hardban.pl/a")
    assert not changed
    assert not measure(platform("x"), "", text).over


def test_asks_in_english_only() -> None:
    kind = SocialPosts()
    assert kind.wording_request(brief(), Part("x", "pl", (1,))) is None
    assert kind.enliven(brief(), Part("x", "pl", (1,)), (), json.dumps({"hook": _HOOK})) == ()


def test_asks_for_one_bounded_sentence_without_the_briefs_names() -> None:
    request = SocialPosts().wording_request(brief(language="en"), Part("x", "en", (1,)))
    assert request is not None
    assert request.json_schema is not None
    assert list(request.json_schema.schema["properties"]) == ["hook"]
    assert not any("Luna" in message.content for message in request.messages)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_sentence_that_it_may_say_is_short_plain_english(subject: str) -> None:
    halves = tomllib.loads(_HALVES.read_text(encoding="utf-8"))[subject]
    for first, second in itertools.product(halves["first"], halves["second"]):
        hook = f"{first} and {second}."
        assert accepted_hook(brief(language="en", subject=subject), json.dumps({"hook": hook})) == hook
        assert len(hook) <= 90
        assert regex.fullmatch(r"[A-Z][a-z ,]+\.", hook)
        assert is_in(hook, "en")
