"""Requests a second and added latency of `/v1/chat/completions` on both kinds of database, beside other gateways.

Every call is checked for its key, reserved and stored before it is answered. `BENCH_PEERS` names the folder that
`setup.sh` of `../shared/bench` filled; without it the product stands beside the bare mock alone. `BENCH_ROUNDS` (3) and
`BENCH_SECONDS` (4) set how long it takes. All targets are measured in turn, so that a drift of the machine hits all.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.bench import mock as mocks
from tests.servers import free_port, postgresql

CONNECTIONS = 16
RATES = (10, 50)
STREAMS = 500
# Wanted on SQLite and PostgreSQL: times the throughput of each peer.
WANTED = {"portkey": (2.0, 1.5), "litellm": (20.0, 15.0)}
PROVIDERS = """
[[provider]]
slug = "mock{latency}"
name = "Mock {latency}"
protocol = "openai"
tier = "free"
base_url = "http://127.0.0.1:{port}/v1"
priority = 10
api_keys = ["sk-bench-0123456789-0123456789"]
allow_private_address = true
[[provider.model]]
id = "{model}"
capabilities = ["text-generation"]
context_tokens = 131072
max_output_tokens = 8192
streaming = true
"""


@dataclass(slots=True)
class Measured:
    """What one target did, round after round."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    added: dict[int, list[float]] = field(default_factory=dict)


def _compare() -> Any:
    """The module that knows how the peers are started."""
    spec = importlib.util.spec_from_file_location("compare", mocks.BENCH / "compare.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["compare"] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def _product(folder: Path, server: str, zero: int, fifty: int, name: str) -> Iterator[Any]:
    """The product with one provider for each upstream, as a target of the comparison, with its process."""
    from tests.jobs.house import house

    folder.mkdir()
    with house(folder, server=server, OFFLINE_MODEL="no", WORKERS="1") as built:
        file = folder / "providers.toml"
        parts = ((0, zero, "mock-model"), (50, fifty, "mock-model-50"))
        file.write_text("".join(PROVIDERS.format(latency=one[0], port=one[1], model=one[2]) for one in parts))
        for command in (["load_providers", str(file)], ["create_client", "bench", "--scopes", "openai"]):
            done = built.manage(*command)
            assert done.returncode == 0, done.stderr
        key = done.stdout.strip().splitlines()[-1]
        built.start()
        yield _compare().parse(f"{name}=http://127.0.0.1:{built.port}/v1/chat/completions,mock-model,{key}"), built
        built.stop()


def _seconds(pid: int) -> float:
    """The processor time that a process used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _round(target: Any, pid: int, loadgen: Path, found: Measured, direct: dict[int, float]) -> None:
    seconds = float(os.environ.get("BENCH_SECONDS", "4"))
    target.load(loadgen, "0", "-c", str(CONNECTIONS), "-d", "0.5", "-w", "0")
    before = _seconds(pid)
    got = target.load(loadgen, "0", "-c", str(CONNECTIONS), "-d", str(seconds), "-w", "0")
    assert got["rps"], got
    found.rates.append(got["rps"])
    found.cpu.append((_seconds(pid) - before) / (got["rps"] * seconds) * 1000)
    for rate in RATES:
        at = target.load(loadgen, "50", "-r", str(rate), "-d", "4")
        found.added.setdefault(rate, []).append(at["p50"] - direct[rate])


def _streams(target: Any) -> str:
    """Many streams at once through one process: how many came whole."""
    import asyncio

    import httpx

    url = f"http://127.0.0.1:{target.port}{target.path}"
    headers = dict(line.split(": ", 1) for line in target.headers["50"])
    body = {"model": target.models["50"], "stream": True, "messages": [{"role": "user", "content": "Hello"}]}

    async def one(client: httpx.AsyncClient) -> bool:
        async with client.stream("POST", url, json=body, headers=headers) as answer:
            text = b"".join([piece async for piece in answer.aiter_bytes()])
        return answer.status_code == httpx.codes.OK and text.rstrip().endswith(b"data: [DONE]")

    async def everyone() -> list[bool]:
        limits = httpx.Limits(max_connections=STREAMS)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            return list(await asyncio.gather(*(one(client) for _ in range(STREAMS))))

    began = time.monotonic()
    whole = sum(asyncio.run(everyone()))
    return f"{whole} of {STREAMS} streams at once came whole, in {time.monotonic() - began:.1f} s"


@contextmanager
def _peers(build: Path | None) -> Iterator[list[Any]]:
    compare = _compare()
    found = compare.peers(build) if build else []
    try:
        for one in found:
            compare.start(one)
        yield found
    finally:
        for one in found:
            if one.process:
                with suppress(ProcessLookupError):
                    os.killpg(one.process.pid, signal.SIGTERM)


def _serving(process: int, port: int) -> int:
    """The process of a peer that listens; `litellm` starts it as a child."""
    done = subprocess.run(["ss", "-ltnpH", f"sport = :{port}"], capture_output=True, text=True, check=False).stdout
    pids = [int(part.partition(",")[0]) for part in done.split("pid=")[1:]]
    return pids[0] if pids else process


def _print(rows: dict[str, Measured]) -> None:
    medians = {name: statistics.median(one.rates) for name, one in rows.items()}
    for name, one in rows.items():
        added = ", ".join(f"+{statistics.median(found):.1f} ms at {rate}/s" for rate, found in one.added.items())
        ratios = ""
        for peer, wanted in WANTED.items():
            if name in {"SQLite", "PostgreSQL"} and peer in medians:
                times, least = medians[name] / medians[peer], wanted[name == "PostgreSQL"]
                ratios += f"; {times:.2f} times {peer} ({least:g} wanted): {'kept' if times >= least else 'MISSED'}"
        cpu = statistics.median(one.cpu)
        sys.stdout.write(f"{name:11} {medians[name]:7.0f} a second, {cpu:.2f} ms CPU a request, {added}{ratios}\n")


def main() -> None:
    """Print a line a target."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    chosen = os.environ.get("BENCH_DATABASES", "SQLite,PostgreSQL").split(",")
    build = os.environ.get("BENCH_PEERS")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mocks.build(folder)
        loadgen = folder / "loadgen"
        subprocess.run(["cc", "-O2", "-w", "-o", str(loadgen), str(mocks.BENCH / "loadgen.c")], check=True)
        # The peers' own configuration names these two ports.
        zero, fifty = (9000, 9050) if build else (free_port(), free_port())
        mock = subprocess.Popen([str(folder / "mockup"), "-l", f"{zero}:0", "-l", f"{fifty}:50"])
        stack.callback(mock.wait)
        stack.callback(mock.terminate)
        targets: list[tuple[Any, int]] = []
        for name in chosen:
            server = stack.enter_context(postgresql()) if name == "PostgreSQL" else ""
            target, built = stack.enter_context(_product(folder / name, server, zero, fifty, name))
            targets.append((target, built.web()[0]))
        peers = stack.enter_context(_peers(Path(build) if build else None))
        targets += [(peer, _serving(peer.process.pid, peer.port)) for peer in peers]
        bare = _compare().Target("", fifty, "/v1/chat/completions", {"50": []}, {"50": "mock-model"})
        direct = {rate: bare.load(loadgen, "50", "-r", str(rate), "-d", "3")["p50"] for rate in RATES}
        rows: dict[str, Measured] = {}
        for _number in range(int(os.environ.get("BENCH_ROUNDS", "3"))):
            for target, pid in targets:
                _round(target, pid, loadgen, rows.setdefault(target.name, Measured()), direct)
        _print(rows)
        for target, _pid in targets[: len(chosen)]:
            sys.stdout.write(f"{target.name:11} {_streams(target)}\n")


if __name__ == "__main__":
    main()
