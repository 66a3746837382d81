"""Wishes for functions, in whole answers and in streams, from many vendors with as many habits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.adapters.openai_tools import MOST_CALLS
from providers.errors import BrokenAnswerError
from providers.types import ChatRequest, FinishReason, Message, Quirks, Role, Tool, ToolCall
from tests.providers.adapters.asking import chat, chat_fault, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Upstream, answers, replays

WEATHER = Tool("weather", "The weather in a place", {"type": "object", "properties": {"place": {"type": "string"}}})
TIME = Tool("time")
ASKING = (Message(Role.USER, "Weather in Łódź?"),)
REQUEST = ChatRequest(ASKING, tools=(WEATHER, TIME))
CALL = ToolCall("call_abc", "weather", '{"place": "Łódź"}')
SECOND = ToolCall("call_def", "time", "{}")


def wish(call: ToolCall, **more: Any) -> dict[str, Any]:
    return {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
        **more,
    }


def answered(message: dict[str, Any], finish_reason: str = "tool_calls") -> Behaviour:
    return replays(200, {}, {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]})


def events(*deltas: dict[str, Any], finish_reason: str = "tool_calls") -> Behaviour:
    bodies: list[tuple[dict[str, Any], str | None]] = [(delta, None) for delta in deltas] + [({}, finish_reason)]
    choices = [{"index": 0, "delta": delta, "finish_reason": reason} for delta, reason in bodies]
    text = "".join(f"data: {json.dumps({'choices': [choice]})}\n\n" for choice in choices)
    return replays(200, {"content-type": "text/event-stream"}, text)


def fragment(
    index: int | None, *, call_id: str | None = None, name: str | None = None, text: str = ""
) -> dict[str, Any]:
    piece: dict[str, Any] = {"function": {"arguments": text, **({"name": name} if name else {})}}
    if call_id is not None:
        piece["id"] = call_id
    if index is not None:
        piece["index"] = index
    return {"tool_calls": [piece]}


def test_functions_and_the_choice_among_them_are_sent(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(answers("Hello"))
    chat(endpoint, ChatRequest(ASKING, tools=(WEATHER, TIME), tool_choice="weather"))
    sent = upstream.requests(name)[0].json
    assert sent["tools"] == [
        {"type": "function", "function": {"name": "weather", "description": WEATHER.description,
                                          "parameters": WEATHER.parameters}},
        {"type": "function", "function": {"name": "time"}},
    ]  # fmt: skip
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "weather"}}


@pytest.mark.parametrize(
    ("tools", "choice", "expected"),
    [((TIME,), "auto", None), ((TIME,), "required", "required"), ((TIME,), "none", "none"), ((), "required", None)],
)
def test_only_a_choice_that_says_something_is_sent(
    place: PlaceOf, upstream: Upstream, tools: tuple[Tool, ...], choice: str, expected: str | None
) -> None:
    endpoint, name = place(answers("Hello"))
    chat(endpoint, ChatRequest(ASKING, tools=tools, tool_choice=choice))
    assert upstream.requests(name)[0].json.get("tool_choice") == expected


CONVERSATION = (
    *ASKING,
    Message(Role.ASSISTANT, "", tool_calls=(CALL,)),
    Message(Role.TOOL, "rain", call_id="call_abc"),
)


def test_a_call_and_its_answer_go_back_to_the_model(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(answers("Rain"))
    chat(endpoint, ChatRequest(CONVERSATION, tools=(WEATHER,)))
    assert upstream.requests(name)[0].json["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [wish(CALL)]},
        {"role": "tool", "content": "rain", "tool_call_id": "call_abc"},
    ]


def test_a_vendor_with_short_ids_gets_the_same_short_one_for_call_and_answer(
    place: PlaceOf, upstream: Upstream
) -> None:
    endpoint, name = place(answers("Rain"), quirks=Quirks(call_id_length=9))
    short = ToolCall("a1B2c3D4e", "time", "{}")
    chat(endpoint, ChatRequest((*CONVERSATION, Message(Role.ASSISTANT, "Now", (short,))), tools=(WEATHER,)))
    _, asked, told, later = upstream.requests(name)[0].json["messages"]
    short_id = asked["tool_calls"][0]["id"]
    assert told["tool_call_id"] == short_id
    assert (len(short_id), short_id.isalnum()) == (9, True)
    assert (later["content"], later["tool_calls"][0]["id"]) == ("Now", "a1B2c3D4e")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param({"content": None, "tool_calls": [wish(CALL), wish(SECOND)]}, (CALL, SECOND), id="OpenAI"),
        pytest.param(
            {"tool_calls": [{"function": {"name": "weather", "arguments": {"place": "Łódź"}}}]},
            (ToolCall("call_0", "weather", '{"place": "Łódź"}'),),
            id="an object and no id",
        ),
        pytest.param(
            {"content": "", "tool_calls": [{"id": "", "function": {"name": "time", "arguments": ""}}] * 2},
            (ToolCall("call_0", "time", "{}"), ToolCall("call_1", "time", "{}")),
            id="empty ids",
        ),
        pytest.param(
            {"content": None, "function_call": {"name": "time", "arguments": "{}"}},
            (ToolCall("call_0", "time", "{}"),),
            id="the oldest way",
        ),
    ],
)
def test_an_answer_of_calls_alone_is_complete(
    place: PlaceOf, message: dict[str, Any], expected: tuple[ToolCall, ...]
) -> None:
    completion = chat(place(answered(message))[0], REQUEST)
    assert completion.tool_calls == expected
    assert (completion.text, completion.finish_reason) == ("", FinishReason.TOOL_CALLS)
    assert completion.usage.completion_tokens > 0


def test_words_and_calls_are_both_kept(place: PlaceOf) -> None:
    completion = chat(place(answered({"content": "I look it up.", "tool_calls": [wish(CALL)]}))[0], REQUEST)
    assert (completion.text, completion.tool_calls) == ("I look it up.", (CALL,))


def test_a_vendor_that_says_stop_after_a_call_means_the_call(place: PlaceOf) -> None:
    completion = chat(place(answered({"content": "", "tool_calls": [wish(CALL)]}, "stop"))[0], REQUEST)
    assert completion.finish_reason is FinishReason.TOOL_CALLS


def test_a_vendor_that_says_tool_calls_without_any_just_stopped(place: PlaceOf) -> None:
    assert chat(place(answered({"content": "Hello"}))[0], REQUEST).finish_reason is FinishReason.STOP


@pytest.mark.parametrize("calls", [[], None, [{"function": None}], [{"function": {"arguments": "{}"}}]])
def test_a_call_of_nothing_is_no_answer(place: PlaceOf, calls: Any) -> None:
    assert type(chat_fault(place(answered({"content": None, "tool_calls": calls}))[0], REQUEST)) is BrokenAnswerError
    assert type(stream(place(events({"tool_calls": calls}))[0], REQUEST)[1]) is BrokenAnswerError


@pytest.mark.parametrize(
    "deltas",
    [
        pytest.param(
            [
                fragment(0, call_id="call_abc", name="weather"),
                fragment(0, text='{"place": '),
                fragment(0, text='"Łódź"}'),
                fragment(1, call_id="call_def", name="time", text="{}"),
            ],
            id="OpenAI",
        ),
        pytest.param([{"tool_calls": [wish(CALL, index=0), wish(SECOND, index=1)]}], id="whole, in one event"),
        pytest.param([{"tool_calls": [wish(CALL)]}, {"tool_calls": [wish(SECOND)]}], id="whole, without an index"),
        pytest.param([{"tool_calls": [wish(CALL, index=0), wish(SECOND, index=0)]}], id="every one the first"),
        pytest.param(
            [
                fragment(0, call_id="call_abc", name="weather", text='{"place": '),
                fragment(1, call_id="call_def", name="time", text="{"),
                fragment(0, call_id="call_abc", name="weather", text='"Łódź"}'),
                fragment(1, text="}"),
            ],
            id="taking turns, names repeated",
        ),
        pytest.param(
            [
                fragment(None, call_id="call_abc", name="weather", text='{"place": '),
                fragment(None, text='"Łódź"}'),
                fragment(None, call_id="call_def", name="time"),
            ],
            id="fragments without an index",
        ),
    ],
)
def test_fragments_of_a_stream_are_put_together_and_come_whole_with_its_end(
    place: PlaceOf, deltas: list[dict[str, Any]]
) -> None:
    chunks, error = stream(place(events(*deltas))[0], REQUEST)
    assert error is None
    assert [chunk.tool_calls for chunk in chunks] == [(CALL, SECOND)]
    assert chunks[-1].finish_reason is FinishReason.TOOL_CALLS


def test_calls_without_ids_under_one_index_are_told_apart_when_their_arguments_are_whole(place: PlaceOf) -> None:
    deltas = [fragment(0, name="time", text="{}"), fragment(0, name="time", text='{"zone":'), fragment(0, text="1}")]
    chunks, _ = stream(place(events(*deltas))[0], REQUEST)
    assert [call.arguments for call in chunks[-1].tool_calls] == ["{}", '{"zone":1}']


def test_a_stream_of_calls_that_is_cut_gives_no_call(place: PlaceOf) -> None:
    body = {"choices": [{"index": 0, "delta": fragment(0, call_id="c", name="time", text="{"), "finish_reason": None}]}
    cut = replays(200, {"content-type": "text/event-stream"}, f"data: {json.dumps(body)}\n\n")
    chunks, error = stream(place(cut)[0], REQUEST)
    assert (chunks, type(error)) == ([], BrokenAnswerError)


def test_a_call_that_does_not_stream_is_carried_by_the_only_chunk(place: PlaceOf) -> None:
    chunks, error = stream(place(answered({"content": None, "tool_calls": [wish(CALL)]}))[0], REQUEST)
    assert (error, [chunk.tool_calls for chunk in chunks]) == (None, [(CALL,)])


def test_more_calls_than_anybody_needs_are_left_out(place: PlaceOf) -> None:
    message = {"tool_calls": [wish(ToolCall(f"c{number}", "time", "{}")) for number in range(500)]}
    assert len(chat(place(answered(message))[0], REQUEST).tool_calls) == MOST_CALLS
