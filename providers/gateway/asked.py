"""What a client may ask in OpenAI's words, and what that is in ours."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from providers.types import (
    ChatRequest,
    EmbeddingRequest,
    ImageRequest,
    JSONSchema,
    Message,
    ModerationRequest,
    Role,
    Tool,
    ToolCall,
)

# What a client gets when it names no length: long enough for a page of text, short enough for a free tier's minute.
DEFAULT_MAX_TOKENS = 2048
# Any model will do.
AUTO = "auto"
MOST_CHOICES = 8
MOST_INPUTS = 2048
_ANY_OBJECT = JSONSchema("object", {"type": "object"})


def _text(content: Any) -> Any:
    """Content as one text: OpenAI's clients may send it in parts. Pictures and sound have no place here yet."""
    if not isinstance(content, list):
        return content
    parts: list[str] = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise ValueError("unsupported: Only text parts are passed on; pictures, sound and files are not.")
        parts.append(part["text"])
    return "\n".join(parts)


Text = Annotated[str, BeforeValidator(_text)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Function(_Loose):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class _Tool(_Loose):
    type: Literal["function"]
    function: _Function


class _CalledFunction(_Loose):
    name: str
    arguments: str = "{}"


class _Call(_Loose):
    id: str
    function: _CalledFunction


class _Message(_Loose):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> _Message:
        if self.content is None and not self.tool_calls:
            raise ValueError("content is missing")
        return self

    def message(self) -> Message:
        """The message in our words; `developer` is OpenAI's newer name for `system`."""
        calls = tuple(ToolCall(one.id, one.function.name, one.function.arguments) for one in self.tool_calls or ())
        role = Role.SYSTEM if self.role == "developer" else Role(self.role)
        return Message(role, self.content or "", calls, self.tool_call_id)


class _Schema(_Loose):
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    schema_: Annotated[dict[str, Any], Field(alias="schema", default_factory=lambda: {"type": "object"})]


class _Format(_Loose):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: _Schema | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> _Format:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("json_schema is missing")
        return self

    def wanted(self) -> JSONSchema | None:
        """The schema that the answer must follow; any object for plain JSON mode."""
        if self.json_schema:
            return JSONSchema(self.json_schema.name, self.json_schema.schema_)
        return _ANY_OBJECT if self.type == "json_object" else None


class _StreamOptions(_Loose):
    include_usage: bool = False


def _refused(words: str) -> BeforeValidator:
    """A parameter that would change the answer and that most free vendors do not know."""

    def refuse(value: Any) -> Any:
        if value in (None, False, 0, {}, []):
            return None
        raise ValueError(f"unsupported: {words}")

    return BeforeValidator(refuse)


class Chat(_Asked):
    """The body of `POST /v1/chat/completions`."""

    model: Annotated[str, Field(min_length=1, max_length=250)]
    messages: Annotated[list[_Message], Field(min_length=1)]
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1)] = None
    presence_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    frequency_penalty: Annotated[float | None, Field(ge=-2, le=2)] = None
    reasoning_effort: str | None = None
    parallel_tool_calls: bool | None = None
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] = 1
    stop: str | Annotated[list[str], Field(max_length=4)] | None = None
    seed: int | None = None
    response_format: _Format | None = None
    tools: list[_Tool] | None = None
    tool_choice: Any = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    # Understood and without effect here: they sort a client's own records at the vendor.
    user: Any = None
    metadata: Any = None
    store: Any = None
    service_tier: Any = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None
    verbosity: Any = None
    logprobs: Annotated[Any, _refused("Log probabilities are not passed on.")] = None
    top_logprobs: Annotated[Any, _refused("Log probabilities are not passed on.")] = None
    logit_bias: Annotated[Any, _refused("Token biases are not passed on.")] = None
    functions: Annotated[Any, _refused("Use 'tools' instead of 'functions'.")] = None
    function_call: Annotated[Any, _refused("Use 'tool_choice' instead of 'function_call'.")] = None
    audio: Annotated[Any, _refused("Sound is not passed on.")] = None
    prediction: Annotated[Any, _refused("Predicted outputs are not passed on.")] = None

    @model_validator(mode="after")
    def _tools_fit(self) -> Chat:
        names = {tool.function.name for tool in self.tools or ()}
        chosen = _chosen_tool(self.tool_choice)
        if chosen not in {"auto", "none", "required"} and chosen not in names:
            raise ValueError("tool_choice names a function that is not among the tools")
        return self

    def options(self) -> dict[str, Any]:
        """What is passed on as it stands to vendors that speak OpenAI's language; others leave it out."""
        named = ("top_p", "presence_penalty", "frequency_penalty", "reasoning_effort", "parallel_tool_calls")
        return {name: value for name in named if (value := getattr(self, name)) is not None}

    def request(self) -> ChatRequest:
        """The request in our words; `n` is the caller's to repeat."""
        stops = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return ChatRequest(
            messages=tuple(message.message() for message in self.messages),
            max_tokens=self.max_completion_tokens or self.max_tokens or DEFAULT_MAX_TOKENS,
            temperature=self.temperature,
            json_schema=self.response_format.wanted() if self.response_format else None,
            seed=self.seed,
            stop=tuple(stops),
            tools=tuple(
                Tool(tool.function.name, tool.function.description, tool.function.parameters)
                for tool in self.tools or ()
            ),
            tool_choice=_chosen_tool(self.tool_choice),
            options=self.options(),
        )


def _chosen_tool(choice: Any) -> str:
    """`auto`, `none`, `required`, or the name of the function that a client insists on."""
    if choice is None:
        return "auto"
    if isinstance(choice, str):
        return choice
    function = choice.get("function") if isinstance(choice, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return str(name or "")


class EmbeddingsAsked(_Asked):
    """The body of `POST /v1/embeddings`; token lists are refused, as every model counts tokens in its own way."""

    model: Annotated[str, Field(min_length=1, max_length=250)]
    input: str | Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MOST_INPUTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: Annotated[int | None, Field(ge=1)] = None
    user: Any = None

    def request(self) -> EmbeddingRequest:
        """The request in our words."""
        inputs = (self.input,) if isinstance(self.input, str) else tuple(self.input)
        return EmbeddingRequest(inputs, self.dimensions)


class ImagesAsked(_Asked):
    """The body of `POST /v1/images/generations`; pictures always come as base64, as vendors' links die in an hour."""

    prompt: Annotated[str, Field(min_length=1, max_length=32_000)]
    model: Annotated[str, Field(min_length=1, max_length=250)] = "auto"
    n: Annotated[int, Field(ge=1, le=MOST_CHOICES)] = 1
    size: Annotated[str, Field(pattern=r"^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$")] = "auto"
    response_format: Literal["b64_json"] = "b64_json"
    quality: Any = None
    style: Any = None
    background: Any = None
    output_format: Any = None
    moderation: Any = None
    user: Any = None

    def request(self) -> ImageRequest:
        """The request in our words."""
        width, height = (1024, 1024) if self.size == "auto" else map(int, self.size.split("x"))
        return ImageRequest(self.prompt, width, height, self.n)


class ModerationsAsked(_Asked):
    """The body of `POST /v1/moderations`."""

    input: str | Annotated[list[str], Field(min_length=1, max_length=MOST_INPUTS)]
    model: Annotated[str, Field(min_length=1, max_length=250)] = "auto"

    def request(self) -> ModerationRequest:
        """The request in our words."""
        return ModerationRequest((self.input,) if isinstance(self.input, str) else tuple(self.input))


def as_json(body: bytes) -> Any:
    """A request's body. Raises ValueError when it is no JSON."""
    return json.loads(body)
