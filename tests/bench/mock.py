"""The simulated vendors with true limits, built from `../shared/bench` into a folder of its own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import SHARED
from tests.servers import free_port

BENCH = SHARED / "bench"


def workloads() -> Any:
    """The module that defines the quota workloads: its traces, limits and oracle."""
    spec = importlib.util.spec_from_file_location("quota", BENCH / "quota.py")
    assert spec
    assert spec.loader
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


def build(folder: Path) -> Path:
    """Compile the mock; returns the program. Raises CalledProcessError."""
    program = folder / "mockup"
    if not program.exists():
        subprocess.run(["cc", "-O2", "-w", "-o", str(program), str(BENCH / "mockup.c"), "-lm"], check=True)
    return program


class Mock:
    """A running mock on a port of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str) -> Any:
        """What the mock answers to a GET, as JSON."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.loads(answer.read())

    def refused(self) -> int:
        """How many requests came over a limit."""
        return sum(one["r429_minute"] + one["r429_day"] for one in self.providers().values())

    def providers(self) -> dict[str, dict[str, int]]:
        """The counts of each provider."""
        return dict(self.get("/stats")["providers"])


@contextmanager
def running(program: Path, *providers: str, latency_ms: int = 300) -> Iterator[Mock]:
    """A mock with these providers, each `name:requests a window:requests a day:seconds:kind of window`."""
    mock = Mock(free_port())
    limits = [part for one in providers for part in ("-p", one)]
    process = subprocess.Popen([str(program), "-l", f"{mock.port}:{latency_ms}", *limits])
    try:
        for _ in range(200):
            try:
                mock.get("/stats")
                break
            except OSError:
                time.sleep(0.02)
        yield mock
    finally:
        process.terminate()
        process.wait()
