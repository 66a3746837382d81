"""A request's messages as the vendors' own protocols want them: the system apart, neighbours of one side together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.adapters.schemas import in_words
from providers.types import ChatRequest, Message, Role

# A conversation that the assistant opens needs something to answer to.
_OPENING = Message(Role.USER, "…")


def system_prompt(request: ChatRequest, *, schema_in_words: bool) -> str:
    """All that the system says, and the order for JSON where it must be put into words."""
    said = [message.content for message in request.messages if message.role is Role.SYSTEM]
    if request.json_schema and schema_in_words:
        said.append(in_words(request.json_schema))
    return "\n\n".join(part for part in said if part.strip())


def spoken(request: ChatRequest) -> tuple[Message, ...]:
    """Everything but the system's words; a tool's answers included."""
    return tuple(message for message in request.messages if message.role is not Role.SYSTEM)


def turns(request: ChatRequest) -> list[tuple[Message, ...]]:
    """User and assistant in turn, the user first; what a tool answered counts as the user's.

    Messages that say nothing are left out: vendors refuse them.
    """
    taken: list[list[Message]] = []
    for message in spoken(request):
        if not message.content.strip() and not message.tool_calls and message.role is not Role.TOOL:
            continue
        if taken and by_assistant(taken[-1][0]) == by_assistant(message):
            taken[-1].append(message)
        else:
            taken.append([message])
    if not taken or by_assistant(taken[0][0]):
        taken.insert(0, [_OPENING])
    return [tuple(turn) for turn in taken]


def by_assistant(message: Message) -> bool:
    """Whose side a message is on."""
    return message.role is Role.ASSISTANT


def tool_names(request: ChatRequest) -> Mapping[str, str]:
    """The name of each tool that was called, by the id of the call."""
    return {call.call_id: call.name for message in request.messages for call in message.tool_calls}


def arguments(text: str) -> dict[str, Any]:
    """The arguments of a tool call as an object; anything else that a caller hands back becomes an empty one."""
    try:
        parsed = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
