"""One request to Replicate's API and its JSON, and the rule on where the token may go."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from providers.adapters import wire
from providers.adapters.failures import failure
from providers.errors import BrokenAnswerError, ForbiddenAddressError
from providers.types import Endpoint

_HOMES = ("replicate.com", "replicate.delivery")
# Neither a user name nor a backslash: different readers see different hosts in such addresses.
_ADDRESS = re.compile(r"(?i)https?://[a-z0-9.-]+(?::\d{1,5})?(?:[/?#][!-\[\]-~]*)?")
_SUCCESSES = range(200, 300)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def url_of(endpoint: Endpoint, path: str) -> str:
    """The address of a path of the API."""
    return f"{endpoint.base_url.rstrip('/')}/{path}"


def is_own(endpoint: Endpoint, url: str) -> bool:
    """Whether an address is on the very server that the provider is configured with."""
    return bool(_ADDRESS.fullmatch(url)) and _origin(url) == _origin(endpoint.base_url)


def key_header(endpoint: Endpoint, url: str) -> str:
    """The header that carries the token to an address, empty where the token must stay here.

    It goes to the configured server, `*.replicate.com` and `*.replicate.delivery`, and in clear text only to a server
    of one's own. Raises ForbiddenAddressError for an address that is not to be called at all.
    """
    if not _ADDRESS.fullmatch(url):
        raise ForbiddenAddressError("the vendor named an address that is none")
    scheme, host, _ = _origin(url)
    if scheme != "https" and not endpoint.allow_private_address:
        raise ForbiddenAddressError(f"the vendor named an address without encryption, at {host}")
    if is_own(endpoint, url):
        return wire.BEARER
    at_home = any(host == home or host.endswith(f".{home}") for home in _HOMES)
    return wire.BEARER if scheme == "https" and at_home else ""


async def asked(
    endpoint: Endpoint,
    method: str,
    path: str,
    payload: Mapping[str, Any] | bytes | None = None,
    headers: Mapping[str, str] = _NO_HEADERS,
) -> Any:
    """The JSON of an answer, None for an empty one. `path` may be an address of the API. Raises ProviderError."""
    url = path if is_own(endpoint, path) else url_of(endpoint, path)
    reply = await wire.call(endpoint, method, url, payload, headers=headers)
    if reply.status not in _SUCCESSES:
        raise failure(reply.status, reply.headers, reply.body)
    if reply.status == HTTPStatus.NO_CONTENT or not reply.body.strip():
        return None
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        kind = reply.headers.get("content-type", "unknown")
        # The cause would carry the whole body along.
        raise BrokenAnswerError(
            f"{len(reply.body)} bytes of {kind} that are not JSON", http_status=reply.status
        ) from None


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)
