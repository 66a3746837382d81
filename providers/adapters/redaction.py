"""Taking secrets out of vendors' words before anyone stores or prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from providers.errors import ProviderError

LONGEST_DETAIL = 1000
LONGEST_RAW = 2000
_MARK = "[redacted]"

# What looks like a key whoever it belongs to: known prefixes, bearer tokens, `?key=`, and what follows "key provided:"
# (OpenAI masks long keys there, but echoes short and malformed ones whole).
_KEY_LIKE = (
    re.compile(r"\b(?:sk|gsk|hf|r8|nvapi|csk|xai|pplx|rpa|github_pat|ghp|esecret)[-_][A-Za-z0-9_*.\-]{6,}"),
    re.compile(r"\bAIza[A-Za-z0-9_\-]{10,}"),
    re.compile(r"(?i)(?<=bearer )[^\s\"',}]+"),
    re.compile(r"(?i)(?<=[?&]key=)[^\s&\"']+"),
    re.compile(r"(?i)(?<=provided: )[^\s\"']+?(?=[.,\"']?(?:\s|[\"',}]|$))"),
    # A long unbroken token of letters and digits is no word of any language.
    re.compile(r"\b(?=[A-Za-z0-9_\-]*\d)(?=[A-Za-z0-9_\-]*[A-Za-z])[A-Za-z0-9_\-]{40,}\b"),
)
_SHORTEST_FRAGMENT = 8


def redact(text: str, secret: str = "", *, longest: int = LONGEST_DETAIL) -> str:
    """The text without `secret`, its beginning or end, or anything key-like; white space joined, cut at `longest`."""
    text = " ".join(text.split())
    for fragment in _fragments(secret):
        text = text.replace(fragment, _MARK)
    for pattern in _KEY_LIKE:
        text = pattern.sub(_MARK, text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _fragments(secret: str) -> list[str]:
    """The secret, and the halves that a vendor may echo around a mask."""
    half = max(_SHORTEST_FRAGMENT, len(secret) // 2)
    parts = [secret, secret[:half], secret[-half:], secret[:_SHORTEST_FRAGMENT], secret[-_SHORTEST_FRAGMENT:]]
    # A key of one or two letters would tear holes into every word.
    return [part for part in parts if len(part) >= min(_SHORTEST_FRAGMENT, max(len(secret), 4))]


@contextmanager
def secrets_kept(secret: str) -> Iterator[None]:
    """Redacts whatever error leaves the block, wherever its words came from."""
    try:
        yield
    except ProviderError as error:
        error.detail = redact(error.detail, secret)
        error.raw = redact(error.raw, secret, longest=LONGEST_RAW)
        error.args = (error.detail,)
        raise
