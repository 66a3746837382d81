"""Every content type, whatever it is, keeps the promises of `marketing.content.base`."""

from __future__ import annotations

from typing import Any

import pytest

from marketing.content.base import ContentType
from marketing.content.registry import content_type, content_types
from providers.errors import AnswerRejectedError
from providers.types import Role

# A brief that each type accepts; a new type adds its own here.
_BRIEFS: dict[str, dict[str, Any]] = {
    "social-posts": {
        "title": "Cisza",
        "facts": ["Album powstał w Gdańsku"],
        "platforms": ["x", "youtube"],
        "variants": 2,
    },
    "ad-copy": {
        "title": "Cisza",
        "facts": ["Album powstał w Gdańsku"],
        "platforms": ["google-search", "meta-feed"],
        "variants": 2,
    },
    "email-templates": {"title": "Cisza", "facts": ["Album powstał w Gdańsku"], "platforms": ["newsletter"]},
    "tags": {"title": "Cisza", "facts": ["Album powstał w Gdańsku"], "platforms": ["tags-instagram"], "variants": 2},
}


@pytest.fixture(params=[kind.slug for kind in content_types()])
def kind(request: pytest.FixtureRequest) -> ContentType[Any]:
    return content_type(request.param)


def test_finds_social_posts() -> None:
    assert "social-posts" in [found.slug for found in content_types()]


def test_an_unknown_type_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        content_type("poems")


def test_names_its_work_briefly(kind: ContentType[Any]) -> None:
    assert 0 < len(kind.headline(kind.load_brief(_BRIEFS[kind.slug]))) <= 200


def test_has_parts_with_counted_positions(kind: ContentType[Any]) -> None:
    parts = kind.parts(kind.load_brief(_BRIEFS[kind.slug]))
    assert parts
    assert all(part.positions and min(part.positions) >= 1 for part in parts)


def test_asks_with_system_and_user_message(kind: ContentType[Any]) -> None:
    brief = kind.load_brief(_BRIEFS[kind.slug])
    for part in kind.parts(brief):
        request = kind.request(brief, part)
        assert [message.role for message in request.messages] == [Role.SYSTEM, Role.USER]
        assert request.max_tokens > 0


def test_refuses_prose_with_a_reason(kind: ContentType[Any]) -> None:
    brief = kind.load_brief(_BRIEFS[kind.slug])
    for last_try in (False, True):
        with pytest.raises(AnswerRejectedError) as caught:
            kind.check(brief, kind.parts(brief)[0], "Oto mój post. Miłego dnia!", last_try=last_try)
        assert caught.value.detail


def test_has_an_offline_draft_for_every_position(kind: ContentType[Any]) -> None:
    brief = kind.load_brief(_BRIEFS[kind.slug])
    for part in kind.parts(brief):
        pieces = kind.offline(brief, part)
        assert len(pieces) == len(part.positions)
        assert len({piece.text for piece in pieces}) == len(pieces)


def test_a_useless_wording_leaves_the_drafts_as_they_are(kind: ContentType[Any]) -> None:
    brief = kind.load_brief(_BRIEFS[kind.slug])
    part = kind.parts(brief)[0]
    drafts = kind.offline(brief, part)
    assert kind.enliven(brief, part, drafts, "not JSON") == drafts
