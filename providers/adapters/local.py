"""The small model of this machine: no key, no network, one short-lived process a request."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from providers.adapters import local_model, openai_reply
from providers.adapters.base import Adapter
from providers.adapters.redaction import redact
from providers.errors import (
    BrokenAnswerError,
    ModelUnavailableError,
    ProviderError,
    RequestTooLargeError,
    UnavailableError,
)
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason

MODEL_ID = "smollm2-135m-instruct"
# More would not be better: the model loses its thread long before.
_MOST_TOKENS = 512
_DEFAULT_TEMPERATURE = 0.6
_RANDOM_SEED = -1
_PROJECT = Path(__file__).resolve().parents[2]
# The process needs no more than this of our environment, least of all anybody's API keys. The last two let the tests
# measure it.
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)


def available() -> bool:
    """Whether the model is installed; cheap, nothing is loaded."""
    return local_model.installed()


class LocalAdapter(Adapter):
    """SmolLM2 through llama.cpp. `endpoint.base_url` may be the path of another lock file than the machine's own."""

    protocol = "local"
    title = "local model"

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer; the wait for other processes counts towards `timeout_seconds`.

        Raises ModelUnavailableError when the model is not installed, RequestTooLargeError, UnavailableError and
        BrokenAnswerError.
        """
        await self.check_key(endpoint)
        said = await _run(endpoint.timeout_seconds, _question(endpoint, request))
        return _completion(said, request, endpoint.model_id or MODEL_ID)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in one piece: it is too short to be worth more. Raises as `chat` does."""
        whole = await self.chat(endpoint, request)
        yield Chunk(whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id)

    async def check_key(self, endpoint: Endpoint) -> None:  # noqa: ARG002 - there is no key to check
        """Return when the model is installed. Raises ModelUnavailableError."""
        if not available():
            raise ModelUnavailableError("the local model is not installed")


def _question(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    schema = request.json_schema
    return {
        "messages": [{"role": said.role.value, "content": said.content} for said in request.messages],
        "schema": dict(schema.schema) if schema else None,
        "max_tokens": min(request.max_tokens, _MOST_TOKENS),
        "temperature": _DEFAULT_TEMPERATURE if request.temperature is None else request.temperature,
        "seed": _RANDOM_SEED if request.seed is None else request.seed,
        "stop": list(request.stop),
        "lock": endpoint.base_url or str(Path(tempfile.gettempdir()) / "prometheus-local-model.lock"),
        "seconds": endpoint.timeout_seconds,
    }


async def _run(seconds: float, question: dict[str, Any]) -> dict[str, Any]:
    """What the process says, which never outlives this call. Raises UnavailableError and BrokenAnswerError."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", local_model.__name__),
        cwd=_PROJECT,
        env={**kept, "GOMP_SPINCOUNT": "0"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(seconds):
            output, _ = await process.communicate(json.dumps(question).encode())
    except TimeoutError as exc:
        raise UnavailableError(f"the local model gave no answer within {seconds:g} s") from exc
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    return _read(process.returncode, output)


def _read(code: int | None, output: bytes) -> dict[str, Any]:
    if code:
        raise UnavailableError(f"the local model's process ended with {code}")
    try:
        said = json.loads(output)
    except ValueError as exc:
        raise BrokenAnswerError(f"the local model said {len(output)} bytes that are not JSON") from exc
    if not isinstance(said, dict):
        raise BrokenAnswerError("the local model said JSON that is not an object")
    return said


def _completion(said: dict[str, Any], request: ChatRequest, model_id: str) -> Completion:
    if error := said.get("error"):
        raise _error(str(error.get("type")), redact(str(error.get("message"))))
    reply = openai_reply.parse(said)
    # The runtime would name the file that holds the weights.
    reply.model = model_id
    completion = openai_reply.completion(reply, request, model_id=model_id, request_id="")
    if request.json_schema and completion.finish_reason is not FinishReason.STOP:
        raise BrokenAnswerError("the local model's JSON was cut at the token limit")
    return completion


def _error(kind: str, message: str) -> ProviderError:
    if kind == "not_installed":
        return ModelUnavailableError(message)
    if kind in {"exceed_context_size_error", "refused"}:
        return RequestTooLargeError(f"the request does not fit the local model: {message}")
    return UnavailableError(message)
