"""Sentry hears of what breaks where a DSN is given: what and where, and no value; and nothing at all without it."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.jobs.house import house

pytestmark = pytest.mark.once

# A page that breaks with a secret in a variable, in its address, in its body and in the words of its error.
BREAK = """
import logging
from contextlib import suppress
import sentry_sdk
from django.test import Client
from django.urls import path
from providers.access import Door, requires
import prometheus.urls as urls

def broken(request):
    password = "geheim-4711"
    raise ValueError("geheim-4711")

urls.urlpatterns.insert(0, path("broken/", requires(Door.OPEN)(broken)))
client = Client(raise_request_exception=False, headers={"x-secret": "geheim-4711"})
with suppress(ValueError):  # the page that says so wants static files that were not gathered here
    client.post("/broken/?q=geheim-4711", {"a": "geheim-4711"}, SERVER_NAME="127.0.0.1")
logging.getLogger("x").error("geheim-4711")
sentry_sdk.flush(5)
print("sentry_sdk.integrations.django" in __import__("sys").modules)
"""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[str]]]:
    """A house for events, and what arrived there."""
    arrived: list[str] = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            packed = self.headers.get("content-encoding") == "gzip"
            arrived.append((gzip.decompress(body) if packed else body).decode())
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://public@127.0.0.1:{server.server_port}/1", arrived
    server.shutdown()
    server.server_close()


def after_a_fault(folder: Path, **environment: str) -> str:
    """Whether Sentry's part for Django was loaded in a process in which a page broke."""
    with house(folder, server="", **environment) as built:
        return built.python(BREAK).strip()


def test_what_breaks_is_told_without_a_single_value(tmp_path: Path, sentry: tuple[str, list[str]]) -> None:
    dsn, arrived = sentry
    assert after_a_fault(tmp_path, SENTRY_DSN=dsn) == "True"
    told = "".join(arrived)
    assert "ValueError" in told
    assert '"function":"broken"' in told.replace('": "', '":"')
    assert "request_id" in told
    assert "geheim" not in told


def test_without_error_tracking_nothing_is_told_and_nothing_loaded(
    tmp_path: Path, sentry: tuple[str, list[str]]
) -> None:
    dsn, arrived = sentry
    assert after_a_fault(tmp_path, SENTRY_DSN=dsn, ENABLE_ERROR_TRACKING="false") == "False"
    assert arrived == []


def test_without_a_dsn_nothing_is_loaded(tmp_path: Path) -> None:
    assert after_a_fault(tmp_path) == "False"
