"""The parent of web and worker: starts them, restarts what ends, stops both, and leaves no process behind."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from prometheus.processes import MARK, die_with_parent, kill_group, sweep

# What a killed parent left has been told to stop by the kernel; this long it may take to give its jobs back.
SWEEP_PATIENCE_SECONDS = 3.0
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.1
# A child that ends sooner than this is broken rather than killed: the pauses between its starts grow.
HEALTHY_AFTER_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 30.0

Tell = Callable[[str], None]


class AlreadyServingError(Exception):
    """Another parent serves from this folder."""


@dataclass(slots=True)
class Child:
    """A program that is meant to run as long as its parent, in a session of its own."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    _start_at: float = 0.0
    _quick_ends: int = 0

    def start(self, token: str) -> None:
        """Start the program, marked with the parent's token."""
        self.started_at = time.monotonic()
        # The parent has no threads, so a function between fork and exec is safe.
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, MARK: token},
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - see above
        )

    def tend(self, token: str, tell: Tell) -> None:
        """Start the program when it does not run and its pause is over."""
        if self.process is not None and self.process.poll() is not None:
            tell(f"{self.name} ended ({_ending(self.process.returncode)}), starting it again")
            self.kill()
            self._plan_start()
        if self.process is None and time.monotonic() >= self._start_at:
            self.start(token)

    def kill(self) -> None:
        """Kill the program and everything it started."""
        if self.process is not None:
            kill_group(self.process.pid)
            self.process.wait()
            self.process = None

    def runs_for(self) -> float:
        """Seconds since the program was started, 0 when it does not run."""
        return time.monotonic() - self.started_at if self.process else 0.0

    def _plan_start(self) -> None:
        lived = time.monotonic() - self.started_at
        self._quick_ends = 0 if lived > HEALTHY_AFTER_SECONDS else self._quick_ends + 1
        pause = min(0.25 * 2**self._quick_ends, LONGEST_PAUSE_SECONDS) if self._quick_ends else 0.0
        self._start_at = time.monotonic() + pause


@dataclass(slots=True)
class Duty:
    """Something the parent does every few seconds while its children run."""

    do: Callable[[], None]
    every_seconds: float
    _next_at: float = 0.0

    def fulfil(self) -> None:
        """Do it if it is time."""
        if time.monotonic() >= self._next_at:
            self.do()
            self._next_at = time.monotonic() + self.every_seconds


@dataclass(slots=True)
class Parent:
    """Runs children until it is told to stop by SIGTERM or SIGINT; a second signal makes it stop at once."""

    children: Sequence[Child]
    duties: Sequence[Duty]
    token: str
    tell: Tell
    stop_seconds: float = STOP_SECONDS
    _signals: list[int] = field(default_factory=list)

    def run(self) -> None:
        """Run until told to stop, then stop every child."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _frame: self._signals.append(number))
        try:
            while not self._signals:
                for child in self.children:
                    child.tend(self.token, self.tell)
                for duty in self.duties:
                    duty.fulfil()
                time.sleep(LOOK_SECONDS)
            self.tell(f"stopping ({signal.Signals(self._signals[0]).name})")
        finally:
            self._stop()
        self.tell("stopped")

    def _stop(self) -> None:
        running = [child.process for child in self.children if child.process]
        for process in running:
            process.terminate()
        until = time.monotonic() + self.stop_seconds
        while any(process.poll() is None for process in running):
            if time.monotonic() > until or len(self._signals) > 1:
                break
            time.sleep(LOOK_SECONDS / 2)
        for child in self.children:
            child.kill()


@contextmanager
def sole_parent(data_dir: Path) -> Iterator[str]:
    """The token of the only parent that serves from this folder, once what a dead one left behind is swept up.

    Raises AlreadyServingError while another one lives.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    record = data_dir / "serve.json"
    # The kernel frees the lock with its holder, however that one ends.
    with (data_dir / "serve.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServingError(f"process {_read(record).get('pid', '?')} serves from {data_dir}") from None
        left = _read(record).get("token")
        if left:
            sweep(left, SWEEP_PATIENCE_SECONDS)
        token = secrets.token_hex(16)
        draft = record.with_suffix(".draft")
        draft.write_text(json.dumps({"pid": str(os.getpid()), "token": token}))
        draft.replace(record)
        try:
            yield token
        finally:
            record.unlink(missing_ok=True)


def _read(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
