"""LiteLLM's router on the quota workloads of `../shared/bench`, to stand beside what `capacity` prints.

`LITELLM_PYTHON` names a Python that has litellm and httpx (`setup.sh` of that folder makes one); without it this says
so. `BENCH_WORKLOADS` chooses some of the workloads; each takes three minutes, all of them side by side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bench import mock as mocks
from tests.servers import free_port

ROUTERS = ("litellm-shuffle", "litellm-usage")
WORKLOADS = "over,near,burst"


def main() -> None:
    """Print one line a router and workload."""
    python = os.environ.get("LITELLM_PYTHON")
    if not python:
        sys.stdout.write("LITELLM_PYTHON is not set: no peer was measured\n")
        return
    asked = [
        (router, workload) for router in ROUTERS for workload in os.environ.get("BENCH_WORKLOADS", WORKLOADS).split(",")
    ]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(asked)) as pool:
        mocks.build(Path(folder))
        for found in pool.map(lambda one: _run(python, folder, *one), asked):
            share = found["client_ok"] / found["oracle_wait9s"]
            sys.stdout.write(
                f"{found['router']:16} {found['workload']:6} served {found['client_ok']} of {found['arrivals']}, "
                f"share of the oracle {share:.3f}, {found['upstream_429']} upstream 429s\n"
            )


def _run(python: str, folder: str, router: str, workload: str) -> dict[str, Any]:
    program = str(mocks.BENCH / "quota.py")
    options = ("--router", router, "--workload", workload, "--base", str(free_port()))
    done = subprocess.run(
        [python, program, "run", *options, "--out", f"{folder}/{router}-{workload}.jsonl"],
        env={**os.environ, "BENCH_DIR": folder, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
