"""The gateway on a real socket, and OpenAI's own client in front of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import openai
import pytest
import uvicorn

from providers import access
from providers.access.client_keys import create_client
from tests.servers import free_port


@pytest.fixture
def gateway(transactional_db) -> Iterator[str]:
    """The address of a running gateway, without a slash at the end."""
    # Not above: a conftest of a named path is read before the settings for tests hold.
    from prometheus.asgi import application

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
def key(transactional_db: None) -> Iterator[str]:
    """The key of a client that may use the gateway."""
    yield create_client("music", ["openai"]).secret
    access.close()


@pytest.fixture
def bearer(key: str) -> dict[str, str]:
    """The header of a plain HTTP client."""
    return {"authorization": f"Bearer {key}"}


@pytest.fixture
def client(gateway: str, key: str) -> openai.OpenAI:
    """OpenAI's client as a Lab developer would make it."""
    return openai.OpenAI(base_url=gateway, api_key=key, max_retries=0, timeout=20)
