"""A provider file for the tests, and loading it."""

from __future__ import annotations

from typing import Any

import pytest

from providers.configuration import FaultyFileError, apply, load
from providers.configuration.exporting import _line

SECRET = "gsk-planted-Zx81-not-to-be-found-9876"
FILE = f"""
[[provider]]
slug = "groq"
name = "Groq „żółty” \\"szybki\\""
protocol = "openai"
tier = "free"
base_url = "https://api.groq.com/openai/v1/"
priority = 10
weight = 2
api_keys = ["env:GROQ_API_KEY", "{SECRET}"]
trains_on_data = false
timeout_seconds = 31

[provider.limits]
requests_per_minute = 30
tokens_per_request = 8000
reset_timezone = "America/Los_Angeles"

[[provider.model]]
id = "openai/gpt-oss-20b"
capabilities = ["text-generation", "summarization"]
context_tokens = 131072
max_output_tokens = 8192
quality = 2
json_schema = true

[[provider.model]]
id = "other"
capabilities = ["text-generation"]
"""


def lines(text: str, *, dry_run: bool = False) -> list[str]:
    return [str(change) for change in apply(load(text), dry_run=dry_run)]


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(FaultyFileError) as caught:
        load(text)
    return caught.value.faults


def one(**fields: Any) -> str:
    """A file of one provider; a field set to None is left out."""
    wanted = {"slug": "groq", "name": "Groq", "base_url": "https://api.groq.com/openai/v1", **fields}
    return "[[provider]]\n" + "\n".join(_line(name, value) for name, value in wanted.items() if value is not None)
