"""The key that is looked for, and every way in which a vendor gives one away or breaks."""

from __future__ import annotations

from typing import Any

from tests.upstream import (
    Behaviour,
    cuts_body,
    drips,
    floods,
    garbage,
    hangs,
    rate_limited,
    redirects,
    replays,
    resets,
    server_error,
    wrong_content_type,
)

# Everybody may know how a vendor's keys begin; what follows is nobody's business.
HALF = "Qz7Xw2Kv9Lm4Rt6Yb8Nc3Hd5Jf1Pg"
PLANTED = f"gsk-planted-{HALF}"
PARTS = frozenset(HALF[at : at + 8] for at in range(len(HALF) - 7))
MASKED = f"{PLANTED[:20]}*****{PLANTED[-12:]}"


async def _breaks_http(exchange: Any) -> None:
    exchange.writer.write(f"HTTP/9.9 {PLANTED}\r\n\r\n".encode())
    await exchange.writer.drain()
    exchange.close()


def _says(status: int, words: str) -> Behaviour:
    return replays(status, {}, {"error": {"message": words, "code": None}})


FAULTS: dict[str, Behaviour] = {
    "401 with the key": _says(401, f"Incorrect API key provided: {PLANTED}. You can find yours"),
    "401 with the key behind a mask": _says(401, f"Incorrect API key provided: {MASKED}"),
    "401 with the middle of the key": _says(401, f"the key ending {PLANTED[16:32]}… is unknown"),
    "403 as a web page with the key": replays(403, {"content-type": "text/html"}, f"<!doctype html><p>{PLANTED}</p>"),
    "400 with the header": _says(400, f"header 'Bearer {PLANTED}' is malformed"),
    "error in a 200": replays(200, {}, {"error": {"message": f"key {PLANTED} is over its limit"}}),
    "code of an error": replays(418, {}, {"error": {"message": "no", "code": PLANTED, "type": PLANTED}}),
    "a redirect to the key": redirects(f"https://example.org/?token={PLANTED}&key={PLANTED}"),
    "garbage with the key": garbage(PLANTED.encode() + b"\xff{not json"),
    "a finish reason that is the key": replays(
        200, {}, {"choices": [{"message": {"content": "", "refusal": PLANTED}, "finish_reason": PLANTED}]}
    ),
    "a shape that is the key": replays(200, {}, {"choices": PLANTED, "model": PLANTED}),
    "a coding that is the key": replays(200, {"content-encoding": PLANTED}, b""),
    "a type that is the key": replays(200, {"content-type": PLANTED}, b"nonsense"),
    "a status line with the key": _breaks_http,
    "a header with the key": replays(429, {"retry-after": PLANTED, "x-request-id": PLANTED}, {"error": {}}),
    "a web page": wrong_content_type(),
    "a reset": resets(),
    "a cut": cuts_body(),
    "silence": hangs(),
    "drops": drips(0.05),
    "a flood": floods(17 * 1024 * 1024),
    "a limit": rate_limited(30),
    "a broken server": server_error(),
}
