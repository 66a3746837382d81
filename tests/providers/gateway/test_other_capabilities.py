"""Embeddings, pictures, moderation and models through OpenAI's own client."""

from __future__ import annotations

import base64

import openai
import pytest

from providers.models import AIModel, Attempt
from tests.upstream import answers, rate_limited, replays

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 64).decode()
VECTORS = {
    "object": "list",
    "model": "vectors-1",
    "data": [{"index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.5]}],
    "usage": {"prompt_tokens": 5, "total_tokens": 5},
}
VERDICT = {
    "id": "modr-1",
    "model": "moderation-1",
    "results": [{"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.9, "violence": 0.1}}],
}


def able(provider, capability):
    AIModel.objects.filter(provider=provider).update(capabilities=[capability])


def test_embeddings_come_in_the_order_of_the_inputs_and_fall_back(client, connect):
    able(connect("first", rate_limited()), "embeddings")
    able(connect("second", replays(200, {}, VECTORS)), "embeddings")
    said = client.embeddings.create(model="auto", input=["one", "two"])
    assert [list(one.embedding) for one in said.data] == [[1.0, 0.5], [0.0, 1.0]]
    assert said.usage.prompt_tokens == 5
    assert list(Attempt.objects.order_by("pk").values_list("capability", "outcome")) == [
        ("embeddings", "failed"),
        ("embeddings", "answered"),
    ]


def test_a_picture_comes_as_base64(client, connect):
    able(connect("painter", replays(200, {}, {"data": [{"b64_json": PNG}]})), "image-generation")
    said = client.images.generate(model="auto", prompt="A cat with yarn", size="1024x1024")
    assert said.data[0].b64_json == PNG


def test_a_moderation_says_what_was_flagged(client, connect):
    able(connect("judge", replays(200, {}, VERDICT)), "moderation")
    (result,) = client.moderations.create(input="Something").results
    assert result.flagged
    assert result.categories.hate
    assert result.category_scores.hate == 0.9


def test_models_tell_what_they_can_and_their_limits(client, connect):
    connect("groq", models=("small", "big"))
    listed = {model.id: model for model in client.models.list()}
    assert set(listed) == {"auto", "groq/small", "groq/big"}
    assert listed["groq/small"].capabilities == ["text-generation"]
    assert listed["groq/small"].context_tokens > 0


@pytest.mark.parametrize("wanted", ["big", "groq/big"])
def test_a_model_can_be_named(client, connect, upstream, wanted):
    connect("groq", models=("small", "big"))
    client.chat.completions.create(model=wanted, messages=[{"role": "user", "content": "Hi"}])
    assert upstream.requests("groq")[-1].json["model"] == "big"


def test_a_model_that_nobody_has_is_a_404(client, connect):
    connect("groq")
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "Hi"}])
    assert caught.value.code == "model_not_found"


def test_an_answer_that_breaks_the_schema_is_asked_for_again(client, connect, upstream):
    told = iter(['{"name": 7}', '```json\n{"name": "Kasia"}\n```'])
    connect("writer", answers(lambda _request: next(told)))
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    said = client.chat.completions.create(
        model="auto",
        messages=[{"role": "user", "content": "Who?"}],
        response_format={"type": "json_schema", "json_schema": {"name": "person", "schema": schema}},
    )
    assert said.choices[0].message.content == '{"name": "Kasia"}'
    assert "name" in upstream.requests("writer")[1].json["messages"][-1]["content"]


def test_tools_are_passed_through(client, connect, upstream):
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Gdynia"}'}}
    choice = {"message": {"role": "assistant", "content": None, "tool_calls": [call]}, "finish_reason": "tool_calls"}
    connect("caller", replays(200, {}, {"model": "m", "choices": [choice]}))
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    said = client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": "Weather?"}], tools=[tool], tool_choice="required"
    )
    (wish,) = said.choices[0].message.tool_calls
    assert (wish.function.name, wish.function.arguments) == ("weather", '{"city": "Gdynia"}')
    assert upstream.requests("caller")[-1].json["tool_choice"] == "required"


def test_several_choices_are_asked_for_one_by_one(client, connect, upstream):
    connect("writer", answers("One"), answers("Two"), answers("Three"))
    said = client.chat.completions.create(model="auto", messages=[{"role": "user", "content": "Hi"}], n=3)
    assert sorted(choice.message.content for choice in said.choices) == ["One", "Three", "Two"]
    assert len(upstream.requests("writer")) == 3
