"""The request for social posts: instructions from versioned files, the brief fenced as data."""

from __future__ import annotations

import json
from string import Template
from typing import Any

from marketing.content import prompting
from marketing.content.base import Part
from marketing.content.brief import NOT_IN_PROMPTS
from marketing.content.counting import count
from marketing.content.platforms import Links, Platform, platform
from marketing.content.prompting import Wording
from marketing.content.social_brief import SocialPostBrief
from marketing.safety.fencing import fenced
from providers.types import ChatRequest, JSONSchema, Message, Role

# Hidden reasoning and the JSON around the words; a Polish character is up to 0.6 tokens.
_SPARE_TOKENS = 700
_TOKENS_A_CHARACTER = 0.6
_TOKENS_A_VARIANT = 100
_MOST_TOKENS = 6000
_LEAST_ROOM = 80


def instructions(language: str) -> str:
    """What the model is told beside the brief, to recognise it when it comes back as copy."""
    wording = _wording(language)
    return f"{wording['system']}\n{wording['user']}"


def build_request(brief: SocialPostBrief, part: Part) -> ChatRequest:
    """The request for one platform's variants, in the brief's language."""
    place = platform(part.platform)
    wording = _wording(brief.language)
    messages = (
        Message(Role.SYSTEM, wording["system"].strip()),
        Message(Role.USER, _user_message(brief, place, len(part.positions), wording)),
    )
    room = place.text.aim or 0
    tokens = _SPARE_TOKENS + len(part.positions) * int(room * _TOKENS_A_CHARACTER + _TOKENS_A_VARIANT)
    schema = JSONSchema("social_posts", _schema(place))
    return ChatRequest(messages, max_tokens=min(tokens, _MOST_TOKENS), temperature=0.8, json_schema=schema)


def text_room(brief: SocialPostBrief, place: Platform) -> int:
    """The soft limit for the text without hashtags, in the platform's own counting."""
    bounds = [bound for bound in (place.text.aim, place.text.recommended, place.text.max) if bound is not None]
    tags = brief.hashtags[: _most_hashtags(brief, place)]
    tag_line = "\n\n" + " ".join(f"#{tag}" for tag in tags) if tags else ""
    return max(min(bounds) - count(place.text.counting, tag_line), _LEAST_ROOM)


def _user_message(brief: SocialPostBrief, place: Platform, variants: int, wording: Wording) -> str:
    most = _most_hashtags(brief, place)
    hashtags = wording["hashtags_wanted" if brief.hashtags else "hashtags_own"]
    fold = Template(wording["fold"]).substitute(fold=place.fold) if place.fold else ""
    return (
        Template(wording["user"])
        .substitute(
            platform=place.name,
            variants=variants,
            brief=fenced("brief", _given(brief, place), brief.language),
            subject=wording["subject"][brief.subject],
            goal=wording["goal"][brief.goal],
            tone=wording["tone"][brief.tone],
            room=text_room(brief, place),
            unit=wording["unit"][place.text.counting.value],
            fold=fold,
            title=_title_line(place, wording),
            links=wording["links"][place.links.value] if brief.link else wording["no_link"],
            hashtags=Template(hashtags).substitute(most=most),
            shape=_shape(place, wording),
        )
        .strip()
    )


def _given(brief: SocialPostBrief, place: Platform) -> dict[str, Any]:
    fields = brief.model_dump(mode="json", exclude=NOT_IN_PROMPTS)
    if place.links is not Links.CLICKABLE:
        fields.pop("link")
    return {name: value for name, value in fields.items() if value}


def _most_hashtags(brief: SocialPostBrief, place: Platform) -> int:
    recommended = place.hashtags.recommended or 0
    wanted = max(recommended, len(brief.hashtags))
    return wanted if place.hashtags.max is None else min(wanted, place.hashtags.max)


def _title_line(place: Platform, wording: Wording) -> str:
    if place.title is None:
        return ""
    return Template(wording["title"]).substitute(title_room=place.title.recommended or place.title.max)


def _shape(place: Platform, wording: Wording) -> str:
    title = {"title": wording["shape_title"]} if place.has_title else {}
    variant = {**title, "text": wording["shape_text"], "hashtags": [wording["shape_hashtag"]]}
    return json.dumps({"variants": [variant]}, ensure_ascii=False)


def _schema(place: Platform) -> dict[str, Any]:
    properties: dict[str, Any] = {"title": {"type": "string"}} if place.has_title else {}
    properties |= {"text": {"type": "string"}, "hashtags": {"type": "array", "items": {"type": "string"}}}
    # Every property required and none beside them: the strict mode of several vendors asks for both.
    variant = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"variants": {"type": "array", "items": variant}},
        "required": ["variants"],
        "additionalProperties": False,
    }


def _wording(language: str) -> Wording:
    return prompting.wording("social-posts", language)
