"""A running product of its own for a test: `manage.py serve` with its own data folder and a free port."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port

PROJECT = Path(__file__).resolve().parent.parent
USER = "admin"
PASSWORD = "only-in-tests"
_START_SECONDS = 90
_STOP_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Product:
    """Where a running product is reached, and what it has said so far."""

    port: int
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Its address without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> str:
        """Run a command on this product's data; returns what it printed. Raises CalledProcessError."""
        command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
        environment = _environment(self.data_dir, self.port)
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _environment(data_dir: Path, port: int) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    own = {"DATA_DIR": str(data_dir), "PORT": str(port), "DJANGO_SUPERUSER_PASSWORD": PASSWORD, "WORKERS": "1"}
    return {**outside, **own}


def _answers(port: int) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()


def _wait(product: Product) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(product.port):
        if product.process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the product did not start:\n{product.log.read_text()}")
        time.sleep(0.1)


@contextmanager
def serving(data_dir: Path, **environment: str) -> Iterator[Product]:
    """A product with demonstration data and these further environment variables; stopped at the end."""
    data_dir.mkdir(parents=True, exist_ok=True)
    log, port = data_dir / "serve.log", free_port()
    command = [sys.executable, str(PROJECT / "manage.py"), "serve", "--prepare"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**_environment(data_dir, port), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    product = Product(port, data_dir, log, process)
    try:
        _wait(product)
        yield product
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
