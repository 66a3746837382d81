"""A whole installation of its own for one test: folder, database, port, and a look at all of its processes."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from tests.servers import free_port

MANAGE = str(settings.BASE_DIR / "manage.py")


def wait_until(
    true: Callable[[], Any], seconds: float = 20.0, why: Callable[[], object] | str = "it never happened"
) -> Any:
    """What `true` returns once it is true. Raises AssertionError when it is not within so many seconds."""
    until = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(why if isinstance(why, str) else why())
        time.sleep(0.02)


def own_database_url() -> str:
    """The address of the database that pytest-django made, for other processes."""
    name = str(connection.settings_dict["NAME"])
    return f"sqlite:///{name}" if connection.vendor == "sqlite" else _named(os.environ["DATABASE_URL"], name)


def _named(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@dataclass(frozen=True, slots=True)
class Process:
    """A living process of a house."""

    pid: int
    parent: int
    command: str


@dataclass(slots=True)
class House:
    """One installation. Every process started here carries its mark, so that none can hide."""

    folder: Path
    database_url: str
    environment: dict[str, str]
    mark: str
    parent: subprocess.Popen[str] | None = None
    printed: list[Path] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.environment["PORT"])

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, MANAGE, *arguments],
            env=self.environment, capture_output=True, text=True, timeout=60, check=False, cwd=self.folder,
        )  # fmt: skip

    def python(self, code: str) -> str:
        """What a script prints, with Django set up."""
        return subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            env=self.environment, capture_output=True, text=True, timeout=60, check=True, cwd=settings.BASE_DIR,
        ).stdout  # fmt: skip

    def start(self, *options: str, greeting: str = "answers at") -> subprocess.Popen[str]:
        """Start `serve` and wait until it says that it is there."""
        log = self.folder / f"serve-{len(self.printed)}.log"
        self.printed.append(log)
        with log.open("w") as out:
            self.parent = subprocess.Popen(
                [sys.executable, MANAGE, "serve", *options],
                env=self.environment, stdout=out, stderr=subprocess.STDOUT, text=True, cwd=self.folder,
            )  # fmt: skip
        wait_until(lambda: greeting in log.read_text(), 60, self.said)
        return self.parent

    def stop(self) -> int:
        """Ask `serve` to stop; its exit code."""
        assert self.parent
        self.parent.send_signal(signal.SIGTERM)
        return self.parent.wait(60)

    def said(self) -> str:
        """Everything `serve` printed."""
        return "\n".join(log.read_text() for log in self.printed)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The answer to a query, from outside."""
        if self.database_url.startswith("sqlite"):
            file = sqlite3.connect(self.database_url.removeprefix("sqlite:///"), timeout=20)
            try:
                return file.execute(query).fetchall()
            finally:
                file.close()
        with psycopg.connect(self.database_url, autocommit=True) as server:
            return server.execute(query.encode()).fetchall()

    def count(self, state: str) -> int:
        """How many jobs are in a state."""
        states: dict[str, int] = dict(self.rows("SELECT state, count(*) FROM marketing_job GROUP BY state"))
        return states.get(state, 0)

    def processes(self) -> list[Process]:
        """All living processes that were started here, whoever is their parent now."""
        numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        return [found for found in map(self._look_at, numbers) if found]

    def _look_at(self, pid: int) -> Process | None:
        try:
            if f"HOUSE={self.mark}".encode() not in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                return None
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            return None
        return Process(pid, parent, command)

    def web(self) -> list[int]:
        """The process that serves pages."""
        return [one.pid for one in self.processes() if "uvicorn" in one.command]

    def cluster(self) -> list[int]:
        """django-q2's first process, the child of `serve`."""
        workers = {one.pid: one for one in self.processes() if one.command.strip().endswith("manage.py work")}
        return [pid for pid, one in workers.items() if one.parent not in workers]

    def sentinel(self) -> list[int]:
        """django-q2's guard, the child of the first process."""
        return [one.pid for one in self.processes() if one.parent in self.cluster()]

    def workers(self) -> list[int]:
        """The processes under the guard: workers, pusher and monitor."""
        return sorted(one.pid for one in self.processes() if one.parent in self.sentinel())


@contextmanager
def house(folder: Path, *, server: str | None = None, **environment: str) -> Iterator[House]:
    """An installation with an empty, migrated database, by default of the kind this test run uses; nothing stays."""
    mark = secrets.token_hex(8)
    with _database(folder, mark, os.environ.get("DATABASE_URL", "") if server is None else server) as url:
        built = House(folder, url, _environment(folder, url, mark) | environment, mark)
        _migrate(built)
        try:
            yield built
        finally:
            _end(built)


@contextmanager
def second_host(first: House, **environment: str) -> Iterator[House]:
    """Another host of the same installation: database and secrets are shared, folder, port and `serve` its own."""
    mark, folder = secrets.token_hex(8), first.folder / "second"
    folder.mkdir()
    kept = {**first.environment, "DATA_DIR": str(folder / "data"), "PORT": str(free_port()), "HOUSE": mark}
    (folder / "data").mkdir()
    shutil.copyfile(first.folder / "data" / "secrets.env", folder / "data" / "secrets.env")
    built = House(folder, first.database_url, kept | environment, mark)
    try:
        yield built
    finally:
        _end(built)


# The migrated but empty SQLite database of this test process: a copy costs milliseconds, a migration seconds.
_empty: list[Path] = []


def _migrate(built: House) -> None:
    file = Path(built.database_url.removeprefix("sqlite:///"))
    on_sqlite = built.database_url.startswith("sqlite")
    if on_sqlite and _empty:
        shutil.copyfile(_empty[0], file)
        return
    migrated = built.manage("migrate", "--noinput")
    assert migrated.returncode == 0, migrated.stderr
    if on_sqlite:
        template = Path(tempfile.mkdtemp(prefix="house-")) / "empty.sqlite3"
        shutil.copyfile(file, template)
        atexit.register(shutil.rmtree, template.parent, ignore_errors=True)
        _empty.append(template)


def _environment(folder: Path, url: str, mark: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    return kept | {
        "DJANGO_SETTINGS_MODULE": "prometheus.settings",
        "DATA_DIR": str(folder / "data"),
        "DATABASE_URL": url,
        "PORT": str(free_port()),
        "HOUSE": mark,
        "JOB_LEASE_SECONDS": "3",
    }


@contextmanager
def _database(folder: Path, mark: str, server: str) -> Iterator[str]:
    if not server.startswith("postgres"):
        yield f"sqlite:///{folder / 'house.sqlite3'}"
        return
    with psycopg.connect(_named(server, "postgres"), autocommit=True) as administrator:
        administrator.execute(f"CREATE DATABASE house_{mark}".encode())
    try:
        yield _named(server, f"house_{mark}")
    finally:
        with psycopg.connect(_named(server, "postgres"), autocommit=True) as administrator:
            administrator.execute(f"DROP DATABASE house_{mark} WITH (FORCE)".encode())


def _end(built: House) -> None:
    """Kill what a failed test left; a test that passes has left nothing."""
    for one in built.processes():
        os.kill(one.pid, signal.SIGKILL)
    if built.parent:
        built.parent.wait(5)
