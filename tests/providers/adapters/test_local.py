"""The model of this machine, really loaded. These fail when it is not installed: `make test` installs it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from providers.adapters import local, local_model
from providers.adapters.local_model import one_at_a_time
from providers.errors import (
    BrokenAnswerError,
    ModelUnavailableError,
    ProviderError,
    RequestTooLargeError,
    UnavailableError,
)
from providers.types import ChatRequest, Endpoint, FinishReason, JSONSchema, Message, Role
from tests.providers.adapters.asking import HELLO, SCHEMA, chat, chat_fault, stream

ENDPOINT = Endpoint("local", "local", "", local.MODEL_ID, timeout_seconds=90)
BRIEF = (
    Message(Role.SYSTEM, "You write short social media posts. Reply with JSON."),
    Message(Role.USER, "Artist: Luna Rey. Single: Paper Moons. Genre: indie folk."),
)


def test_the_model_is_installed() -> None:
    assert local.available()


def test_it_answers_with_json_that_follows_the_schema() -> None:
    completion = chat(ENDPOINT, ChatRequest(BRIEF, max_tokens=200, json_schema=SCHEMA, seed=1))
    answer = json.loads(completion.text)
    assert set(answer) == {"text"}
    assert 5 <= len(answer["text"]) <= 120
    assert completion.finish_reason is FinishReason.STOP
    assert completion.model_id == local.MODEL_ID


def test_it_streams_its_answer_in_one_piece() -> None:
    chunks, error = stream(ENDPOINT, ChatRequest(HELLO.messages, max_tokens=8, seed=1))
    assert error is None
    assert len(chunks) == 1


def test_json_that_is_cut_at_the_limit_is_no_answer() -> None:
    error = chat_fault(ENDPOINT, ChatRequest(BRIEF, max_tokens=4, json_schema=SCHEMA, seed=1))
    assert type(error) is BrokenAnswerError


def test_too_long_a_prompt_is_too_large() -> None:
    error = chat_fault(ENDPOINT, ChatRequest((Message(Role.USER, "word " * 5000),)))
    assert type(error) is RequestTooLargeError


def test_a_schema_beyond_the_grammar_does_not_fit() -> None:
    error = chat_fault(ENDPOINT, ChatRequest(BRIEF, json_schema=JSONSchema("odd", {"type": "nonsense"})))
    assert type(error) is RequestTooLargeError


def test_a_process_that_cannot_work_is_unavailable() -> None:
    nowhere = Endpoint("local", "local", "/no/such/folder/lock", local.MODEL_ID, timeout_seconds=30)
    assert type(chat_fault(nowhere)) is UnavailableError


def test_a_missing_model_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "_WEIGHTS", "no-such-distribution")
    assert not local.available()
    assert type(chat_fault(ENDPOINT)) is ModelUnavailableError


def test_a_missing_runtime_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_model, "_RUNTIME", "no_such_module")
    assert local_model.answer({})["error"]["type"] == "not_installed"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("import os; os.abort()", UnavailableError),
        ("print('Segmentation fault')", BrokenAnswerError),
        ("print('[]')", BrokenAnswerError),
        ('print(\'{"error": {"type": "not_installed", "message": "gone"}}\')', ModelUnavailableError),
        ('print(\'{"error": {"type": "server_error", "message": "odd"}}\')', UnavailableError),
        ("import time; time.sleep(60)", UnavailableError),
    ],
    ids=["crashes", "prints", "says a list", "was removed meanwhile", "fails", "hangs"],
)
def test_whatever_happens_to_the_process_this_one_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, expected: type[ProviderError]
) -> None:
    (tmp_path / "broken_model.py").write_text(script)
    monkeypatch.setattr(local, "_PROJECT", tmp_path)
    monkeypatch.setattr(local_model, "__name__", "broken_model")
    error = chat_fault(Endpoint("local", "local", "", local.MODEL_ID, timeout_seconds=2))
    assert type(error) is expected


def test_the_process_gets_nobodys_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "planted")
    (tmp_path / "curious_model.py").write_text(
        "import json, os; print(json.dumps({'error': {'type': 'x', 'message': ' '.join(os.environ)}}))"
    )
    monkeypatch.setattr(local, "_PROJECT", tmp_path)
    monkeypatch.setattr(local_model, "__name__", "curious_model")
    detail = chat_fault(ENDPOINT).detail
    assert "PATH" in detail
    assert "GROQ_API_KEY" not in detail


def test_a_second_process_waits_for_the_first(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    waiting = Endpoint("local", "local", str(lock), local.MODEL_ID, timeout_seconds=1)
    with one_at_a_time(lock):
        assert type(chat_fault(waiting)) is UnavailableError


_HOLD = """
import pathlib, sys, time
from providers.adapters.local_model import one_at_a_time
with one_at_a_time(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _HOLD,
            str(lock),
        ],
        stdout=subprocess.PIPE,
        cwd=Path(local.__file__).parents[2],
    )
    assert holder.stdout
    with holder, holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
    with one_at_a_time(lock):
        assert lock.exists()


def test_a_lock_that_another_account_made_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    really_open = os.open

    def refuse_to_create(path: Any, flags: int, *rest: Any) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(path)
        return really_open(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse_to_create)
    with one_at_a_time(lock):
        pass


@pytest.fixture
def working_model() -> Iterator[subprocess.Popen[bytes]]:
    """The model's process in the middle of a long answer."""
    process = subprocess.Popen(
        [sys.executable, "-m", local_model.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=Path(local.__file__).parents[2],
    )
    assert process.stdin
    question = local._question(ENDPOINT, ChatRequest(BRIEF, max_tokens=30))
    process.stdin.write(json.dumps(question).encode())
    process.stdin.close()
    yield process
    process.kill()
    process.wait()


def _listening_ports() -> set[str]:
    """The inodes of all TCP sockets of this machine."""
    tables = [Path(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
    return {line.split()[9] for table in tables if table.exists() for line in table.read_text().splitlines()[1:]}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the system has no /proc to look into")
def test_the_model_opens_no_port(working_model: subprocess.Popen[bytes]) -> None:
    files = Path(f"/proc/{working_model.pid}/fd")
    held: set[str] = set()
    ports: set[str] = set()
    while working_model.poll() is None:
        for entry in files.iterdir():
            with contextlib.suppress(FileNotFoundError):
                held.add(str(entry.readlink()))
        ports |= _listening_ports()
        time.sleep(0.02)
    assert working_model.returncode == 0
    assert any("SmolLM2" in name for name in held)
    assert not {name.removeprefix("socket:[").rstrip("]") for name in held if name.startswith("socket")} & ports


def test_a_cancelled_caller_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    really_start = asyncio.create_subprocess_exec
    running = asyncio.Event()

    async def watch(*args: Any, **kwargs: Any) -> asyncio.subprocess.Process:
        started.append(await really_start(*args, **kwargs))
        running.set()
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watch)

    async def cancel() -> None:
        asking = asyncio.ensure_future(local.LocalAdapter().chat(ENDPOINT, HELLO))
        await asyncio.wait_for(running.wait(), 10)
        asking.cancel()
        await asyncio.wait({asking})

    asyncio.run(cancel())
    assert started[0].returncode == -9


def test_it_answers_in_a_thread_with_a_loop_of_its_own() -> None:
    answers: list[str] = []

    def ask() -> None:
        answers.append(chat(ENDPOINT, ChatRequest(HELLO.messages, max_tokens=8, seed=1)).text)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(90)
    assert answers
