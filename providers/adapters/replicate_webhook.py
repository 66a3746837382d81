"""Whether a webhook really comes from Replicate: Svix-style signatures over the raw bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

# Older or newer ones may be replayed by anybody who once saw them.
_TOLERANCE_SECONDS = 300
_PREFIX = "whsec_"
_VERSION = "v1,"
_MOST_SIGNATURES = 20


def is_current(headers: Mapping[str, str], now: float) -> bool:
    """Whether the signing's time is there and within five minutes of `now` (Unix time)."""
    stamp = headers.get("webhook-timestamp", "")
    return stamp.isdecimal() and stamp.isascii() and abs(int(stamp[:15]) - now) <= _TOLERANCE_SECONDS


def is_signed(headers: Mapping[str, str], body: bytes, secrets: Iterable[str]) -> bool:
    """Whether one of the `v1` signatures was made with one of the secrets; compared in constant time.

    `headers` have lower-case names. Replicate lists several signatures while a secret is being changed.
    """
    identifier, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    listed = headers.get("webhook-signature", "").split()[:_MOST_SIGNATURES]
    given = [one.removeprefix(_VERSION).encode() for one in listed if one.startswith(_VERSION)]
    if not identifier or not stamp:
        return False
    signed = b".".join([identifier.encode(), stamp.encode(), body])
    fits = False
    for secret in secrets:
        key = _key(secret)
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) if key else b""
        for signature in given:
            # No early end: how long this takes tells nothing of which one fits.
            fits |= bool(expected) and hmac.compare_digest(expected, signature)
    return fits


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        return b""
