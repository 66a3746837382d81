"""One tolerant reading of error bodies: vendors have at least nine shapes for the same few facts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from providers.adapters.redaction import redact

# Beyond this much text nothing is searched: it bounds the work on a hostile body.
_LONGEST_HAYSTACK = 8000
_CODE_NAMES = ("code", "type", "status", "error_type", "reason", "title", "internal_code")
_MESSAGE_NAMES = ("message", "msg", "detail", "error", "title")
_REDIRECTS = range(300, 400)
_FIRST_ERROR_STATUS, _LAST_ERROR_STATUS = 400, 599


@dataclass(frozen=True, slots=True, repr=False)
class Refusal:
    """What a vendor said. `status` prefers the one in the body of a 200; `codes` are lower case.

    `haystack` is everything worth searching, in lower case; `body` the parsed JSON, or None. It never prints.
    """

    status: int
    headers: Mapping[str, str]
    message: str
    codes: frozenset[str]
    param: str
    haystack: str
    body: Any

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str], body: bytes) -> Self:
        """From the answer's parts; never raises, whatever the bytes are."""
        text = body[: _LONGEST_HAYSTACK * 4].decode(errors="replace")
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = None
        return cls.of(status, headers, text if parsed is None else parsed)

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: Any) -> Self:
        """From JSON that was parsed before (an event of a stream), or from plain text."""
        core = _core(body)
        codes = frozenset(_codes(core))
        said = _message(core)
        # Details, upstream quotes and quota names tell a day from a minute.
        whole = core if isinstance(core, str) else json.dumps(core, ensure_ascii=False, default=str)
        return cls(
            status=_status(status, core),
            headers=headers,
            message=said,
            codes=codes,
            param=_param(core),
            haystack=f"{said}\n{whole}"[:_LONGEST_HAYSTACK].lower() if not isinstance(core, str) else whole.lower(),
            body=body if not isinstance(body, str) else None,
        )

    def detail(self) -> str:
        """The vendor's words without key-like ones, for the administrator."""
        if self.status in _REDIRECTS:
            return redact(f"a redirect to {self.headers.get('location', 'nowhere')}, which is not followed")
        return redact(self.message or f"HTTP {self.status} without a word")


def carries_error(body: Any) -> bool:
    """Whether JSON that came with a 200 is an error all the same, be there choices beside it or not."""
    return isinstance(body, dict) and bool(body.get("error") or body.get("errors"))


def _core(body: Any) -> Any:
    """The innermost object that holds the facts."""
    while True:
        if isinstance(body, list) and body:
            body = body[0]
        elif isinstance(body, dict) and isinstance(body.get("error"), dict | list) and body["error"]:
            body = body["error"]
        elif isinstance(body, dict) and isinstance(body.get("errors"), list) and body["errors"]:
            body = body["errors"]
        elif isinstance(body, dict) and isinstance(body.get("detail"), list) and body["detail"]:
            body = body["detail"]
        else:
            return body


def _message(core: Any) -> str:
    if isinstance(core, str):
        return core
    if not isinstance(core, dict):
        return ""
    said = next((core[name] for name in _MESSAGE_NAMES if isinstance(core.get(name), str) and core[name]), "")
    metadata = core.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    where = ".".join(str(part) for part in core["loc"]) if isinstance(core.get("loc"), list) else ""
    return " – ".join(part for part in (where, str(said), raw if isinstance(raw, str) else "") if part)


def _codes(core: Any) -> Iterator[str]:
    if not isinstance(core, dict):
        return
    for name in _CODE_NAMES:
        if isinstance(core.get(name), str | int) and not isinstance(core[name], bool):
            yield str(core[name]).lower()
    details = core.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and isinstance(detail.get("reason"), str):
            yield detail["reason"].lower()


def _param(core: Any) -> str:
    """The request field that the refusal is about."""
    if not isinstance(core, dict):
        return ""
    if isinstance(core.get("param"), str):
        return str(core["param"])
    loc = core.get("loc")
    return str(loc[-1]) if isinstance(loc, list) and loc else ""


def _status(status: int, core: Any) -> int:
    """The HTTP status, or the one that the body of a 200 owns up to."""
    if status >= _FIRST_ERROR_STATUS or not isinstance(core, dict):
        return status
    for name in ("code", "status", "status_code"):
        said = core.get(name)
        if isinstance(said, str) and said.isdecimal():
            said = int(said)
        if isinstance(said, int) and _FIRST_ERROR_STATUS <= said <= _LAST_ERROR_STATUS:
            return said
    return status
