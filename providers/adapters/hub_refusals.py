"""From a refusal of the Hugging Face Hub or of its dataset viewer to one of our errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from providers.adapters import wire
from providers.adapters.failures import failure
from providers.adapters.redaction import redact
from providers.adapters.refusals import Refusal
from providers.adapters.waits import parse_wait
from providers.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelForbiddenError,
    ModelUnavailableError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)

# How soon rows that are still being computed are worth another look.
COMPUTING_SECONDS = 10.0

_Meaning = tuple[type[ProviderError], str]
_MISSING: _Meaning = (ModelUnavailableError, "the Hub does not have this, or it is private")
_COMPUTING: _Meaning = (OverloadedError, "the Hub is still preparing these rows")
_BAD_TOKEN: _Meaning = (AuthenticationError, "the Hub does not take the token")
_MISUNDERSTOOD: _Meaning = (InvalidRequestError, "the Hub does not understand the request")

# What the header `x-error-code` says, in lower case.
_BY_CODE: Mapping[str, _Meaning] = {
    "reponotfound": _MISSING,
    "revisionnotfound": _MISSING,
    "entrynotfound": _MISSING,
    "responsenotfound": _MISSING,
    # The viewer asks the Hub itself: without a token, or with one that may not see the data set.
    "externalunauthenticatederror": _MISSING,
    "externalauthenticatederror": _MISSING,
    "gatedrepo": (ModelForbiddenError, "its terms have to be accepted on the Hub first"),
    "responsenotready": _COMPUTING,
    "responsenotreadyerror": _COMPUTING,
}
_BY_STATUS: Mapping[int, _Meaning] = {
    HTTPStatus.BAD_REQUEST: _MISUNDERSTOOD,
    HTTPStatus.UNPROCESSABLE_ENTITY: _MISUNDERSTOOD,
    HTTPStatus.NOT_FOUND: _MISSING,
    HTTPStatus.TOO_MANY_REQUESTS: (RateLimitError, "too many requests to the Hub"),
    HTTPStatus.NOT_IMPLEMENTED: (ModelUnavailableError, "the Hub shows no rows of this data set"),
}
_COMPUTING_WORDS = ("is loading", "not ready", "retry later")
_BUCKET = re.compile(r"\br=(\d{1,9})\b.*?\bt=(\d{1,9})\b")


def hub_failure(reply: wire.Reply, secret: str, *, repository: bool) -> ProviderError:
    """The error for an answer other than 200. `repository`: the address named one model or data set."""
    refusal = Refusal.read(reply.status, reply.headers, reply.body)
    meaning = _meaning(refusal, repository=repository)
    if meaning is None:
        return failure(reply.status, reply.headers, reply.body)
    kind, words = meaning
    said = redact(refusal.message or reply.headers.get("x-error-message", ""), secret)
    detail = ": ".join(part for part in (words, said) if part)
    return kind(detail, http_status=reply.status, wait_seconds=_wait(kind, reply.headers))


def _meaning(refusal: Refusal, *, repository: bool) -> _Meaning | None:
    status = refusal.status
    code = refusal.headers.get("x-error-code", "").lower()
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        # The Hub answers 401 for a repository that is missing, too; only its words tell that it is the token.
        said = f"{refusal.haystack} {refusal.headers.get('x-error-message', '').lower()}"
        about_token = "credentials in authorization header" in said
        return _BAD_TOKEN if about_token or not repository else _MISSING
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and any(words in refusal.haystack for words in _COMPUTING_WORDS):
        return _COMPUTING
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return (UnavailableError, "the Hub has a fault of its own") if broken else None


def _wait(kind: type[ProviderError], headers: Mapping[str, str]) -> float | None:
    """Until the empty bucket of `"api";r=0;t=243` is full again, else what Retry-After says."""
    if kind is OverloadedError:
        return COMPUTING_SECONDS
    bucket = _BUCKET.search(headers.get("ratelimit", ""))
    if bucket and bucket[1] == "0":
        return float(bucket[2])
    return parse_wait(headers.get("retry-after", ""), now=0)
