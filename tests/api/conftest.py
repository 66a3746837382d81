"""Somebody who may use the API, and a Hugging Face of our own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from marketing.models import Job
from marketing.tasks import run_job
from providers import access, ledger
from providers.models import Provider
from tests import hugging_face
from tests.connecting import upstream
from tests.servers import free_port
from tests.upstream import Upstream

__all__ = ["upstream"]


def client_of(person: User) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff(db: None) -> Client:
    return client_of(User.objects.create_superuser("boss"))


@pytest.fixture
def person(db: None) -> Client:
    return client_of(User.objects.create_user("person"))


@pytest.fixture
def hf(db: None, upstream: Upstream) -> Provider:
    return hugging_face.provider(hugging_face.house(upstream, more=True))


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A worker that takes each job as soon as it stands in the table."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.02):
            for pk in Job.objects.filter(state=Job.State.WAITING).values_list("pk", flat=True):
                run_job(str(pk))
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(30)


@pytest.fixture
def address(transactional_db: None) -> Iterator[str]:
    """Where the running product answers, without a slash at the end."""
    # Not before the tests' own settings hold.
    from prometheus.asgi import application

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
    access.close()
    ledger.close()
