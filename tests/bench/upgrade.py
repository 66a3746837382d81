"""An upgrade and a roll back without a pause, tried: real hosts of two versions on one PostgreSQL, under load.

The version before is the commit before the newest migration, taken out of git (`UPGRADE_FROM` names another). Two web
hosts and a worker of it serve; the new code migrates meanwhile; then host after host is taken out of the rotation,
stopped and started with the new code, and in the end with the old one again, on the migrated database. Every request
must be answered and every job done once. It follows docs/operations.md, "Upgrade and roll back".
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.fernet import Fernet

from tests.servers import free_port, postgresql
from tests.upstream import Upstream, posts, slow

PROJECT = Path(__file__).resolve().parents[2]
CLIENTS, PAUSE_SECONDS, ANSWER_SECONDS = 4, 0.1, 0.3
START_SECONDS, STOP_SECONDS = 120.0, 60.0
CHAT: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}
BRIEF: dict[str, Any] = {
    "title": "Nocny Pociąg",
    "creator": "Lena Żuraw",
    "facts": ["Siedem piosenek nagranych na taśmie"],
    "language": "pl",
    "platforms": ["mastodon"],
    "variants": 1,
}
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey
provider = Provider.objects.create(slug="one", name="One", base_url={url!r}, allow_private_address=True)
AIModel.objects.create(provider=provider, model_id="small", capabilities=["text-generation"])
key = ProviderKey(provider=provider)
key.hold("sk-planted-0123456789-0123456789")
key.save()
"""


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(PROJECT), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def version_before(folder: Path) -> str:
    """Lay the version before out in a folder; its commit. Raises SystemExit where there is no history."""
    try:
        newest = _git("log", "-1", "--diff-filter=A", "--format=%H", "--", "*/migrations/0*.py")
        commit = os.environ.get("UPGRADE_FROM") or f"{newest}^"
        archive = folder / "before.tar"
        _git("archive", "-o", str(archive), commit)
        subprocess.run(["tar", "-xf", str(archive), "-C", str(folder)], check=True)
        return _git("log", "-1", "--format=%h %s", commit)
    except subprocess.CalledProcessError as error:
        raise SystemExit("upgrade: this needs the history; clone it whole or set UPGRADE_FROM") from error


@dataclass(slots=True)
class Host:
    """A host of either version. `in_rotation` is what a load balancer would know of it."""

    name: str
    only: str
    environment: dict[str, str]
    code: Path
    process: subprocess.Popen[bytes] | None = None
    in_rotation: bool = False

    @property
    def port(self) -> int:
        return int(self.environment["PORT"])

    def start(self) -> None:
        """Start and wait until it may be asked."""
        log = (Path(self.environment["DATA_DIR"]) / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, str(self.code / "manage.py"), "serve", "--only", self.only],
                env=self.environment, stdout=log, stderr=subprocess.STDOUT, cwd=self.code,
            )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while self.only == "web" and not self._answers():
            if time.monotonic() > until:
                raise SystemExit(f"upgrade: {self.name} does not answer")
            time.sleep(0.1)
        self.in_rotation = self.only == "web"

    def _answers(self) -> bool:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", "/healthz")
            return asked.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            asked.close()

    def stop(self) -> None:
        """Out of the rotation, then SIGTERM; requests under way end."""
        self.in_rotation = False
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_SECONDS)

    def become(self, code: Path) -> None:
        """The same host with other code."""
        self.stop()
        self.code = code
        self.start()


@dataclass(slots=True)
class Load:
    """Clients that ask whoever is in the rotation, one request a connection, and remember how each ended."""

    hosts: list[Host]
    key: str
    ended: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Ask from now on."""
        self._threads = [threading.Thread(target=self._ask_on, args=(number,)) for number in range(CLIENTS)]
        for one in self._threads:
            one.start()

    def end(self) -> None:
        """Ask no more; what is under way ends."""
        self._over.set()
        for one in self._threads:
            one.join()

    def _ask_on(self, number: int) -> None:
        turn = number
        while not self._over.wait(PAUSE_SECONDS):
            turn += 1
            ready = [one for one in self.hosts if one.in_rotation]
            self._ask(ready[turn % len(ready)], job=number == 0)

    def _ask(self, host: Host, *, job: bool) -> None:
        path, body, wanted = "/v1/chat/completions", CHAT, http.HTTPStatus.OK
        if job:
            path, body, wanted = "/api/v1/ai/content/social-posts", BRIEF, http.HTTPStatus.ACCEPTED
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json", "prefer": "respond-async"}
        wire = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
        try:
            wire.request("POST", path, json.dumps(body), headers)
            answer = wire.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            self.failures.append(f"{host.name}: {error!r}")
            return
        finally:
            wire.close()
        self.ended[host.name] += 1
        if answer.status != wanted:
            self.failures.append(f"{host.name}: {answer.status} {text[:200]}")
        elif job:
            self.asked_for.append(json.loads(text)["id"])


def _run(code: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=code, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(f"upgrade: {arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def _environment(folder: Path, url: str, name: str, shared: dict[str, str]) -> dict[str, str]:
    data = folder / name
    data.mkdir()
    outside = {one: value for one, value in os.environ.items() if not one.endswith(("_API_KEY", "_TOKEN"))}
    own = {"DATA_DIR": str(data), "DATABASE_URL": url, "PORT": str(free_port()), "DRAIN_SECONDS": "30"}
    # Nothing may fail for a limit here.
    own |= {"MAX_REQUESTS_PER_MINUTE": "1000000", "MAX_REQUESTS_PER_DAY": "1000000"}
    return {**outside, **shared, **own, "DJANGO_SETTINGS_MODULE": "prometheus.settings", "JOB_LEASE_SECONDS": "5"}


def _unfinished(url: str) -> tuple[int, int, int]:
    """Jobs in all, those not done, and texts beyond one a job."""
    with psycopg.connect(url, autocommit=True) as server:
        row = server.execute(
            "SELECT count(*), count(*) FILTER (WHERE state <> 'done'), (SELECT count(*) FROM marketing_variant)"
            " FROM marketing_job"
        ).fetchone()
    assert row
    return row[0], row[1], row[2] - row[0]


def main() -> None:
    """Upgrade and roll back under load; prints what came of it, and what failed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        before = folder / "code"
        before.mkdir()
        told = version_before(before)
        url, upstream = stack.enter_context(postgresql()), stack.enter_context(Upstream())
        shared = {"SECRET_KEY": secrets.token_urlsafe(48), "ENCRYPTION_KEY": Fernet.generate_key().decode()}
        names = (("web A", "web"), ("web B", "web"), ("worker", "worker"))
        hosts = [Host(name, only, _environment(folder, url, name, shared), before) for name, only in names]
        own = hosts[0].environment
        _run(before, own, "manage.py", "migrate", "--noinput")
        place = upstream.add("one", slow(ANSWER_SECONDS, posts(1)))
        _run(before, own, "-c", f"import django; django.setup()\n{CONNECT.format(url=place)}")
        created = _run(before, own, "manage.py", "create_client", "music", "--scopes", "openai", "content")
        load = Load([one for one in hosts if one.only == "web"], created.splitlines()[-1])
        for one in hosts:
            stack.callback(one.stop)
            one.start()
        sys.stdout.write(f"from {told}\n")
        load.begin()
        stack.callback(load.end)
        _run(PROJECT, own, "manage.py", "migrate", "--noinput")
        for code, what in ((PROJECT, "upgraded"), (before, "rolled back")):
            for one in hosts:
                one.become(code)
            time.sleep(5)
            sys.stdout.write(f"{what}: {sum(load.ended.values())} requests so far, {len(load.failures)} failed\n")
            sys.stdout.flush()
        load.end()
        _finish(url, load)


def _finish(url: str, load: Load) -> None:
    until = time.monotonic() + START_SECONDS
    while _unfinished(url)[1] and time.monotonic() < until:
        time.sleep(0.5)
    jobs, unfinished, surplus = _unfinished(url)
    kept = not load.failures and not unfinished and not surplus and jobs == len(load.asked_for) > 0
    sys.stdout.write(
        f"{dict(load.ended)} requests by host, {len(load.failures)} failed; {jobs} jobs, {unfinished} not done, "
        f"{surplus} texts too many or few: {'kept' if kept else 'MISSED'}\n"
    )
    sys.stdout.writelines(f"  {one}\n" for one in load.failures[:10])
