"""The gateway on a real socket, and OpenAI's own client in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import openai
import pytest
import uvicorn

from prometheus.asgi import application
from tests.servers import free_port


@pytest.fixture
def gateway(transactional_db) -> Iterator[str]:
    """The address of a running gateway, without a slash at the end."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/v1"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def client(gateway: str) -> openai.OpenAI:
    """OpenAI's client as a Lab developer would make it."""
    return openai.OpenAI(base_url=gateway, api_key="pk-test", max_retries=0, timeout=20)
