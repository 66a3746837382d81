"""A process of the product under load: `python -m tests.bench.driving` asks the orchestrator as a plan says.

The plan is JSON on the command line: `arrivals` (pairs of number and seconds after the start), `deadline`, `out`, a
file that gets one line of JSON for each request as it ends, `ready`, a file that says that this process could begin,
and `go`, a file that will hold the start as Unix time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import IO, Any

import django

MESSAGE = "Say something short about the weather in Paris today."


async def _one(number: int, at: float, start: float, plan: dict[str, Any], out: IO[str]) -> None:
    from providers.errors import ProviderError
    from providers.orchestrator import Task, complete
    from providers.types import ChatRequest, Message, Role

    await asyncio.sleep(max(0.0, start + at - time.time()))
    began, answer, fault = time.monotonic(), None, ""
    request = ChatRequest((Message(Role.USER, MESSAGE),), max_tokens=100)
    try:
        answer = await complete(
            Task("bench", deadline_seconds=plan["deadline"]), request, check=lambda text, _last: text
        )
    except ProviderError as exc:
        fault = exc.kind
    line = {
        "number": number,
        "at": at,
        "ok": answer is not None,
        "provider": answer.provider if answer else "",
        "seconds": time.monotonic() - began,
        "fault": fault,
    }
    out.write(json.dumps(line) + "\n")
    out.flush()


async def _all(plan: dict[str, Any]) -> None:
    from providers import ledger

    # Imports and the first connection are nobody's waiting.
    await ledger.snapshot()
    Path(plan["ready"]).touch()  # noqa: ASYNC240 - before the load begins
    go = Path(plan["go"])
    # The signal comes from another process, so there is nothing to wait on.
    while not (go.exists() and go.read_text()):  # noqa: ASYNC110, ASYNC240
        await asyncio.sleep(0.05)
    start = float(go.read_text())  # noqa: ASYNC240
    with Path(plan["out"]).open("a") as out:  # noqa: ASYNC230
        await asyncio.gather(*(_one(number, at, start, plan, out) for number, at in plan["arrivals"]))


if __name__ == "__main__":
    django.setup()
    asyncio.run(_all(json.loads(sys.argv[1])))
